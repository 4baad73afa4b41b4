"""Types and arguments, field by field (docs/graphql-contract.md)."""

from __future__ import annotations

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, parse, validate, validate_schema

from mentor_local.graphql.schema import SCHEMA_PATH, schema

ROOTS = {
    "Query": [
        "mentorCanEdit(mentor: ID!): Boolean",
        "uploadTask(mentorId: ID!, questionId: ID!): UploadTask",
        "importTask(mentorId: ID!): ImportTask",
        "question(id: ID): Question",
        "answer(mentor: ID!, question: ID!): Answer",
        "mentor(id: ID): Mentor",
        "organization(id: ID): Organization",
    ],
    "MeQuery": ["uploadTasks(mentorId: ID): [UploadTask]"],
    "MeMutation": [
        "uploadTaskDelete(mentorId: ID, questionId: ID!): Boolean",
        "importTaskDelete(mentorId: ID!): Boolean",
        "updateAnswer(mentorId: ID, questionId: ID!, answer: UpdateAnswerInputType!): Boolean",
    ],
    "ApiMutation": [
        "uploadTaskUpdate(mentorId: ID!, questionId: ID!, status: UploadTaskInputType!): Boolean",
        (
            "uploadTaskStatusUpdate(mentorId: ID!, questionId: ID!,"
            " uploadTaskStatusInput: UploadTaskStatusUpdateInputType!): Boolean"
        ),
        "uploadAnswer(mentorId: ID!, questionId: ID!, answer: UploadAnswerType!): Boolean",
        (
            "mediaUpdate(mentorId: ID!, questionId: ID!, webMedia: AnswerMediaInputType,"
            " mobileMedia: AnswerMediaInputType, vttMedia: AnswerMediaInputType): Boolean"
        ),
        (
            "mentorVttUpdate(mentorId: ID!, questionId: String!, vttUrl: String!,"
            " vttText: String): Boolean"
        ),
        "updateAnswers(mentorId: ID!, answers: [UploadAnswersType]): Boolean",
        "mentorThumbnailUpdate(mentorId: ID!, thumbnail: String!): Boolean",
        "mentorVbgUpdate(mentorId: ID!, vbgPath: String!): Boolean",
        "orgHeaderUpdate(orgId: ID, imgPath: String!): Boolean",
        "orgFooterUpdate(orgId: ID, imgPath: String!, imgIdx: Int!): Boolean",
        (
            "importTaskCreate(mentor: ID!, graphQLUpdate: GraphQLUpdateInputType!,"
            " s3VideoMigrate: S3VideoMigrationInputType!): Boolean"
        ),
        (
            "importTaskUpdate(mentor: ID!, graphQLUpdate: GraphQLUpdateInputType,"
            " s3VideoMigrateUpdate: S3VideoMigrationInputType, migrationErrors: [String]): Boolean"
        ),
        (
            "mentorImport(mentor: ID!, json: MentorImportJsonType!,"
            " replacedMentorDataChanges: ReplacedMentorDataChangesType!): Mentor"
        ),
    ],
}
_MEDIA = (
    "type: String, tag: String, url: String, transparentVideoUrl: String, stringMetadata: String,"
    " vttText: String, hash: String, duration: Float, needsTransfer: Boolean"
)
_STEPS = ("trimUploadTask", "transcodeWebTask", "transcodeMobileTask", "transcribeTask")
_STATUS_INPUT = (
    ", ".join(f"{step}: TaskInfoInputType" for step in _STEPS)
    + ", transcript: String, originalMedia: AnswerMediaInputType, webMedia: AnswerMediaInputType,"
    " mobileMedia: AnswerMediaInputType, vttMedia: AnswerMediaInputType"
)
_ANSWER_INPUT = (
    "transcript: String, hasEditedTranscript: Boolean, externalVideoIds: ExternalVideoIdsInputType,"
    " webMedia: AnswerMediaInputType, mobileMedia: AnswerMediaInputType,"
    " vttMedia: AnswerMediaInputType"
)
FIELDS = {
    "UploadTask": "_id: ID, mentor: Mentor, question: Question, "
    + ", ".join(f"{step}: TaskInfo" for step in _STEPS)
    + ", transcript: String, originalMedia: AnswerMedia, webMedia: AnswerMedia,"
    " mobileMedia: AnswerMedia, vttMedia: AnswerMedia, createdAt: Date, updatedAt: Date",
    "TaskInfo": "task_name: String, task_id: String, status: String, transcript: String,"
    " payload: String, media: AnswerMedia",
    "TaskInfoInputType": "task_name: String, task_id: String, status: String, transcript: String,"
    " payload: String, media: AnswerMediaInputType",
    "AnswerMedia": _MEDIA,
    "AnswerMediaInputType": _MEDIA,
    "UploadTaskInputType": _STATUS_INPUT,
    "UploadTaskStatusUpdateInputType": _STATUS_INPUT,
    "UploadAnswerType": _ANSWER_INPUT,
    "UploadAnswersType": f"questionId: ID, {_ANSWER_INPUT}",
    "ExternalVideoIdsInputType": "wistiaId: String, paraproId: String",
    "GraphQLUpdateInputType": "status: String, errorMessage: String",
    "S3VideoMigrationInputType": "status: String, errorMessage: String",
    "AnswerMediaUpdateInputType": "type: String, tag: String, url: String, needsTransfer: Boolean",
    "MentorImportJsonType": "id: String, mentorInfo: ExportedMentorInfoInputType,"
    " subjects: [SubjectUpdateInputType], questions: [QuestionUpdateInputType],"
    " answers: [AnswerUpdateInputType], userQuestions: [UserQuestionInputType]",
}


def test_the_schema_is_valid() -> None:
    assert validate_schema(schema()) == []
    assert SCHEMA_PATH.name == "schema.graphql"


@pytest.mark.parametrize("name", ROOTS)
def test_operations_have_the_arguments_of_the_contract(name: str) -> None:
    root = schema().type_map[name]
    assert isinstance(root, GraphQLObjectType)
    have = []
    for field_name, field in root.fields.items():
        arguments = ", ".join(f"{key}: {argument.type}" for key, argument in field.args.items())
        have.append(f"{field_name}({arguments}): {field.type}")
    assert [signature for signature in ROOTS[name] if signature not in have] == []


@pytest.mark.parametrize("name", FIELDS)
def test_types_have_exactly_the_fields_of_the_contract(name: str) -> None:
    found = schema().type_map[name]
    assert isinstance(found, GraphQLObjectType | GraphQLInputObjectType)
    assert [f"{key}: {field.type}" for key, field in found.fields.items()] == FIELDS[name].split(
        ", "
    )


def test_the_query_of_the_recording_ui_is_valid() -> None:
    query = parse(
        """query FetchUploadTasks($mentorId: ID) { me { uploadTasks(mentorId: $mentorId) {
          question { _id question } trimUploadTask { task_name status }
          transcodeWebTask { task_name status } transcodeMobileTask { task_name status }
          transcribeTask { task_name status } transcript originalMedia { type tag url }
          webMedia { type tag url transparentVideoUrl }
          mobileMedia { type tag url transparentVideoUrl } vttMedia { type tag url } } } }"""
    )
    assert validate(schema(), query) == []
