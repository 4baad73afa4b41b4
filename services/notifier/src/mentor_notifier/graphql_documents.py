"""The GraphQL documents the notifier sends. A test validates each against the server's schema."""

_INFO = "{ task_name task_id status }"
_MEDIA = "{ type tag url transparentVideoUrl }"
_SHOWN = "{ url transparentVideoUrl needsTransfer }"

_TASK = f"""uploadTask(mentorId: $mentor, questionId: $question) {{
    trimUploadTask {_INFO}
    transcodeWebTask {_INFO}
    transcodeMobileTask {_INFO}
    transcribeTask {_INFO}
    transcript
    originalMedia {_MEDIA}
    webMedia {_MEDIA}
    mobileMedia {_MEDIA}
    vttMedia {_MEDIA}
  }}"""

READ_TASK = f"""query ReadTask($mentor: ID!, $question: ID!) {{
  {_TASK}
}}"""

READ_ALL = f"""query ReadAll($mentor: ID!, $question: ID!) {{
  {_TASK}
  answer(mentor: $mentor, question: $question) {{
    markdownTranscript
    hasEditedTranscript
    webMedia {_SHOWN}
    mobileMedia {_SHOWN}
    vttMedia {_SHOWN}
  }}
}}"""


_UPDATE = """  update{n}: api {{
    uploadTaskStatusUpdate(
      mentorId: $mentor, questionId: $question, uploadTaskStatusInput: $status{n}
    )
  }}"""


def update_tasks(count: int) -> str:
    """Return a mutation of so many updates of one document, each with a ``$statusN`` of its own.

    The server takes one sub-task an update. It runs the top-level fields of a mutation one after
    the other, and each sees what the one before has written.
    """
    inputs = ", ".join(f"$status{n}: UploadTaskStatusUpdateInputType!" for n in range(count))
    fields = "\n".join(_UPDATE.format(n=n) for n in range(count))
    return f"""mutation UpdateTask($mentor: ID!, $question: ID!, {inputs}) {{
{fields}
}}"""


CREATE_TASK = """mutation CreateTask($mentor: ID!, $question: ID!, $status: UploadTaskInputType!) {
  api { uploadTaskUpdate(mentorId: $mentor, questionId: $question, status: $status) }
}"""

SWITCH_ANSWER = """mutation SwitchAnswer(
  $mentor: ID!, $question: ID!, $answer: UploadAnswerType!
) {
  api { uploadAnswer(mentorId: $mentor, questionId: $question, answer: $answer) }
}"""

SWITCH_WITH_THUMBNAIL = """mutation SwitchWithThumbnail(
  $mentor: ID!, $question: ID!, $answer: UploadAnswerType!, $thumbnail: String!
) {
  switch: api { uploadAnswer(mentorId: $mentor, questionId: $question, answer: $answer) }
  picture: api { mentorThumbnailUpdate(mentorId: $mentor, thumbnail: $thumbnail) }
}"""

UPDATE_MEDIA = """mutation UpdateMedia(
  $mentor: ID!, $question: ID!,
  $webMedia: AnswerMediaInputType, $mobileMedia: AnswerMediaInputType,
  $vttMedia: AnswerMediaInputType
) {
  api {
    mediaUpdate(
      mentorId: $mentor, questionId: $question,
      webMedia: $webMedia, mobileMedia: $mobileMedia, vttMedia: $vttMedia
    )
  }
}"""

UPDATE_THUMBNAIL = """mutation UpdateThumbnail($mentor: ID!, $thumbnail: String!) {
  api { mentorThumbnailUpdate(mentorId: $mentor, thumbnail: $thumbnail) }
}"""

_IMPORTED = "{ tag url needsTransfer }"

IMPORT_MENTOR = f"""mutation ImportMentor(
  $mentor: ID!, $json: MentorImportJsonType!, $changes: ReplacedMentorDataChangesType!
) {{
  api {{
    mentorImport(mentor: $mentor, json: $json, replacedMentorDataChanges: $changes) {{
      answers {{
        question {{ _id }}
        webMedia {_IMPORTED}
        mobileMedia {_IMPORTED}
        vttMedia {_IMPORTED}
      }}
    }}
  }}
}}"""

UPDATE_IMPORT_TASK = """mutation UpdateImportTask(
  $mentor: ID!, $graphql: GraphQLUpdateInputType, $media: S3VideoMigrationInputType,
  $errors: [String]
) {
  api {
    importTaskUpdate(
      mentor: $mentor, graphQLUpdate: $graphql, s3VideoMigrateUpdate: $media,
      migrationErrors: $errors
    )
  }
}"""

UPDATE_ANSWERS = """mutation UpdateAnswers($mentor: ID!, $answers: [UploadAnswersType]) {
  api { updateAnswers(mentorId: $mentor, answers: $answers) }
}"""
