"""What README, docs and comments name is there: paths, links, tests, verbs, variables, metrics."""

from __future__ import annotations

import ast
import importlib.util
import io
import re
import subprocess
import tokenize
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command

from mentor_api.settings import IngestSettings, WebSettings
from mentor_notifier.settings import NotifierSettings
from mentor_ops.app import app
from mentor_transcoder.settings import TranscoderSettings
from mentor_transcriber.settings import TranscriberSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SETTINGS = (
    *(IngestSettings, WebSettings, NotifierSettings, TranscoderSettings),
    TranscriberSettings,
)
MADE_LATER = {  # by make, a run or a deployment: not in a checkout
    *(".bench", ".local", ".screenshots", ".verify"),
    *(".venv", ".venv-bench", ".venv-checkov", ".venv-deploy", ".venv-emulator", ".venv-observe"),
    *(".venv-browsers", "k8s/node_modules"),
}
OTHERS_VARIABLES = {  # of CI, of AWS's, OpenTelemetry's and other tools' own documentation
    *("AWS_ENDPOINT_URL", "BASE_IMAGE", "CLUSTER", "DEPLOY_ROLE", "PROMETHEUS_MULTIPROC_DIR"),
    *("HF_TOKEN", "JSON", "LD_LIBRARY_PATH", "PATH", "TOKEN"),
}


FENCED = re.compile(r"^ *```[a-z]*\n.*?^ *```", re.MULTILINE | re.DOTALL)
CITATION = re.compile(  # of pages that this repository does not hold
    r"\bDESIGN\b|\bAC ?\d+\b|(?:\b|_)ac\d+_|-k ac\d+|\brules? \d+\b|_rule_\d+"
    r"|\b(?:HTTP|GRAPHQL)-CONTRACT\b|\b(?:MEDIA|STYLE|PLATFORM)\.md|\.\./shared/[A-Z]"
)
CITING = ("*",)
"""Files that are searched for citations, as patterns."""


@cache
def files() -> frozenset[str]:
    """Return every file of the repository, tracked or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(name for name in listed.stdout.splitlines() if (ROOT / name).exists())


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def pages() -> list[str]:
    return sorted(name for name in files() if name.endswith(".md") and name != "CHANGELOG.md")


def sources() -> list[str]:
    return sorted(name for name in files() if name.endswith(".py") and "/vendor/" not in name)


@cache
def said(name: str) -> tuple[str, ...]:
    """Return what a file says to people: a page, or a module's comments and docstrings."""
    text = text_of(name)
    if not name.endswith(".py"):
        return (text,)
    lines = io.StringIO(text).readline
    found = [one.string for one in tokenize.generate_tokens(lines) if one.type == tokenize.COMMENT]
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    return (*found, *(ast.get_docstring(node) or "" for node in nodes))


def quoted(name: str) -> Iterator[str]:
    """Yield what a file sets as code: between backticks, and the lines of fenced blocks."""
    for text in said(name):
        if name.endswith(".md"):
            yield from (
                line
                for block in re.findall(
                    r"^ *```[a-z]*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL
                )
                for line in block.splitlines()
            )
            text = FENCED.sub("", text)  # noqa: PLW2901 -- without its blocks
        yield from re.findall(r"`{1,2}([^`\n]+)`{1,2}", text)


@cache
def known() -> frozenset[str]:
    """Return all files and folders."""
    return files() | {str(parent) for name in files() for parent in Path(name).parents}


def is_there(path: str, beside: str) -> bool:
    """Return whether a path, which may hold wildcards, is one of the repository or of a package."""
    wanted = path.rstrip("/").removeprefix("./")
    wanted = re.sub(r"\{[a-z_]+\}|<[a-z_]+>|…|STAGE|SERVICE", "*", wanted)
    if any(wanted == made or wanted.startswith(f"{made}/") for made in MADE_LATER):
        return True
    alternatives = re.fullmatch(r"(.*)\{([\w.,-]+)\}(.*)", wanted)
    if alternatives:
        before, names, after = alternatives.groups()
        return all(is_there(f"{before}{one}{after}", beside) for one in names.split(","))
    places = [wanted, str(Path(beside).parent / wanted)]
    if not known().isdisjoint(places):
        return True
    return "*" in wanted and any(fnmatch(each, place) for place in places for each in known())


