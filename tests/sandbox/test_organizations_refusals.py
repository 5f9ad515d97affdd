"""What the sandbox's Organizations refuses, with the code and the reason of AWS's model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.core.utils import get_service_model

from organization import (
    FULL_ACCESS,
    GUARD,
    SCP,
    Scene,
    a_scene,
    begun,
    everything,
    new_ou,
    new_scp,
    refusal,
    running,
    tagged,
)
from orgkit import sandbox
from orgkit.sandbox import PAYER
from orgkit.sandbox.organizations.refusals import RECORDED

NO_OU, NO_POLICY, NO_ACCOUNT = "ou-none-00000000", "p-00000000", "999999999999"


@dataclass(frozen=True)
class Asked:
    """A call. A value such as `@root` stands for what the scene calls so."""

    operation: str
    parameters: dict[str, Any]

    def of(self, scene: Scene) -> object:
        stands_for = {f"@{name}": value for name, value in vars(scene).items()}
        filled = {name: stands_for.get(str(value), value) for name, value in self.parameters.items()}
        return getattr(scene.api, self.operation)(**filled)


def asked(operation: str, **parameters: object) -> Asked:
    return Asked(operation, parameters)


def ou(**parameters: object) -> Asked:
    return asked("create_organizational_unit", **{"ParentId": "@root", "Name": "New", **parameters})


def account(**parameters: object) -> Asked:
    return asked("create_account", **{"AccountName": "Lab", "Email": "lab@example.com", **parameters})


def moved(**parameters: object) -> Asked:
    given = {"AccountId": "@member", "SourceParentId": "@root", "DestinationParentId": "@ou", **parameters}
    return asked("move_account", **given)


def policy(**parameters: object) -> Asked:
    return asked("create_policy", **{"Name": "New", "Description": "", "Type": SCP, "Content": GUARD, **parameters})


def content(**elements: object) -> Asked:
    return policy(Content=json.dumps({"Version": "2012-10-17", "Statement": [elements]}))


def tags(*keys: str) -> Asked:
    return asked("tag_resource", ResourceId="@ou", Tags=[{"Key": key, "Value": ""} for key in keys])


def attached(policy_id: str, target: str) -> Asked:
    return asked("attach_policy", PolicyId=policy_id, TargetId=target)


def detached(policy_id: str, target: str) -> Asked:
    return asked("detach_policy", PolicyId=policy_id, TargetId=target)


REFUSALS: dict[str, list[Asked]] = {
    "AlreadyInOrganizationException": [asked("create_organization")],
    "OrganizationNotEmptyException": [asked("delete_organization")],
    "ParentNotFoundException": [
        ou(ParentId=NO_OU),
        asked("list_organizational_units_for_parent", ParentId=NO_OU),
        asked("list_accounts_for_parent", ParentId=NO_OU),
        asked("list_children", ParentId=NO_OU, ChildType="ACCOUNT"),
    ],
    "ChildNotFoundException": [asked("list_parents", ChildId=NO_ACCOUNT), asked("list_parents", ChildId=NO_OU)],
    "DuplicateOrganizationalUnitException": [
        ou(Name="Research"),
        asked("update_organizational_unit", OrganizationalUnitId="@full", Name="Research"),
    ],
    "OrganizationalUnitNotFoundException": [
        asked("describe_organizational_unit", OrganizationalUnitId=NO_OU),
        asked("update_organizational_unit", OrganizationalUnitId=NO_OU, Name="New"),
        asked("delete_organizational_unit", OrganizationalUnitId=NO_OU),
    ],
    "OrganizationalUnitNotEmptyException": [asked("delete_organizational_unit", OrganizationalUnitId="@ou")],
    "AccountNotFoundException": [
        asked("describe_account", AccountId=NO_ACCOUNT),
        asked("close_account", AccountId=NO_ACCOUNT),
        asked("list_delegated_services_for_account", AccountId=NO_ACCOUNT),
        moved(AccountId=NO_ACCOUNT),
    ],
    "CreateAccountStatusNotFoundException": [
        asked("describe_create_account_status", CreateAccountRequestId="car-00000000")
    ],
    "SourceParentNotFoundException": [moved(SourceParentId=NO_OU), moved(SourceParentId="@full")],
    "DestinationParentNotFoundException": [moved(DestinationParentId=NO_OU)],
    "DuplicateAccountException": [moved(DestinationParentId="@root")],
    "PolicyNotFoundException": [
        asked("describe_policy", PolicyId=NO_POLICY),
        asked("update_policy", PolicyId=NO_POLICY),
        asked("delete_policy", PolicyId=NO_POLICY),
        asked("list_targets_for_policy", PolicyId=NO_POLICY),
        attached(NO_POLICY, "@ou"),
        detached(NO_POLICY, "@ou"),
    ],
    "DuplicatePolicyException": [policy(Name="Guard"), asked("update_policy", PolicyId="@guard", Name="Attached")],
    "PolicyInUseException": [asked("delete_policy", PolicyId="@attached")],
    "MalformedPolicyDocumentException": [
        policy(Content="{"),
        policy(Content="[" * 5_000),
        policy(Content="[]"),
        policy(Content='{"Version":"2012-10-17"}'),
        policy(Content='{"Version":"2012-10-17","Statement":[]}'),
        policy(Content=GUARD.replace("2012", "2008")),
        policy(Type="TAG_POLICY", Content="[]"),
        content(Effect="deny", Action="ce:*", Resource="*"),
        content(Action="ce:*", Resource="*"),
        content(Effect="Deny", Resource="*"),
        content(Effect="Deny", Action="*"),
        content(Effect="Deny", Action="*", NotAction="*", Resource="*"),
        content(Effect="Deny", Action="*", Resource="*", Principal="*"),
        content(Effect="Deny", Action=[], Resource="*"),
        content(Effect="Deny", Action="billing", Resource="*"),
        content(Effect="Deny", Action="*", Resource="*", Condition={"StringSame": {"aws:username": "Ada"}}),
        policy(Content='{"Version":"2012-10-17","Statement":[],' + GUARD[1:]),
        asked("update_policy", PolicyId="@guard", Content="{"),
    ],
    "TargetNotFoundException": [
        attached("@guard", NO_OU),
        attached("@guard", NO_ACCOUNT),
        detached("@guard", NO_OU),
        asked("list_policies_for_target", TargetId=NO_OU, Filter=SCP),
        asked("tag_resource", ResourceId=NO_OU, Tags=tagged(1)),
        asked("tag_resource", ResourceId=NO_POLICY, Tags=tagged(1)),
        asked("tag_resource", ResourceId="rp-00000000", Tags=tagged(1)),
    ],
    "DuplicatePolicyAttachmentException": [attached("@attached", "@ou")],
    "PolicyNotAttachedException": [detached("@guard", "@ou")],
    "RootNotFoundException": [
        asked("enable_policy_type", RootId="r-none", PolicyType="TAG_POLICY"),
        asked("disable_policy_type", RootId="r-none", PolicyType=SCP),
    ],
    "PolicyTypeAlreadyEnabledException": [asked("enable_policy_type", RootId="@root", PolicyType=SCP)],
    "PolicyTypeNotEnabledException": [asked("disable_policy_type", RootId="@root", PolicyType="TAG_POLICY")],
    "ResourcePolicyNotFoundException": [asked("describe_resource_policy"), asked("delete_resource_policy")],
    "ResponsibilityTransferNotFoundException": [
        asked("describe_responsibility_transfer", Id="rt-00000000"),
        asked("list_inbound_responsibility_transfers", Type="BILLING", Id="rt-00000000"),
    ],
    "ConstraintViolationException CANNOT_CLOSE_MANAGEMENT_ACCOUNT": [asked("close_account", AccountId=PAYER)],
    "ConstraintViolationException OU_DEPTH_LIMIT_EXCEEDED": [ou(ParentId="@nested")],
    "ConstraintViolationException POLICY_CONTENT_LIMIT_EXCEEDED": [
        policy(Content=GUARD.ljust(10_241)),
        policy(Type="RESOURCE_CONTROL_POLICY", Content="{}".ljust(5_121)),
        asked("update_policy", PolicyId="@guard", Content=GUARD.ljust(10_241)),
    ],
    "ConstraintViolationException MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": [attached("@guard", "@full")],
    "ConstraintViolationException MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": [detached(FULL_ACCESS, "@nested")],
    "ConstraintViolationException MAX_TAG_LIMIT_EXCEEDED": [
        ou(Tags=tagged(51)),
        account(Tags=tagged(51)),
        policy(Tags=tagged(51)),
        asked("put_resource_policy", Content="{}", Tags=tagged(51)),
        asked("tag_resource", ResourceId="@ou", Tags=tagged(51)),
    ],
    "InvalidInputException DUPLICATE_TAG_KEY": [tags("key", "key")],
    "InvalidInputException INVALID_SYSTEM_TAGS_PARAMETER": [tags("AWS:mine")],
    "InvalidInputException IMMUTABLE_POLICY": [
        asked("update_policy", PolicyId=FULL_ACCESS, Name="Mine"),
        asked("delete_policy", PolicyId=FULL_ACCESS),
    ],
    "InvalidInputException NON_DETACHABLE_POLICY": [detached("p-RCPFullAWSAccess", "@ou")],
    "InvalidInputException INVALID_RESOURCE_POLICY_JSON": [asked("put_resource_policy", Content="{")],
    "InvalidInputException INVALID_NEXT_TOKEN": [asked("list_accounts", NextToken="next")],
    "InvalidInputException INVALID_ENUM": [asked("list_children", ParentId="@root", ChildType="POLICY")],
    "InvalidInputException INVALID_ENUM_POLICY_TYPE": [
        policy(Type="POLICY"),
        asked("list_policies", Filter="SCP"),
        asked("enable_policy_type", RootId="@root", PolicyType="SCP"),
    ],
    "InvalidInputException INVALID_SYNTAX_POLICY_ID": [asked("describe_policy", PolicyId="p-1")],
    "InvalidInputException INVALID_PATTERN_TARGET_ID": [attached("@guard", "o-1")],
    "InvalidInputException INVALID_PATTERN": [
        ou(ParentId="ou-1"),
        ou(ParentId=PAYER),
        account(Email="nobody"),
        asked("update_organizational_unit", OrganizationalUnitId="@root", Name="New"),
        asked("list_parents", ChildId="@root"),
        tags("a?"),
    ],
    "InvalidInputException MAX_LENGTH_EXCEEDED": [
        ou(Name="x" * 129),
        account(AccountName="x" * 51),
        policy(Name="x" * 129),
        policy(Description="x" * 513),
        tags("x" * 129),
    ],
}


@pytest.fixture(scope="class")
def full() -> Iterator[Scene]:
    """One scene for all: `nested` is as deep as an OU can be, and `full` has all the SCPs that it may have."""
    with running() as api:
        scene = a_scene(api)
        deepest = scene.nested
        for name in ("Three", "Four", "Five"):
            deepest = new_ou(api, deepest, name)
        for number in range(9):
            api.attach_policy(PolicyId=new_scp(api, f"Slot {number}"), TargetId=scene.full)
        yield replace(scene, nested=deepest)


class TestRefusals:
    @pytest.mark.parametrize(
        ("expected", "call"),
        [(expected, call) for expected, calls in REFUSALS.items() for call in calls],
        ids=lambda value: getattr(value, "operation", value),
    )
    def test_a_refusal_has_its_code_and_reason_and_no_effect(self, full: Scene, expected: str, call: Asked) -> None:
        before = everything()
        code, reason = refusal(lambda: call.of(full))
        assert f"{code} {reason}".strip() == expected
        assert everything() == before


@pytest.mark.parametrize(("given", "reason"), [({}, "INPUT_REQUIRED"), ({"Name": ""}, "MIN_LENGTH_EXCEEDED")])
def test_what_botocore_would_not_send_is_refused_too(given: dict[str, str], reason: str) -> None:
    with running() as api:
        root = begun(api)
        careless = boto3.client("organizations", region_name="us-east-1", config=Config(parameter_validation=False))
        answer = refusal(lambda: careless.create_organizational_unit(ParentId=root, **given))
    assert answer == ("InvalidInputException", reason)


def test_every_code_and_reason_is_in_the_model() -> None:
    model = get_service_model("organizations")
    known = {name for name in model.shape_names if name.endswith("Exception")}
    for code in ("ConstraintViolation", "HandshakeConstraintViolation", "InvalidInput"):
        known |= set(model.shape_for(f"{code}ExceptionReason").enum)
    # Recorded in 2026, and newer than botocore's model.
    recorded = {"UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED"}
    code = "".join(path.read_text(encoding="utf-8") for path in Path(sandbox.__file__).parent.rglob("*.py"))
    raised = set(re.findall(r'(?:refused|violates|violates_handshake|invalid)\("([A-Z]\w+)"', code))
    assert len(raised) > 50
    assert raised | set(RECORDED) <= known | recorded
