"""Remove the models of AWS services of which no package here makes a client.

``python slim_botocore.py PACKAGE …``, with the interpreter of the environment that is slimmed.
botocore describes more than 400 services in 27 MB. What is kept is read from the packages' source:
the names in calls of ``client``, ``resource`` and ``create_client``, and of functions that pass a
parameter of theirs on to one of these.
"""

from __future__ import annotations

import ast
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAKERS = frozenset({"client", "create_client", "resource"})
OF_BOTOCORE = frozenset({"sts"})
"""Services that botocore asks by itself: STS gives a pod its role."""


class UnreadableError(Exception):
    """A client is made of a service that the source does not name; the message says where."""


def folder_of(package: str) -> Path:
    """Return where a package's files are."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise SystemExit(f"there is no package {package}")
    return Path(found.origin).parent


def services(packages: list[str]) -> set[str]:
    """Return the names of the AWS services that packages make clients of.

    Raises
    ------
    UnreadableError
        A call names its service by something else than a string or a parameter.
    """
    trees = {
        path: ast.parse(path.read_bytes(), str(path))
        for package in packages
        for path in sorted(folder_of(package).rglob("*.py"))
    }
    makers, known = set(MAKERS), set[str]()
    while makers != known:  # what passes a parameter on is a maker, too
        known = set(makers)
        found: set[str] = set()
        for path, tree in trees.items():
            for parameters, function, call in _calls(tree, known):
                named = _service(call)
                if named is None:
                    continue
                if isinstance(named, ast.Constant) and isinstance(named.value, str):
                    found.add(named.value)
                elif isinstance(named, ast.Name) and named.id in parameters:
                    makers.add(function)
                else:
                    raise UnreadableError(f"{path}:{call.lineno}: which service is it a client of?")
    return found


def _service(call: ast.Call) -> ast.expr | None:
    """Return the argument that names the service, ``None`` when a call has none."""
    given = [word.value for word in call.keywords if word.arg == "service_name"]
    return next(iter([*call.args, *given]), None)


def _calls(
    tree: ast.AST, makers: set[str], parameters: frozenset[str] = frozenset(), function: str = ""
) -> Iterator[tuple[frozenset[str], str, ast.Call]]:
    """Yield each call of a maker with the parameters and name of the function that it is in."""
    for node in ast.iter_child_nodes(tree):
        inside = parameters, function
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            inside = frozenset(one.arg for one in given), node.name
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in makers:
                yield parameters, function, node
        yield from _calls(node, makers, *inside)


def slim(keep: set[str]) -> int:
    """Remove all models of botocore and boto3 but those to keep; return how many."""
    models = folder_of("botocore") / "data"
    unknown = {name for name in keep if not (models / name).is_dir()}
    if unknown:
        raise SystemExit(f"botocore knows no service {', '.join(sorted(unknown))}")
    removed = 0
    for data in (models, folder_of("boto3") / "data"):
        for model in data.iterdir():
            if model.is_dir() and model.name not in keep:
                shutil.rmtree(model)
                removed += 1
    return removed


def main() -> None:
    """Slim this interpreter's botocore for the packages that the command line names."""
    keep = services(sys.argv[1:]) | OF_BOTOCORE
    print(f"kept {', '.join(sorted(keep))}; removed {slim(keep)} models")


if __name__ == "__main__":
    main()
