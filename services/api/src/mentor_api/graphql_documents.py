"""The GraphQL documents the api sends. A test validates each against the server's schema."""

CAN_EDIT = "query CanEdit($mentor: ID!) { mentorCanEdit(mentor: $mentor) }"

_ANSWER_BEFORE = """answer(mentor: $mentor, question: $question) {
    transcript
    markdownTranscript
    vttMedia { type tag url vttText }
  }"""

BEFORE = f"""query Before($mentor: ID!, $question: ID!) {{
  mentorCanEdit(mentor: $mentor)
  mentor(id: $mentor) {{ name }}
  question(id: $question) {{ name question }}
  {_ANSWER_BEFORE}
}}"""

BEFORE_WITHOUT_HINTS = f"""query BeforeWithoutHints($mentor: ID!, $question: ID!) {{
  mentorCanEdit(mentor: $mentor)
  question(id: $question) {{ name }}
  {_ANSWER_BEFORE}
}}"""

CREATE_TASK = """mutation CreateTask($mentor: ID!, $question: ID!, $status: UploadTaskInputType!) {
  api { uploadTaskUpdate(mentorId: $mentor, questionId: $question, status: $status) }
}"""

DELETE_TASK = """mutation DeleteTask($mentor: ID!, $question: ID!) {
  me { uploadTaskDelete(mentorId: $mentor, questionId: $question) }
}"""

READ_TASK = """query ReadTask($mentor: ID!, $question: ID!) {
  uploadTask(mentorId: $mentor, questionId: $question) {
    transcodeWebTask { task_id }
  }
}"""

FAIL_TASK = """mutation FailTask(
  $mentor: ID!, $question: ID!, $status: UploadTaskStatusUpdateInputType!
) {
  api {
    uploadTaskStatusUpdate(
      mentorId: $mentor, questionId: $question, uploadTaskStatusInput: $status
    )
  }
}"""

EDITABLE_MENTOR = """query EditableMentor($mentor: ID!) {
  mentorCanEdit(mentor: $mentor)
  mentor(id: $mentor) { _id name thumbnail }
}"""

MENTORS_QUESTIONS = """query MentorsQuestions($mentor: ID!) {
  mentor(id: $mentor) {
    _id
    name
    thumbnail
    subjects { name questions { question { _id question name } } }
    answers {
      question { _id }
      transcript
      hasEditedTranscript
      webMedia { url }
      mobileMedia { url }
      vttMedia { url }
    }
  }
}"""

CAN_MANAGE_CONTENT = "query CanManageContent { me { canManageContent } }"

ORGANIZATION = """query Organization($organization: ID!) {
  organization(id: $organization) { _id members { user { _id } role } }
  me { canManageContent }
}"""

UPDATE_THUMBNAIL = """mutation UpdateThumbnail($mentor: ID!, $key: String!) {
  api { mentorThumbnailUpdate(mentorId: $mentor, thumbnail: $key) }
}"""

UPDATE_BACKGROUND = """mutation UpdateBackground($mentor: ID!, $key: String!) {
  api { mentorVbgUpdate(mentorId: $mentor, vbgPath: $key) }
}"""

UPDATE_HEADER = """mutation UpdateHeader($organization: ID, $url: String!) {
  api { orgHeaderUpdate(orgId: $organization, imgPath: $url) }
}"""

UPDATE_FOOTER = """mutation UpdateFooter($organization: ID, $url: String!, $index: Int!) {
  api { orgFooterUpdate(orgId: $organization, imgPath: $url, imgIdx: $index) }
}"""

# `questionId` is String! here and ID! everywhere else.
UPDATE_CAPTIONS = """mutation UpdateCaptions(
  $mentor: ID!, $question: String!, $key: String!, $text: String!
) {
  api { mentorVttUpdate(mentorId: $mentor, questionId: $question, vttUrl: $key, vttText: $text) }
}"""

# One document is written, so both are shown or neither; an answer that is gone stays gone.
UPDATE_ANSWERS = """mutation UpdateAnswers($mentor: ID!, $answers: [UploadAnswersType]!) {
  api { updateAnswers(mentorId: $mentor, answers: $answers) }
}"""

ANSWER_TEXT = """query AnswerText($mentor: ID!, $question: ID!) {
  answer(mentor: $mentor, question: $question) {
    transcript
    markdownTranscript
    hasEditedTranscript
    webMedia { duration }
    mobileMedia { duration }
    vttMedia { url vttText }
  }
  uploadTask(mentorId: $mentor, questionId: $question) { vttMedia { url } }
}"""

CREATE_IMPORT_TASK = """mutation CreateImportTask(
  $mentor: ID!, $graphql: GraphQLUpdateInputType!, $media: S3VideoMigrationInputType!
) {
  api { importTaskCreate(mentor: $mentor, graphQLUpdate: $graphql, s3VideoMigrate: $media) }
}"""

DELETE_IMPORT_TASK = """mutation DeleteImportTask($mentor: ID!) {
  me { importTaskDelete(mentorId: $mentor) }
}"""

FAIL_IMPORT_TASK = """mutation FailImportTask(
  $mentor: ID!, $graphql: GraphQLUpdateInputType!, $media: S3VideoMigrationInputType!
) {
  api {
    importTaskUpdate(mentor: $mentor, graphQLUpdate: $graphql, s3VideoMigrateUpdate: $media)
  }
}"""
