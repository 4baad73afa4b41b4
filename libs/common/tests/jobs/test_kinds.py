"""The table of the kinds of work is complete and names everything once."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from mentor_common.events import TaskKind
from mentor_common.jobs import KINDS, SUB_TASK_FIELDS, kind_of, kind_of_service
from mentor_common.settings import SERVICES


def test_every_kind_is_in_the_table_with_a_service_of_its_own() -> None:
    assert list(KINDS) == list(get_args(TaskKind))
    services = Counter(kind.service for kind in KINDS.values())
    assert set(services) <= set(SERVICES)
    assert set(services.values()) == {1}
    assert all(kind_of_service(it.service) == kind for kind, it in KINDS.items())
    assert kind_of_service("notifier") is None


def test_every_task_shown_to_people_is_part_of_one_kind() -> None:
    assert Counter(name for kind in KINDS.values() for name in kind.sub_tasks) == Counter(
        list(SUB_TASK_FIELDS)
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("transcoding-web", "transcode"),
        ("transcoding-mobile", "transcode"),
        ("trim-upload", "transcode"),
        ("transcribing", "transcribe"),
        ("a task of a newer release", "transcode"),
    ],
)
def test_a_task_shown_to_people_leads_to_its_kind(name: str, kind: TaskKind) -> None:
    assert kind_of(name) == kind