TOPS = r"(?:\.ci|\.github|bench|docker|docs|infra|k8s|libs|local|ops|services|tests)"
PATH = re.compile(rf"(?<![\w/.$*-]){TOPS}/[\w./*{{}},<>…-]*[\w/*}}>…]")


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = FENCED.sub("", path.read_text())
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads)


def links(name: str) -> list[str]:
    """Return what a page links to, addresses elsewhere left out."""
    found = re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", text_of(name)))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


@pytest.mark.parametrize("name", pages())
def test_links_of_a_page_lead_somewhere(name: str) -> None:
    for target in links(name):
        path, _, anchor = target.partition("#")
        found = (ROOT / name).parent / path if path else ROOT / name
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), target


def test_every_page_of_the_docs_is_in_their_index() -> None:
    linked = {(Path("docs") / target.partition("#")[0]) for target in links("docs/README.md")}
    shown = [str(path) for path in linked]
    lost = [
        name
        for name in pages()
        if name.startswith("docs/") and name != "docs/README.md" and name not in shown
        if "docs/adr" not in shown or not name.startswith("docs/adr/")
    ]
    assert lost == []


def test_the_readme_is_short() -> None:
    assert len(text_of("README.md").splitlines()) <= 130


def test_every_path_that_is_named_is_there() -> None:
    lost = {
        f"{name}: {path}"
        for name in [*pages(), *sources()]
        for text in said(name)
        for path in PATH.findall(text)
        if not is_there(path, name)
    }
    assert lost == set()


def test_every_module_that_is_named_is_there() -> None:
    lost = set()
    for name in [*pages(), *sources()]:
        for text in said(name):
            for module in re.findall(
                r"python -m (mentor_\w+(?:\.\w+)*)|:mod:`(mentor_[\w.]+)`", text
            ):
                wanted = next(filter(None, module))
                if importlib.util.find_spec(wanted) is None:
                    lost.add(f"{name}: {wanted}")
    assert lost == set()


@pytest.mark.parametrize("name", pages())
def test_every_module_that_a_page_names_is_there(name: str) -> None:
    dotted = r"\bmentor_(?:common|api|transcoder|transcriber|notifier|local|ops)(?:\.\w+)+"
    lost = {
        named
        for code in quoted(name)
        for named in re.findall(dotted, code)
        if not is_named_in_code(named)
    }
    assert lost == set()


def is_named_in_code(dotted: str) -> bool:
    """Return whether a dotted name is a module's, or that of something a module defines."""
    module, _, last = dotted.rpartition(".")
    if source_of(dotted) is not None:
        return True
    source = source_of(module)
    defined = rf"^(?:class |def |async def )?{last}\b"
    return source is not None and bool(re.search(defined, source, re.MULTILINE))


def source_of(module: str) -> str | None:
    """Return a module's text; ``None`` where there is no such module."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # what should be its package is none
        return None
    return Path(spec.origin).read_text() if spec and spec.origin else None


def text_or_nothing(name: str) -> str:
    """Return a file's text, and none of a picture's or a video's."""
    try:
        return text_of(name)
    except UnicodeDecodeError:
        return ""


def test_nothing_cites_pages_that_are_not_here() -> None:
    citing = {
        f"{name}: {found[0]}"
        for name in files()
        if any(fnmatch(name, pattern) for pattern in CITING) and Path(__file__) != ROOT / name
        if (found := CITATION.search(text_or_nothing(name)))
    }
    assert citing == set()


def test_every_test_that_is_named_is_there() -> None:
    modules = {Path(name).stem for name in files() if Path(name).name.startswith("test_")}
    functions = {
        found
        for name in sources()
        if "/tests/" in f"/{name}"
        for found in re.findall(r"def (test_\w+)", text_of(name))
    }
    there = modules | functions
    lost = {
        f"{name}: {test}"
        for name in [*pages(), *sources()]
        for text in said(name)
        for test in re.findall(r"(?<![\w./])(test_\w+)(?![\w(])", text)
        if test not in there and not test.endswith("_")
    }
    assert lost == set()


