"""Pages as AWS cuts them: twenty at a time on every list, whatever MaxResults asks for.

moto gives some lists whole, others a hundred at a time, and takes any MaxResults; a missing paginator then
shows nowhere. Lists are ordered by id, which to a caller is no order at all, as on AWS. The token names the
last thing shown, so a caller that moves or deletes what it lists neither skips nor repeats.
"""

from __future__ import annotations

import heapq
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Final, TypeVar

from orgkit.sandbox.organizations.answering import Answer, Request
from orgkit.sandbox.organizations.refusals import invalid

PAGE: Final = 20

_Thing = TypeVar("_Thing")


def page(
    member: str,
    request: Request,
    things: Iterable[_Thing],
    show: Callable[[_Thing], Any],
    key: Callable[[_Thing], str] = attrgetter("id"),
) -> Answer:
    """One page: `things` as `show` renders them, under the answer's name for them; NextToken if more follow.

    Only what the page holds is rendered. Raises InvalidInputException for the token of another list.
    """
    size = min(int(request.get("MaxResults") or PAGE), PAGE)
    last = _last_shown(member, request)
    first = heapq.nsmallest(size + 1, (thing for thing in things if key(thing) > last), key=key)
    answer: Answer = {member: [show(thing) for thing in first[:size]]}
    if len(first) > size:
        answer["NextToken"] = _encoded([*_list_of(member, request), key(first[size - 1])])
    return answer


def _list_of(member: str, request: Request) -> list[Any]:
    """Which list a token belongs to: what was asked, pages aside."""
    return [member, {name: value for name, value in request.items() if name not in ("MaxResults", "NextToken")}]


def _last_shown(member: str, request: Request) -> str:
    if not request.get("NextToken"):
        return ""
    try:
        *asked, last = json.loads(urlsafe_b64decode(request["NextToken"].encode()))
    except (ValueError, TypeError):
        raise invalid("INVALID_NEXT_TOKEN") from None
    if asked != _list_of(member, request):
        raise invalid("INVALID_NEXT_TOKEN")
    return str(last)


def _encoded(token: list[Any]) -> str:
    return urlsafe_b64encode(json.dumps(token).encode()).decode()
