"""``api``: pictures of mentors and organisations, questions and subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from mentor_local.graphql.values import is_object_id, object_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mentor_local.graphql.context import Context
    from mentor_local.graphql.store import Store
    from mentor_local.graphql.values import Document

    Args = Mapping[str, Any]


def mentor_thumbnail_update(context: Context, args: Args) -> bool:
    """Set a mentor's thumbnail."""
    return _set_mentor(context, "mentorThumbnailUpdate", args, {"thumbnail": args["thumbnail"]})


def mentor_vbg_update(context: Context, args: Args) -> bool:
    """Set a mentor's virtual background."""
    changes = {"virtualBackgroundUrl": args["vbgPath"]}
    return _set_mentor(context, "mentorVbgUpdate", args, changes)


def org_header_update(context: Context, args: Args) -> bool:
    """Set the header picture of an organisation, or of the site when none is named."""
    return _set_config(context, "orgHeaderUpdate", args, {"styleHeaderLogo": args["imgPath"]})


def org_footer_update(context: Context, args: Args) -> bool:
    """Replace a footer picture; an index beyond the last appends one."""
    config = _config(context, args.get("orgId"))
    if config is None:
        return False
    images = list(config.get("homeFooterImages") or [])
    links = list(config.get("homeFooterLinks") or [])
    if args["imgIdx"] >= len(images):
        images.append(args["imgPath"])
        links.append("")
    else:
        images[args["imgIdx"]] = args["imgPath"]
    changes = {"homeFooterImages": images, "homeFooterLinks": links}
    return _set_config(context, "orgFooterUpdate", args, changes)


def question_update(context: Context, args: Args) -> Document:
    """Change a question, or add it."""
    saved = save_question(context.store, args["question"])
    context.store.note("questionUpdate", context.authenticated().name, args)
    return saved


def subject_update(context: Context, args: Args) -> Document:
    """Change a subject with its questions, or add it."""
    saved = save_subject(context.store, args["subject"])
    context.store.note("subjectUpdate", context.authenticated().name, args)
    return saved


def save_question(store: Store, given: Args) -> Document:
    """Change the question with the given id; without a usable id add one under a new id."""
    return _saved(store, "questions", given)


def save_subject(store: Store, given: Args) -> Document:
    """Change the subject with the given id, or add one; its questions are saved first."""
    fields = dict(given)
    if "questions" in given:
        fields["questions"] = [
            {
                "question": save_question(store, entry["question"])["_id"],
                "category": (entry.get("category") or {}).get("id"),
                "topics": [topic["id"] for topic in entry.get("topics") or []],
            }
            for entry in given["questions"] or []
        ]
    return _saved(store, "subjects", fields)


def _saved(store: Store, collection: str, given: Args) -> Document:
    fields = {key: value for key, value in given.items() if key != "_id"}
    if is_object_id(given.get("_id")):
        where = {"_id": given["_id"].lower()}
        saved = store.change(collection, where, fields, upsert=True)
        if saved is not None:
            return saved
    return store.insert(collection, fields)


def _set_mentor(context: Context, mutation: str, args: Args, changes: Document) -> bool:
    where = {"_id": object_id(args["mentorId"], "_id", "Mentor")}
    written = context.commit(
        mutation, args, lambda: context.store.change("mentors", where, changes) is not None
    )
    if not written:
        raise GraphQLError(f"no mentor found for id '{args['mentorId']}'")
    return True


def _config(context: Context, org_id: str | None) -> Document | None:
    """Return the whole configuration: the site's, with the organisation's own on top of it."""
    site = context.store.find_one("settings", {}) or {}
    fields = {key: value for key, value in site.items() if key not in {"_id", "createdAt"}}
    if not org_id:
        return fields
    organization = context.by_id("organizations", org_id)
    return None if organization is None else {**fields, **(organization.get("config") or {})}


def _set_config(context: Context, mutation: str, args: Args, changes: Document) -> bool:
    config = _config(context, args.get("orgId"))
    if config is None:
        return False
    whole = {**config, **changes}

    def write() -> bool:
        if args.get("orgId"):
            where = {"_id": args["orgId"].lower()}
            return context.store.change("organizations", where, {"config": whole}) is not None
        return context.store.change("settings", {}, whole, upsert=True) is not None

    return context.commit(mutation, args, write)
