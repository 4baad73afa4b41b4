"""Pages in a real headless Chromium, on the stack that `make run` starts.

Any error of a page fails its test. With ``PICTURES=1`` each state is kept as a picture in
``.screenshots``.
"""

from __future__ import annotations

import os
import re
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from playwright.sync_api import expect, sync_playwright

from browsing import (
    CAMERA_FLAGS,
    DESKTOP,
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

    from playwright.sync_api import Browser, Page

    from mentor_local.running import RunningStack

PICTURES = Path(__file__).parents[2] / ".screenshots"
KEEPS_PICTURES = bool(os.environ.get("PICTURES"))
STARTS = '<script type="module" src="studio/main.js"></script>'
LINKS = re.compile(r'<link rel="(modulepreload|stylesheet)"[^>]*>')
FORGET = """async () => {
  localStorage.clear();
  for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
}"""
PATIENCE_MS = 15_000  # two busy cores
LOAD_MS = 60_000  # a whole page, on far busier ones
expect.set_options(timeout=PATIENCE_MS)
PROFILE: dict[str, Any] = {
    "viewport": DESKTOP,
    "permissions": ["camera", "microphone"],
    # Endless movement would be drawn by the processors that do what a test waits for.
    "reduced_motion": "reduce",
}


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
        f"--use-file-for-fake-video-capture={clip('calm.y4m')}",
    ]


# Of this folder's tests alone: while playwright is started, asyncio.run() of others would not work.
@pytest.fixture(scope="package")
def launch(chromium: str) -> Iterator[Callable[[Sequence[str]], Browser]]:
    """Return a function that starts a browser with a camera of these flags."""
    with sync_playwright() as playwright:
        start = partial(playwright.chromium.launch, executable_path=chromium, headless=True)
        yield lambda camera: start(args=[*FLAGS, *CAMERA_FLAGS, *camera])


@pytest.fixture(scope="package")
def shared_browser(
    launch: Callable[[Sequence[str]], Browser], camera: list[str]
) -> Iterator[Browser]:
    """One browser with a camera."""
    with launch(camera) as browser:
        yield browser


@pytest.fixture
def browser(shared_browser: Browser) -> Browser:
    """Where pages are opened."""
    return shared_browser


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., tuple[Page, Watch]]]:
    """Return a function that opens a watched page in a profile of its own.

    Keywords are those of ``Browser.new_context``, such as ``color_scheme`` and ``viewport``. At
    the end of the test no page may have reported an error.
    """
    watches = []
    contexts = []

    def make(**options: Any) -> tuple[Page, Watch]:
        context = browser.new_context(**PROFILE | options)
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


@pytest.fixture(scope="package")
def shared_page(shared_browser: Browser) -> Iterator[tuple[Page, Watch]]:
    """A page of an own profile for all who need no more than a document."""
    with shared_browser.new_context(viewport=DESKTOP) as context:
        context.set_default_timeout(PATIENCE_MS)
        context.set_default_navigation_timeout(LOAD_MS)
        page = context.new_page()
        yield page, Watch(page)


@pytest.fixture
def watched_page(shared_page: tuple[Page, Watch]) -> Iterator[Page]:
    """The shared page, with whatever it shows; from now on it may report no error."""
    page, watch = shared_page
    before = len(watch.errors)
    yield page
    assert watch.errors[before:] == []


@pytest.fixture
def page(watched_page: Page) -> Page:
    """An empty page."""
    watched_page.goto("about:blank")
    return watched_page


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Return a function that checks the page with axe, and keeps a picture of it under a name."""

    def of(page: Page, name: str) -> None:
        if KEEPS_PICTURES:
            PICTURES.mkdir(exist_ok=True)
            page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
        assert violations(page) == [], f"{request.node.name}: {name}"

    return of


@pytest.fixture
def keep_both(keep: Callable[[Page, str], None]) -> Callable[[Page, str], None]:
    """Return a function that does as ``keep``, in light and then in dark colours."""

    def of(page: Page, name: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            keep(page, f"{name}-{scheme}")

    return of


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
    """Return a function that opens the studio; keywords as for ``open_page``.

    ``prepare`` is called with the page while it is empty.
    """

    def make(prepare: Callable[[Page], object] | None = None, **options: Any) -> StudioPage:
        page, watch = open_page(**options)
        if prepare:
            prepare(page)
        page.goto(f"{running.endpoints['api']}/studio")
        return StudioPage(page, watch)

    return make


@pytest.fixture(scope="package")
def unstarted(running: RunningStack, shared_page: tuple[Page, Watch]) -> Iterator[str]:
    """Address of the studio's document, under its policy, without what the studio is made of."""
    page, _ = shared_page
    address = f"{running.endpoints['api']}/studio"
    response = page.request.get(address)
    text = response.text()
    assert text.count(STARTS) == 1
    body = LINKS.sub("", text).replace(STARTS, "")
    page.route(address, lambda route: route.fulfill(response=response, body=body))
    yield address
    page.unroute(address)


@pytest.fixture
def run(unstarted: str, watched_page: Page) -> Callable[..., Any]:
    """Return a function that evaluates an expression of the names that a module exports.

    The module is one of the studio, or of the page that ``of_page`` names. It runs in a document
    of the studio, which is not started; modules and what the browser keeps are new in each test.
    """
    page = watched_page
    page.goto(unstarted)
    page.evaluate(FORGET)

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
