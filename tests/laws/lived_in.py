"""A payer that orgkit has set up, and that people have used since for what is none of orgkit's business."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from laws.hands import ANYTHING, INSTITUTION, READ_ONLY, Hands
from orgkit.sandbox import PAYER
from orgkit.settings import Settings, load

_SETTINGS: Final = f"""\
account: "{PAYER}"
institution: {INSTITUTION}
scps:
  - document: deny-billing
  - document: keep-membership
  - document: region-restriction
    attach: institution
iam:
  org_admin_from: arn:aws:iam::{PAYER}:saml-provider/Example
  billing_admin_from: arn:aws:iam::999988887777:role/Billing
  watcher: arn:aws:iam::999988887777:role/orgkit-watch
services: [config.amazonaws.com]
root_access: true
tags:
  CostCentre: "4711"
"""


def three_scps() -> Settings:
    """Settings with tags, with an SCP at each place there is, with every role that there may be, and a service."""
    Path("orgkit.yaml").write_text(_SETTINGS, encoding="utf-8")
    return load(Path("orgkit.yaml").absolute())


def use(hands: Hands) -> None:
    """Do what people do in a payer beside orgkit."""
    foreign, inner = hands.new_ou("Foreign"), hands.new_ou("Inner", hands.ou())
    for name, ou in (("Physics", hands.ou()), ("Chemistry", inner), ("Alien", foreign)):
        hands.new_account(name, ou)
    theirs = hands.new_scp("theirs", hands.root, foreign, hands.ou())
    for resource in (hands.root, hands.ou(), foreign, hands.scp("deny-billing"), theirs):
        hands.organizations.tag_resource(ResourceId=resource, Tags=[{"Key": "Theirs", "Value": "yes"}])
    hands.update_stack(Tags=[{"Key": "CostCentre", "Value": "4711"}, {"Key": "Theirs", "Value": "yes"}])
    _look_alikes(hands, foreign, inner)
    _strangers(hands)


def _look_alikes(hands: Hands, *ous: str) -> None:
    """Elsewhere, OUs of the institution's name and an SCP that says what a guard says."""
    for ou in ous:
        hands.new_ou(INSTITUTION, ou)
    guard = hands.organizations.describe_policy(PolicyId=hands.scp("deny-billing"))["Policy"]
    copy = hands.new_scp("a-copy", *ous)
    hands.organizations.update_policy(PolicyId=copy, Content=guard["Content"])


def _strangers(hands: Hands) -> None:
    iam = hands.iam
    iam.create_user(UserName="Stranger")
    iam.create_login_profile(UserName="Stranger", Password="Strangers-own-1")
    iam.put_user_policy(UserName="Stranger", PolicyName="own", PolicyDocument=ANYTHING)
    iam.create_group(GroupName="Strangers")
    iam.attach_group_policy(GroupName="Strangers", PolicyArn=READ_ONLY)
    iam.add_user_to_group(UserName="Stranger", GroupName="Strangers")
    iam.create_policy(PolicyName="Theirs", PolicyDocument=ANYTHING)
    body = json.dumps({"Resources": {"Theirs": {"Type": "AWS::IAM::Group"}}})
    hands.cloudformation.create_stack(StackName="theirs", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
