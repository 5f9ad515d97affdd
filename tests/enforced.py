"""Users with keys, and an organization with a guard: what the tests of enforcement share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from access import Key, client, deny, document
from orgkit.sandbox import PAYER
from orgkit.sandbox.authorization import enforcement

STANDALONE = "310987654321"
ROLE = "OrganizationAccountAccessRole"
ORG = f"arn:aws:organizations::{PAYER}"


def user(*statements: dict[str, Any], name: str = "ann", account: str = PAYER) -> Key:
    """A user with these statements, and its key. IAM is enforced from now on."""
    api = client("iam", Key(account))
    api.create_user(UserName=name)
    if statements:
        api.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    made = api.create_access_key(UserName=name)["AccessKey"]
    enforcement.enforce(True)
    return Key(made["AccessKeyId"], made["SecretAccessKey"])


@dataclass(frozen=True)
class Organization:
    """An organization with one OU and one account at the root, where Cost Explorer is denied."""

    id: str
    root: str
    ou: str
    scp: str
    member: str

    def arn(self, kind: str, thing: str) -> str:
        return f"{ORG}:{kind}/{self.id}/{thing}"


def a_guarded_organization() -> Organization:
    api = client("organizations")
    api.create_organization(FeatureSet="ALL")
    root = api.list_roots()["Roots"][0]["Id"]
    api.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    while api.list_roots()["Roots"][0]["PolicyTypes"][0]["Status"] != "ENABLED":
        pass
    scp = api.create_policy(
        Name="NoCosts", Description="", Type="SERVICE_CONTROL_POLICY", Content=document(deny("ce:*"))
    )["Policy"]["PolicySummary"]["Id"]
    api.attach_policy(PolicyId=scp, TargetId=root)
    api.create_account(AccountName="member", Email="member@example.com")
    return Organization(
        id=api.describe_organization()["Organization"]["Id"],
        root=root,
        ou=api.create_organizational_unit(ParentId=root, Name="University")["OrganizationalUnit"]["Id"],
        scp=scp,
        member=next(each["Id"] for each in api.list_accounts()["Accounts"] if each["Id"] != PAYER),
    )


def refused(call: Any, **arguments: Any) -> str:
    """AWS's reason, of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] in ("AccessDenied", "AccessDeniedException")
    return str(error["Message"])


def costs(key: Key) -> Any:
    def call() -> Any:
        period = {"Start": "2026-10-01", "End": "2026-11-01"}
        api = client("ce", key)
        return api.get_cost_and_usage(TimePeriod=period, Granularity="MONTHLY", Metrics=["UnblendedCost"])

    return call
