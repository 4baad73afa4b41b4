"""Pages and the files they are made of, served as they lie in a package.

A page is HTML without inline scripts or styles, and files beside it under the page's own path;
what several pages share lies under ``/shared``, and the library they are written with under
``/vendor``. Each page names its content security policy.
"""

from __future__ import annotations

import mimetypes
from importlib.resources import files
from typing import TYPE_CHECKING

from flask import Response, request
from werkzeug.routing import BaseConverter

from mentor_api.http.module_preloads import with_preloads
from mentor_api.http.operations import Operation
from mentor_api.http.problems import not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from flask import Blueprint
_TAG = "Pages"


def own_folder(name: str) -> Traversable:
    """Return one of our folders of pages."""
    return files("mentor_api") / "pages" / name


def own_files(name: str) -> dict[str, Traversable]:
    """Return what lies in one of our folders, by its path there; the HTML is the page itself.

    Declarations of types (``.d.ts``) are for editors and ``make lint``, not for browsers.
    """
    top = list(own_folder(name).iterdir())
    found = {path.name: path for path in top if path.is_file()}
    for folder in top:
        if folder.is_dir():
            found |= {f"{folder.name}/{path.name}": path for path in folder.iterdir()}
    return {name: path for name, path in found.items() if not name.endswith((".html", ".d.ts"))}


def content_policy(*, images: str = "", media: str = "", connect: str = "") -> str:
    """Return the policy of a page that is all ours: nothing inline, nothing from elsewhere.

    The arguments are more origins, separated by blanks, besides our own.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; manifest-src 'self'; "
        f"img-src 'self' data: blob: {images}; media-src 'self' blob: {media}; "
        f"connect-src 'self' {connect}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def add_page(
    routes: Blueprint,
    name: str,
    policy: str,
    contents: Mapping[str, Traversable],
    summary: str,
    *,
    shown: bool = True,
) -> None:
    """Serve the page ``/{name}`` and its files under it.

    Parameters
    ----------
    name
        Path of the page; its HTML is ``pages/{name}/{name}.html``.
    policy
        Its ``Content-Security-Policy``.
    shown
        Otherwise all of it is 404.
    """
    content = _page(name) if shown else b""

    @routes.get(f"/{name}", endpoint=name)
    @Operation(summary, _TAG, answers=None, public=True)
    def page() -> Response:
        if not shown:
            raise not_found("this page is switched off here")
        response = _cached_response(content, "text/html")
        response.headers["Content-Security-Policy"] = policy
        return response

    add_files(routes, name, contents, shown=shown)


def _page(name: str) -> bytes:
    """Return a page's HTML, which names its modules."""
    html = (own_folder(name) / f"{name}.html").read_text()
    return with_preloads(html, lambda path: (own_folder(".") / path).read_text()).encode()


def add_files(
    routes: Blueprint,
    path: str,
    contents: Mapping[str, Traversable],
    *,
    shown: bool = True,
) -> None:
    """Serve ``/{path}/<name>`` for each of ``contents``, its folders' too; see :func:`add_page`."""
    routes.record(lambda state: state.app.url_map.converters.update(folder=_Folder))

    # A page is made of a hundred.
    @Operation("What the page is made of", _TAG, answers=None, public=True, logged=False)
    def file(folder: str, name: str) -> Response:
        found = contents.get(f"{folder}/{name}" if folder else name)
        if not shown or found is None:
            raise not_found("there is no such file")
        return file_response(found)

    routes.add_url_rule(f"/{path}/<name>", f"{path}-files", file, defaults={"folder": ""})
    if any("/" in name for name in contents):
        routes.add_url_rule(f"/{path}/<folder:folder>/<name>", f"{path}-files", file)


class _Folder(BaseConverter):
    """A folder of a page's files. ``api`` is none: there are routes under that name."""

    regex = "(?!api/)[^/]+"


def file_response(path: Traversable) -> Response:
    """Return the response with a file; 304 for a browser that has it already."""
    kind, _ = mimetypes.guess_type(path.name)
    return _cached_response(path.read_bytes(), kind or "text/plain")


def _cached_response(content: bytes, kind: str) -> Response:
    response = Response(content, mimetype=kind)
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
