"""The schema with its resolvers, and how one request is run against it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationType,
    build_schema,
    execute,
    get_operation_ast,
    parse,
    validate,
)

from mentor_local.graphql import (
    resolvers_answer,
    resolvers_import,
    resolvers_me,
    resolvers_mentor,
    resolvers_query,
    resolvers_types,
    resolvers_upload,
)
from mentor_local.graphql.schema import SCHEMA_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mentor_local.graphql.context import Context

# Called with the context and the arguments of the field.
_ROOTS: dict[str, dict[str, Callable[..., Any]]] = {
    "Query": {
        "me": resolvers_query.me,
        "mentorCanEdit": resolvers_query.mentor_can_edit,
        "uploadTask": resolvers_query.upload_task,
        "importTask": resolvers_query.import_task,
        "question": resolvers_query.question,
        "answer": resolvers_query.answer,
        "mentor": resolvers_query.mentor,
        "organization": resolvers_query.organization,
        "config": resolvers_query.config,
    },
    "MeQuery": {
        "uploadTasks": resolvers_query.me_upload_tasks,
        "canManageContent": resolvers_query.me_can_manage_content,
    },
    "Mutation": {"me": resolvers_query.me, "api": resolvers_query.me},
    "MeMutation": {
        "uploadTaskDelete": resolvers_me.upload_task_delete,
        "importTaskDelete": resolvers_me.import_task_delete,
        "updateAnswer": resolvers_me.update_answer,
    },
    "ApiMutation": {
        "uploadTaskUpdate": resolvers_upload.upload_task_update,
        "uploadTaskStatusUpdate": resolvers_upload.upload_task_status_update,
        "uploadAnswer": resolvers_answer.upload_answer,
        "mediaUpdate": resolvers_answer.media_update,
        "mentorVttUpdate": resolvers_answer.mentor_vtt_update,
        "updateAnswers": resolvers_answer.update_answers,
        "mentorThumbnailUpdate": resolvers_mentor.mentor_thumbnail_update,
        "mentorVbgUpdate": resolvers_mentor.mentor_vbg_update,
        "orgHeaderUpdate": resolvers_mentor.org_header_update,
        "orgFooterUpdate": resolvers_mentor.org_footer_update,
        "questionUpdate": resolvers_mentor.question_update,
        "subjectUpdate": resolvers_mentor.subject_update,
        "importTaskCreate": resolvers_import.import_task_create,
        "importTaskUpdate": resolvers_import.import_task_update,
        "mentorImport": resolvers_import.mentor_import,
    },
}
# Called with the context and the document the field is on.
_FIELDS: dict[str, dict[str, Callable[..., Any]]] = {
    "AnswerMedia": {
        "url": resolvers_types.media_url,
        "transparentVideoUrl": resolvers_types.media_transparent_url,
    },
    "UploadTask": {
        "mentor": resolvers_types.task_mentor,
        "question": resolvers_types.task_question,
    },
    "Answer": {
        "question": resolvers_types.answer_question,
        "transcript": resolvers_types.answer_transcript,
        "markdownTranscript": resolvers_types.answer_markdown,
        "externalVideoIds": resolvers_types.answer_external_video_ids,
    },
    "Mentor": {
        "thumbnail": resolvers_types.mentor_thumbnail,
        "virtualBackgroundUrl": resolvers_types.mentor_background,
        "orgPermissions": resolvers_types.mentor_org_permissions,
        "defaultSubject": resolvers_types.mentor_default_subject,
        "subjects": resolvers_types.mentor_subjects,
        "answers": resolvers_types.mentor_answers,
        "numAnswersComplete": resolvers_types.mentor_complete_answers,
    },
    "Subject": {"questions": resolvers_types.subject_questions},
    "Organization": {"members": resolvers_types.organization_members},
}


@dataclass(frozen=True)
class HttpResult:
    """Result of one request: an HTTP status and a body without extensions."""

    status: int
    body: dict[str, Any]


@lru_cache(maxsize=1)
def executable_schema() -> GraphQLSchema:
    """Return the schema with a resolver on every field that needs one."""
    built = build_schema(SCHEMA_PATH.read_text(encoding="utf-8"))
    for table, adapt in ((_ROOTS, _with_arguments), (_FIELDS, _with_source)):
        for type_name, fields in table.items():
            object_type = built.type_map[type_name]
            if not isinstance(object_type, GraphQLObjectType):
                raise TypeError(f"{type_name} is no object type")
            for name, resolver in fields.items():
                object_type.fields[name].resolve = adapt(resolver)
    return built


def run(
    query: str,
    variables: Mapping[str, Any] | None,
    operation_name: str | None,
    context: Context,
    *,
    read_only: bool = False,
) -> HttpResult:
    """Run one request.

    ``read_only`` refuses mutations (a GET).

    Returns
    -------
    HttpResult
        400 for what does not parse or fit the schema, 405 for a refused mutation, 500 when
        nothing could be run (a variable of the wrong type), else 200, whatever the resolvers say.
    """
    schema = executable_schema()
    try:
        document, invalid = _read(query)
    except GraphQLError as error:
        return _failed(400, [error])
    if invalid:
        return _failed(400, invalid)
    operation = get_operation_ast(document, operation_name)
    if read_only and operation is not None and operation.operation is not OperationType.QUERY:
        message = f"Can only perform a {operation.operation.value} operation from a POST request."
        return _failed(405, [GraphQLError(message)])

    async def executed() -> ExecutionResult:
        result = execute(
            schema,
            document,
            context_value=context,
            variable_values=dict(variables or {}),
            operation_name=operation_name,
        )
        return result if isinstance(result, ExecutionResult) else await result

    result = asyncio.run(executed())
    if result.data is None:
        return _failed(500, result.errors or [])
    errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
    return HttpResult(200, {**errors, "data": result.data})


@lru_cache(maxsize=256)
def _read(query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """Return the parsed query, and what of it does not fit the schema; clients repeat theirs."""
    document = parse(query)
    return document, validate(executable_schema(), document)


def _failed(status: int, errors: list[GraphQLError]) -> HttpResult:
    return HttpResult(status, {"errors": [error.formatted for error in errors]})


def _with_arguments(resolver: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(_source: Any, info: GraphQLResolveInfo[Context], **args: Any) -> Any:
        return resolver(info.context, args)

    return resolve


def _with_source(resolver: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(source: Any, info: GraphQLResolveInfo[Context], **_args: Any) -> Any:
        return resolver(info.context, source)

    return resolve
