"""Everything that a person can change by hand in orgkit's stack."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from botocore.exceptions import ClientError

from laws.drift import BILLING_CONSOLE, FIRST_PASSWORD, IAM, IAM_STACK, ORG_CONSOLE, Drift
from laws.hands import STACK, Hands


def edit_the_template(h: Hands, old: str, new: str) -> None:
    body = h.cloudformation.get_template(StackName=STACK)["TemplateBody"]
    assert old in body
    h.update_stack(TemplateBody=body.replace(old, new))


def delete_the_stack(h: Hands) -> None:
    for user in ("OrgAdmin", "BillingAdmin"):
        h.iam.delete_login_profile(UserName=user)
    h.protect(on=False)
    h.cloudformation.delete_stack(StackName=STACK)
    with suppress(ClientError):  # that there is none
        h.settled()


def tagged(h: Hands, **tags: str) -> None:
    h.update_stack(Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


MORE: Final = "Resources:\n  More:\n    Type: AWS::IAM::Group\n    Properties: {GroupName: More}\n"
OTHER_TEMPLATE: Final = {IAM_STACK: "template is not this orgkit's iam.yaml", IAM: "come with the stack's update"}
THE_STACK: Final = (
    Drift(
        "a parameter changed",
        lambda h: h.update_stack(Parameters=h.parameters(RequireMfa="false")),
        {IAM_STACK: "parameter RequireMfa is 'false', should be 'true'"},
    ),
    Drift(
        "nothing protected",
        lambda h: h.update_stack(Parameters=h.parameters(ProtectedPolicyArns="")),
        {IAM_STACK: "parameter ProtectedPolicyArns is '', should be 'arn:"},
    ),
    Drift(
        "a user renamed by a parameter",
        lambda h: h.update_stack(Parameters=h.parameters(OrgAdminName="Other")),
        {IAM_STACK: "parameter OrgAdminName is 'Other', should be 'OrgAdmin'", ORG_CONSOLE: FIRST_PASSWORD},
    ),
    Drift(
        "a right added to the template",
        lambda h: edit_the_template(h, "compute-optimizer:Get*", "compute-optimizer:*"),
        OTHER_TEMPLATE,
    ),
    Drift("a resource added to the template", lambda h: edit_the_template(h, "Resources:\n", MORE), OTHER_TEMPLATE),
    Drift(
        "a boundary taken out of the template",
        lambda h: edit_the_template(h, "      PermissionsBoundary: !Ref OrgPolicy\n", ""),
        OTHER_TEMPLATE,
    ),
    Drift(
        "the stack retagged",
        lambda h: tagged(h, CostCentre="1", Theirs="yes"),
        {IAM_STACK: "tag CostCentre is '1', should be '4711'"},
    ),
    Drift(
        "the stack untagged",
        lambda h: tagged(h, Theirs="yes"),
        {IAM_STACK: "tag CostCentre is missing, should be '4711'"},
    ),
    Drift(
        "protection off",
        lambda h: h.protect(on=False),
        {IAM_STACK: "termination protection is off, should be on"},
    ),
    Drift(
        "the stack deleted",
        delete_the_stack,
        {
            IAM_STACK: "in us-east-1",
            IAM: "come with the stack",
            ORG_CONSOLE: FIRST_PASSWORD,
            BILLING_CONSOLE: FIRST_PASSWORD,
        },
        leaves=True,
    ),
)
