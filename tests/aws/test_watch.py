"""What takes long is told of, by one thread for all that is under way."""

from __future__ import annotations

from threading import Event, active_count

import pytest

from orgkit.aws.attempts import Watch

pytestmark = pytest.mark.slow


def test_only_what_has_not_ended_is_told_of(monkeypatch):
    monkeypatch.setattr("orgkit.aws.attempts._SLOW", 0.01)
    told, late = [], Event()
    watch = Watch(lambda line: told.append(line) or late.set())
    watch.begin(1, "ended")
    watch.end(1)
    watch.begin(2, "late")
    assert late.wait(60)
    watch.end(2)
    assert told == ["late"]


def test_what_begins_when_nothing_was_under_way_any_more_is_told_of_too(monkeypatch):
    monkeypatch.setattr("orgkit.aws.attempts._SLOW", 0.01)
    told: list[Event] = [Event(), Event()]
    lines = iter(told)
    watch = Watch(lambda _: next(lines).set())
    for number, late in enumerate(told):
        watch.begin(number, "")
        assert late.wait(60)


def test_one_thread_watches_all():
    before = active_count()
    watch = Watch(str)
    for number in range(50):
        watch.begin(number, "")
    assert active_count() <= before + 1
