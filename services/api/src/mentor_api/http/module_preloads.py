"""Links that let a browser ask for all modules of a page at once, not one import after another.

A browser knows of a module when one that imports it is there: a page whose imports are six deep
takes six round trips. With these links its HTML names them all.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ENTRY = re.compile(r'<script type="module" src="([^"]+)"></script>')
_COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
_IMPORT = re.compile(
    r"""(?:^|[;}\s])(?:(?:import|export)\b[^"'()]*?\bfrom|import)\s*["'](\.[^"']+)["']"""
)


def with_preloads(html: str, read: Callable[[str], str]) -> str:
    """Return the HTML of a page with a link for each module that its first one leads to.

    ``read`` returns the text of a file by its path beside the page.
    """
    entry = _ENTRY.search(html)
    if entry is None:
        return html
    modules = modules_behind(entry[1], read)
    links = [f'<link rel="modulepreload" href="{path}">' for path in modules]
    return html.replace(entry[0], "\n    ".join([*links, entry[0]]))


def modules_behind(entry: str, read: Callable[[str], str]) -> list[str]:
    """Return the paths of all modules that one leads to by its imports, the nearest first."""
    found = [entry]
    for module in found:  # which grows as it is gone through
        for imported in _IMPORT.findall(_COMMENT.sub("", read(module))):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(module), imported))
            if path not in found:
                found.append(path)
    return found[1:]
