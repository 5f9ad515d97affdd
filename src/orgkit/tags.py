"""Tags of what orgkit makes. orgkit manages the tags its settings name, and no others."""

from __future__ import annotations

from dataclasses import replace

from orgkit.aws import Aws
from orgkit.settings import Settings
from orgkit.steps import State, Step


def checked(aws: Aws, settings: Settings, step: Step, resource: str) -> Step:
    """The step, drifted where its resource lacks tags of the settings; its deed then tags it too."""
    differences = _differences(aws, settings, resource)
    if not differences:
        return step

    def apply() -> str:
        detail = step.apply() if step.to_do else step.detail
        aws.organizations.tag(resource, dict(settings.tags))
        return detail

    detail = step.detail if step.to_do else f"{resource} is not tagged as in {settings.path.name}"
    return replace(
        step,
        state=State.DRIFTED,
        detail=detail,
        differences=(*step.differences, *differences),
        apply=apply,
    )


def put_on(aws: Aws, settings: Settings, resource: str) -> str:
    """Tag what was just made, where it is not: where somebody else had made it meanwhile. Answers the resource."""
    if _differences(aws, settings, resource):
        aws.organizations.tag(resource, dict(settings.tags))
    return resource


def _differences(aws: Aws, settings: Settings, resource: str) -> tuple[str, ...]:
    if not settings.tags:
        return ()
    actual = aws.organizations.tags(resource)
    return tuple(
        f"tag {key} is {repr(actual[key]) if key in actual else 'missing'}, should be {value!r}"
        for key, value in settings.tags
        if actual.get(key) != value
    )
