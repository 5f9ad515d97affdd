"""The services that the settings may name, and the verdict on each."""

from __future__ import annotations

import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from orgkit.errors import FileProblems
from orgkit.settings import Settings, check, load
from orgkit.settings.rules import Service, verdicts

ACCOUNT = "111122223333"


def written(services: str) -> str:
    return f"account: '123456789012'\ninstitution: Example University\nservices:\n{services}\n"


def read(services: str) -> Settings:
    return load(Path("orgkit.yaml"), written(services))


def problems(services: str) -> list[str]:
    return [str(problem) for problem in check(Path("orgkit.yaml"), written(services)).problems]


def test_a_service_is_named_alone_or_with_its_administrator():
    settings = read(
        f"- config.amazonaws.com\n- {{principal: access-analyzer.amazonaws.com, administrator: '{ACCOUNT}'}}"
    )
    assert settings.services == (
        Service("config.amazonaws.com"),
        Service("access-analyzer.amazonaws.com", ACCOUNT),
    )
    assert settings.warnings == ()


@pytest.mark.parametrize("principal", [name for name, each in verdicts().items() if each.verdict == "refused"])
def test_a_refused_service_is_an_error_with_its_place_and_reason(principal: str):
    with pytest.raises(FileProblems) as refused:
        read(f"- config.amazonaws.com\n- {principal}")
    (problem,) = refused.value.problems
    assert (problem.line, problem.column) == (5, 3)
    assert problem.text == f"{principal} cannot be given: {verdicts()[principal].reason}"


@pytest.mark.parametrize("principal", [name for name, each in verdicts().items() if each.verdict == "warned"])
def test_a_doubtful_service_is_a_warning(principal: str):
    assert read(f"- {principal}").warnings == (f"{principal}: {verdicts()[principal].reason}",)


def test_an_unknown_service_is_a_warning_since_aws_adds_new_ones():
    (warning,) = read("- newest.amazonaws.com").warnings
    assert warning == "newest.amazonaws.com is a service orgkit does not know"


@pytest.mark.parametrize(
    ("services", "problem"),
    [
        ("- config", "must be a service principal, such as config.amazonaws.com"),
        ("- 7", "must be text, so put it in quotes"),
        ("- {administrator: '111122223333'}", "services[0].principal: is missing"),
        ("- {principal: config.amazonaws.com, administrator: 1234}", "must be text, so put it in quotes"),
        ("- {principal: config.amazonaws.com, administrator: '1234'}", "must be the 12 digits of an AWS account"),
        ("- {principal: config.amazonaws.com, administrater: '111122223333'}", "did you mean administrator?"),
        ("- config.amazonaws.com\n- config.amazonaws.com", "services[1]: config.amazonaws.com is named twice"),
        ("- {principal: ram.amazonaws.com, administrator: '111122223333'}", "has no delegated administrator"),
        ("- {principal: config.amazonaws.com, administrator: '123456789012'}", "not the payer"),
    ],
)
def test_what_cannot_be_used_is_said(services: str, problem: str):
    assert any(problem in each for each in problems(services))


def test_every_refusal_and_warning_has_its_reason_and_every_own_call_its_command():
    for each in verdicts().values():
        assert bool(each.reason) == (each.verdict != "allowed")
        assert bool(each.command) == (each.enabled_by == "own")


@pytest.mark.parametrize("command", sorted({each.command for each in verdicts().values() if each.command}))
def test_every_command_is_one_that_aws_has(command: str):
    _, service, operation, *options = command.split()
    model = botocore.session.get_session().get_service_model({"service-quotas": "service-quotas"}.get(service, service))
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    members = {f"--{xform_name(member, '-')}" for member in (shape.members if shape else {})}
    assert set(re.findall(r"--[a-z-]+", " ".join(options))) <= members | {"--region"}
