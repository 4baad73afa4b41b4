"""The console's state and addresses: pure functions, played in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PLAY = "given.reduce(m.reduce, m.EMPTY)"


@pytest.fixture
def play(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does actions from the beginning and evaluates an expression of it."""

    def of(expression: str, *actions: dict[str, Any]) -> Any:
        script = f"((state) => {expression})({PLAY})"
        return run("state", script, list(actions), of_page="ops")

    return of


def address(hash_: str) -> dict[str, Any]:
    """Return the action of going to an address."""
    return {"type": "address", "hash": hash_}


def select(*ids: str, selected: bool = True) -> dict[str, Any]:
    """Return the action of selecting ids."""
    return {"type": "select", "ids": list(ids), "selected": selected}


ADDRESSES = {
    "": ("overview", {}, 1),
    "#/nonsense": ("overview", {}, 1),
    "#/uploads?state=FAILED&error=a%26b": ("uploads", {"state": "FAILED", "error": "a&b"}, 1),
    "#/uploads/8f0c": ("upload", {}, 1),
    "#/uploads?page=3&cursor=5%7Ex": ("uploads", {}, 3),
    "#/uploads?page=3": ("uploads", {}, 1),
    "#/uploads?page=-3&cursor=x": ("uploads", {}, 1),
    "#/letters?queue=api&page=x&cursor=x": ("letters", {"queue": "api"}, 1),
    "#/log": ("log", {}, 1),
}


def test_an_address_names_view_search_and_page(run: Callable[..., Any]) -> None:
    parsed = run("address", "given.map(m.parse)", list(ADDRESSES), of_page="ops")
    found = {one["hash"]: (one["section"], one["search"], one["page"]) for one in parsed}
    assert found == ADDRESSES


def test_a_page_has_an_address_that_leads_to_it(run: Callable[..., Any]) -> None:
    given = "#/uploads?state=FAILED&error=a%26b&page=2&cursor=1%7Ea"
    script = "m.pageLink(m.parse(given), 3, '2~b')"
    there = run("address", script, given, of_page="ops")
    assert there == "#/uploads?state=FAILED&error=a%26b&page=3&cursor=2%7Eb"
    first = run("address", "m.pageLink(m.parse(given), 1, '')", there, of_page="ops")
    assert first == "#/uploads?state=FAILED&error=a%26b"


def test_what_is_selected_belongs_to_a_search_over_all_its_pages(play: Callable[..., Any]) -> None:
    first, second = (
        address("#/uploads?state=FAILED"),
        address("#/uploads?state=FAILED&page=2&cursor=x"),
    )
    picked = [first, select("a", "b"), second, select("c")]
    assert play("m.selected(state)", *picked) == ["a", "b", "c"]
    upload = address("#/uploads/a")
    assert play("m.selected(state)", *picked, upload) == []
    assert play("m.selected(state)", *picked, upload, first, select("b", selected=False)) == [
        "a",
        "c",
    ]
    other = address("#/uploads?state=FAILED&error=x")
    assert play("m.selected(state)", *picked, other) == []
    assert play("m.selected(state)", *picked, other, select("d")) == ["d"]
    many = select(*(str(number) for number in range(1200)))
    assert play("m.selected(state).length", first, many) == 1000


def test_the_page_before_is_known_where_it_was_seen(play: Callable[..., Any]) -> None:
    pages = [address(f"#/log?page={page}&cursor=c{page}") for page in (2, 3)]
    assert play("m.cursorBefore(state) ?? null", *pages) == "c2"
    assert play("m.cursorBefore(state) ?? null", pages[1]) is None


def test_a_list_that_began_again_is_known_by_its_address(play: Callable[..., Any]) -> None:
    refused, first = "#/log?page=2&cursor=x", "#/log"
    began = [address(refused), {"type": "restarted", "hash": first}, address(first)]
    shown = "state.restarted === state.address.hash"
    assert play(shown, *began) is True
    assert play(shown, *began, address("#/log?page=2&cursor=y")) is False
    assert play(shown, *began, address("#/uploads"), address(first)) is False


def test_answers_are_kept_for_going_back_and_stay_the_same_objects(
    play: Callable[..., Any],
) -> None:
    seen = [
        {"type": "answered", "hash": f"#/uploads/{number}", "answer": {"n": number}, "at": number}
        for number in range(25)
    ]
    back = [*seen, address("#/uploads/10")]
    assert play("m.shown(state)", *back) == {"n": 10}
    assert play("m.shown(state) ?? null", *seen, address("#/uploads/2")) is None
    same = "m.reduce(state, given.at(-2)).answers['#/uploads/24'] === state.answers['#/uploads/24']"
    assert play(same, *back) is True


def test_a_problem_goes_when_the_view_is_read_or_left(play: Callable[..., Any]) -> None:
    problem = {"type": "problem", "problem": {"title": "No connection"}}
    answered = {"type": "answered", "hash": "#/log", "answer": {"queues": [{"dead": 2}]}, "at": 7}
    at_log = [address("#/log"), problem]
    assert play("[state.problem, state.asOf, state.dead]", *at_log, answered) == [None, 7, 2]
    assert play("state.problem", *at_log, address("#/")) is None
    late = answered | {"hash": "#/uploads"}
    assert play("[state.problem.title, state.asOf]", *at_log, late) == ["No connection", None]
