"""What a person may change by hand, as orgkit does not manage it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from laws.drifts_of_people import rewrite_a_policy
from laws.hands import STACK, Hands, policy_arn
from orgkit.sandbox import PAYER


def hand_out_a_key(h: Hands) -> None:
    h.iam.create_access_key(UserName="OrgAdmin")


def choose_a_password(h: Hands) -> None:
    h.iam.update_login_profile(UserName="OrgAdmin", Password="Chosen-by-its-0wner", PasswordResetRequired=False)


def comment_the_template(h: Hands) -> None:
    body = h.cloudformation.get_template(StackName=STACK)["TemplateBody"]
    h.update_stack(
        TemplateBody=f"{body}# Reviewed by us.\n",
        Tags=[{"Key": "CostCentre", "Value": "4711"}, {"Key": "Theirs", "Value": "still"}],
    )


def attach_elsewhere(h: Hands, scp: str, target: str) -> None:
    h.organizations.attach_policy(PolicyId=scp, TargetId=target)


OTHERS: Final[Mapping[str, Callable[[Hands], Any]]] = {
    "an SCP attached to another OU too": lambda h: attach_elsewhere(h, h.scp("deny-billing"), h.ou("Foreign")),
    "an SCP of theirs at the OU": lambda h: h.new_scp("another", h.ou()),
    "an account moved to another OU": lambda h: h.move(h.account("Physics"), h.ou(), h.ou("Foreign")),
    "an account moved within the OU": lambda h: h.move(h.account("Chemistry"), h.ou("Inner", h.ou()), h.ou()),
    "the payer moved into the OU": lambda h: h.move(PAYER, h.root, h.ou()),
    "another service trusted": lambda h: h.organizations.enable_aws_service_access(
        ServicePrincipal="ram.amazonaws.com"
    ),
    "a new OU": lambda h: h.new_ou("Another"),
    "another tag on the OU": lambda h: h.organizations.tag_resource(
        ResourceId=h.ou(), Tags=[{"Key": "Colour", "Value": "red"}]
    ),
    "a policy of the stack on a stranger": lambda h: h.iam.attach_user_policy(
        UserName="Stranger", PolicyArn=policy_arn("OrgAdminPolicy")
    ),
    "a version of a policy that is not in force": lambda h: rewrite_a_policy(h, default=False),
    "a new user": lambda h: h.iam.create_user(UserName="Another"),
    "an access key": hand_out_a_key,
    "a password": choose_a_password,
    "a user retagged": lambda h: h.iam.tag_user(UserName="OrgAdmin", Tags=[{"Key": "CostCentre", "Value": "1"}]),
    "a user untagged": lambda h: h.iam.untag_user(UserName="OrgAdmin", TagKeys=["CostCentre"]),
    "an MFA device": lambda h: h.give_mfa("OrgAdmin"),
    "a comment in the template": comment_the_template,
}
