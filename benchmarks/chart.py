"""The results as a picture: a row a job, calls on the left and seconds on the right, a bar a tool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from measured import Cost
from results import Results
from table import job_name

_PART: Final = " (aws-orgs and org-formation: OU and SCPs alone)"
JOBS: Final = ("first", "again", "tree 100 / 10", "tree 1,000 / 50", "tree 5,000 / 200")

_NAMES: Final = 110  # pixels, like all below
_PANEL: Final = 330
_BARS: Final = 250
_BAR: Final = 14
_STEP: Final = 20
_TITLE: Final = 34
_GAP: Final = 14
_TOP: Final = 44

_STYLE: Final = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .quiet { fill: #59636e; }
  .back { fill: #ffffff; }
  .orgkit { fill: #0969da; }
  .other { fill: #afb8c1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .back { fill: #0d1117; }
    .orgkit { fill: #4493f8; }
    .other { fill: #57606a; }
  }
"""


def drawn(results: Results) -> str:
    """The SVG. Each panel has a scale of its own, from nothing to the longest of its bars."""
    jobs = [job for job in JOBS if job in results.costs]
    heights = [_TITLE + _STEP * len(results.costs[job]) + _GAP for job in jobs]
    width, height = _NAMES + 2 * _PANEL, _TOP + sum(heights)
    body = [*_heading(), *_panels(results, jobs, heights)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" role="img" aria-label="Calls and seconds by tool">',
            f"<style>{_STYLE}</style>",
            f'<rect class="back" width="{width}" height="{height}"/>',
            *body,
            "</svg>\n",
        ]
    )


def _heading() -> Iterator[str]:
    yield _text(_NAMES, 24, "calls to AWS", "title")
    yield _text(_NAMES + _PANEL, 24, "seconds, with 80 ms a call", "title")


def _panels(results: Results, jobs: list[str], heights: list[int]) -> Iterator[str]:
    top = _TOP
    for job, height in zip(jobs, heights, strict=True):
        yield _text(8, top + 18, job_name(job) + (_PART if job in ("first", "again") else ""), "quiet")
        costs = results.costs[job]
        yield from _bars(costs, _NAMES, top + _TITLE, lambda cost: cost.total, lambda cost: cost.total_in_words)
        yield from _bars(
            costs, _NAMES + _PANEL, top + _TITLE, lambda cost: cost.seconds, lambda cost: f"{cost.seconds:,.1f}"
        )
        for number, tool in enumerate(costs):
            yield _text(8, top + _TITLE + number * _STEP + 11, tool)
        top += height


def _bars(
    costs: dict[str, Cost], left: int, top: int, value: Callable[[Cost], float], words: Callable[[Cost], str]
) -> Iterator[str]:
    longest = max(value(cost) for cost in costs.values())
    for number, (tool, cost) in enumerate(costs.items()):
        length = max(1.0, _BARS * value(cost) / longest)
        y = top + number * _STEP
        colour = "orgkit" if tool == "orgkit" else "other"
        yield f'<rect class="{colour}" x="{left}" y="{y}" width="{length:.1f}" height="{_BAR}" rx="2"/>'
        yield _text(left + length + 6, y + 11, words(cost))


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{named}>{words}</text>'
