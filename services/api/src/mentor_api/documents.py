"""The GraphQL documents the api sends. A test validates each against the server's schema."""

CAN_EDIT = "query CanEdit($mentor: ID!) { mentorCanEdit(mentor: $mentor) }"

BEFORE = """query Before($mentor: ID!, $question: ID!) {
  question(id: $question) { name }
  answer(mentor: $mentor, question: $question) {
    markdownTranscript
    vttMedia { type tag url vttText }
  }
}"""

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
