"""Pages in a real headless Chromium, on the stack that `make run` starts.

Any error of a page fails its test; each state is kept as a picture in
``.screenshots``.
"""

from __future__ import annotations

import os
import secrets
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from playwright.sync_api import expect, sync_playwright

from browsing import (
    CAMERA_FLAGS,
    FLAGS,
    WATCH_SHIFTS,
    StackItems,
    StudioPage,
    Watch,
    find_chromium,
    violations,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Browser, Page, Route

    from mentor_local.running import RunningStack

_SUBJECTS = """query Subjects($mentor: ID!) { mentor(id: $mentor) {
  subjects { _id name questions { question { _id question type name } } }
} }"""
_CHANGE = """mutation Change($subject: SubjectUpdateInputType!) {
  api { subjectUpdate(subject: $subject) { _id } }
}"""
PICTURES = Path(__file__).parents[2] / ".screenshots"
STARTS = '<script type="module" src="studio/main.js"></script>'
PATIENCE_MS = 15_000  # two busy cores
LOAD_MS = 60_000  # a whole page, on far busier ones
expect.set_options(timeout=PATIENCE_MS)
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the system's browser."""
    found = find_chromium()
    if found is None:
        assert not os.environ.get("CI"), "CI must have a browser: local/scripts/ensure-chromium.sh"
        pytest.skip("no Chromium and no Chrome here")
    return found


@pytest.fixture(scope="session")
def camera(clip: Callable[[str], Path]) -> list[str]:
    """Flags for a camera that shows something calm while somebody speaks."""
    return [
        f"--use-file-for-fake-audio-capture={clip('speech.wav')}",
        f"--use-file-for-fake-video-capture={clip('calm.mjpeg')}",
    ]


# Of this folder's tests alone: while playwright is started, asyncio.run() of others would not work.
@pytest.fixture(scope="package")
def launch(chromium: str) -> Iterator[Callable[[Sequence[str]], Browser]]:
    """Return a function that starts a browser with a camera of these flags."""
    with sync_playwright() as playwright:
        start = partial(playwright.chromium.launch, executable_path=chromium, headless=True)
        yield lambda camera: start(args=[*FLAGS, *CAMERA_FLAGS, *camera])


@pytest.fixture(scope="package")
def browser(launch: Callable[[Sequence[str]], Browser], camera: list[str]) -> Iterator[Browser]:
    """One browser with a camera."""
    with launch(camera) as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., tuple[Page, Watch]]]:
    """Return a function that opens a watched page in a profile of its own.

    Keywords are those of ``Browser.new_context``, such as ``color_scheme`` and ``viewport``. At
    the end of the test no page may have reported an error.
    """
    watches = []
    contexts = []

    def make(**options: Any) -> tuple[Page, Watch]:
        wanted = {"viewport": DESKTOP, "permissions": ["camera", "microphone"]} | options
        context = browser.new_context(**wanted)
        context.set_default_timeout(PATIENCE_MS)
        context.set_default_navigation_timeout(LOAD_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())  # "leave this page?"
        watches.append(Watch(page))
        return page, watches[-1]

    yield make
    # Read before closing: what is under way then is cut off.
    errors = [text for watch in watches for text in watch.errors]
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Return a function that keeps a picture of the page under a name and checks it with axe."""

    def of(page: Page, name: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
        assert violations(page) == [], f"{request.node.name}: {name}"

    return of


@pytest.fixture(scope="session")
def new_question(running: RunningStack) -> Callable[[str], str]:
    """Return a function that asks the seeded mentor one more question; it returns the id.

    Other tests count on the seeded questions as they are.
    """
    ui, mentor = running.ui, running.endpoints["mentor"]

    def make(text: str) -> str:
        (subject,) = ui.query(_SUBJECTS, {"mentor": mentor})["mentor"]["subjects"]
        fresh = {"_id": secrets.token_hex(12), "question": text, "type": "QUESTION", "name": None}
        entries = [
            {"question": entry["question"], "category": None, "topics": []}
            for entry in [*subject["questions"], {"question": fresh}]
        ]
        changed = {"_id": subject["_id"], "name": subject["name"], "questions": entries}
        ui.query(_CHANGE, {"subject": changed})
        return str(fresh["_id"])

    return make


@pytest.fixture
def token(running: RunningStack) -> Callable[..., str]:
    """Return a function that signs a token as mentor-graphql's sign-in would."""

    def make(user: str, mentors: tuple[str, ...] = (), seconds: int = 600) -> str:
        claims = {
            "id": user,
            "role": "USER",
            "mentorIds": list(mentors),
            "exp": int(time.time()) + seconds,
        }
        return jwt.encode(claims, running.endpoints["jwt_secret"], algorithm="HS256")

    return make


@pytest.fixture
def studio(
    running: RunningStack, open_page: Callable[..., tuple[Page, Watch]]
) -> Callable[..., StudioPage]:
    """Return a function that opens the studio; keywords as for ``open_page``."""

    def make(**options: Any) -> StudioPage:
        page, watch = open_page(**options)
        page.goto(f"{running.endpoints['api']}/studio")
        return StudioPage(page, watch)

    return make


@pytest.fixture
def run(running: RunningStack, open_page: Callable[..., tuple[Page, Watch]]) -> Callable[..., Any]:
    """Return a function that evaluates an expression of the names that a module exports.

    The module is one of the studio, or of the page that ``of_page`` names. It runs in the studio's
    document, under its policy, and the studio itself is not started.
    """
    page, _ = open_page()
    address = f"{running.endpoints['api']}/studio"

    def unstarted(route: Route) -> None:
        response = route.fetch()
        text = response.text()
        assert text.count(STARTS) == 1
        route.fulfill(response=response, body=text.replace(STARTS, ""))

    page.route(address, unstarted)
    page.goto(address)

    def of(module: str, expression: str, given: Any = None, of_page: str = "studio") -> Any:
        imported = f"const m = await import('/{of_page}/{module}.js')"
        script = f"async (given) => {{ {imported}; return {expression}; }}"
        return page.evaluate(script, given)

    return of


@pytest.fixture
def items(running: RunningStack, clip: Callable[[str], Path]) -> Iterator[StackItems]:
    """The stack beneath the page; what an operator has to mend is not left to other tests."""
    found = StackItems(running, clip("silent.mp4"))
    yield found
    found.clean()


@pytest.fixture
def console(
    running: RunningStack, open_page: Callable[..., tuple[Page, Watch]]
) -> Callable[..., tuple[Page, Watch]]:
    """Return a function that opens the console at an address, signed in with a click."""

    def make(address: str = "", **options: Any) -> tuple[Page, Watch]:
        page, watch = open_page(permissions=[], **options)
        page.add_init_script(WATCH_SHIFTS)
        page.goto(f"{running.endpoints['api']}/ops#{address}")
        page.get_by_role("button", name="Sign in as the local administrator").click()
        expect(page.locator("#sections")).to_be_visible()
        expect(page.locator("#view")).not_to_have_attribute("aria-busy", "true")
        return page, watch

    return make