def test_every_verb_of_make_that_is_named_is_there() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    lost = {
        f"{name}: make {verb}"
        for name in [*pages(), *sources()]
        for code in quoted(name)
        for verb in re.findall(r"(?:^|[ ;&])make ([a-z][a-z-]*)", code)
        if verb not in verbs
    }
    assert lost == set()


def test_every_command_of_mentor_ops_that_is_named_is_there() -> None:
    lost = set()
    tool: Any = get_command(app)
    for name in [*pages(), *sources()]:
        for code in quoted(name):
            match = re.search(r"mentor-ops ((?:--\w+(?: [\w<>-]+)? )*)([a-z][a-z ]*)([^#]*)", code)
            if match is None:
                continue
            command = tool
            for word in match[2].split():
                if not hasattr(command, "get_command"):
                    break
                found = command.get_command(None, word)
                if found is None:
                    lost.add(f"{name}: {code}")
                    break
                command = found
            known = {option for each in command.params for option in each.opts}
            known |= {option for each in tool.params for option in each.opts}
            used = set(re.findall(r"(--[a-z-]+)", match[1] + match[3]))
            lost |= {f"{name}: {code} ({option})" for option in used - known - {"--help"}}
    assert lost == set()


def test_every_environment_variable_that_is_named_is_read_by_something() -> None:
    fields = {field.upper() for each in SETTINGS for field in each.model_fields}
    scripts = (".py", ".sh", ".yaml", ".gotmpl", "Makefile", ".Dockerfile")
    read = {
        word
        for name in files()
        if name.endswith(scripts) and name != "tests/contract/test_documentation.py"
        for word in re.findall(r"\b[A-Z][A-Z0-9_]+\b", text_of(name))
    }
    lost = set()
    for name in pages():
        for code in quoted(name):
            for variable in re.findall(
                r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|(?:^|[ ;])([A-Z][A-Z0-9_]+)=", code
            ):
                wanted = variable or code
                if wanted in fields | OTHERS_VARIABLES or wanted.startswith("OTEL_"):
                    continue
                if wanted not in read and f"${wanted}" not in text_of(name):
                    lost.add(f"{name}: {wanted}")
    assert lost == set()


def test_every_metric_that_is_named_is_in_the_catalogue() -> None:
    catalogue = set(re.findall(r"`(mentor_upload_\w+)`", text_of("docs/metrics.md")))
    lost = {
        f"{name}: {metric}"
        for name in [*pages(), "k8s/observe/rules.yaml"]
        for metric in re.findall(r"\bmentor_upload_[a-z_]+", text_of(name))
        if re.sub(r"_(count|sum|bucket)$", "", metric) not in catalogue
    }
    assert lost == set()


def test_every_parameter_given_to_the_templates_is_one_of_theirs() -> None:
    templates = [text_of(name) for name in files() if re.match(r"infra/.+\.yaml$", name)]
    known = set(re.findall(r"^  (\w+):\n    Type:", "".join(templates), re.MULTILINE))
    lost = {
        f"{name}: {parameter}"
        for name in [*pages(), *sources()]
        for code in quoted(name)
        for parameter in re.findall(r"\b([A-Z][a-z]+(?:[A-Z][a-z]+)*)=", code)
        if parameter not in known | {"Name"}
    }
    assert lost == set()


def test_every_adr_that_is_named_is_there() -> None:
    numbers = {int(name.split("/")[-1][:4]) for name in files() if name.startswith("docs/adr/0")}
    lost = {
        f"{name}: ADR {number}"
        for name in [*pages(), *sources()]
        for text in said(name)
        for number in re.findall(r"ADR (\d+)", text)
        if int(number) not in numbers
    }
    assert lost == set()


def test_every_path_that_pytest_is_given_holds_tests() -> None:
    empty = set()
    for name in [*pages(), *sources()]:
        for code in quoted(name):
            for given in re.findall(r"\bpytest((?: [\w/.-]+)+)", code):
                for path in given.split():
                    tests = re.compile(
                        rf"{re.escape(path)}(/.*)?/?test_[^/]+\.py|{re.escape(path)}"
                    )
                    held = [each for each in files() if each.endswith(".py") and tests.match(each)]
                    if "/" in path and not held:
                        empty.add(f"{name}: {path}")
    assert empty == set()
