"""The IAM template with its parameters filled in: the policies as they are deployed.

Resolved with placeholder values, so that what the tests judge, and what `iam-policy-examples/` shows to people who
do it by hand, is the template and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from orgkit import bundled
from orgkit.sandbox.cloudformation import parameters, template
from orgkit.sandbox.cloudformation.intrinsics import Scope, evaluate

PAYER: Final = "111122223333"
ORGANIZATION: Final = "o-exampleorgid"
ROOT: Final = "r-examplerootid"
INSTITUTION: Final = "ou-examplerootid-institution"
POLICY: Final = "AWS::IAM::ManagedPolicy"


def protected_arn(policy_id: str, partition: str = "aws") -> str:
    """The ARN of an SCP of the organization."""
    return f"arn:{partition}:organizations::{PAYER}:policy/{ORGANIZATION}/service_control_policy/{policy_id}"


PROTECTED: Final = (protected_arn("p-denybilling"), protected_arn("p-keepmembership"))
PLACEHOLDERS: Final = {
    "OrganizationId": ORGANIZATION,
    "RootId": ROOT,
    "InstitutionOuId": INSTITUTION,
    "ProtectedPolicyArns": ",".join(PROTECTED),
    "OwnPolicies": str(len(PROTECTED)),
}


@cache
def read() -> template.Template:
    """The template as it ships, checked as CloudFormation checks it."""
    return template.read(bundled.IAM_TEMPLATE.read_text(encoding="utf-8"))


def resolved(partition: str = "aws", **changed: str) -> Mapping[str, Any]:
    """The resources that this template and these parameters make. A `Ref` to one of them is its logical id."""
    return evaluate(_existing(partition, **changed), _scope(partition, **changed))


def outputs(partition: str = "aws", **changed: str) -> Mapping[str, str]:
    """The values of the outputs."""
    scope = _scope(partition, **changed)
    return {name: evaluate(output["Value"], scope) for name, output in read().section("Outputs").items()}


def documents(**changed: str) -> dict[str, Any]:
    """The policy documents by logical id."""
    return {
        name: resource["Properties"]["PolicyDocument"]
        for name, resource in resolved(**changed).items()
        if resource["Type"] == POLICY
    }


def policies_of(group: str, **changed: str) -> tuple[str, ...]:
    """The logical ids of the policies of a group."""
    return tuple(resolved(**changed)[group]["Properties"]["ManagedPolicyArns"])


def _existing(partition: str, **changed: str) -> dict[str, Any]:
    scope = _scope(partition, **changed)
    return {
        name: {key: value for key, value in resource.items() if key != "Condition"}
        for name, resource in read().resources.items()
        if "Condition" not in resource or scope.condition(resource["Condition"])
    }


def _scope(partition: str, **changed: str) -> Scope:
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in {**PLACEHOLDERS, **changed}.items()]
    values = parameters.typed(read(), parameters.values(read(), given, {}))
    pseudo = {"AWS::AccountId": PAYER, "AWS::Partition": partition}
    return Scope(
        parameters={**values, **pseudo},
        mappings={},
        conditions=read().section("Conditions"),
        resource=lambda logical_id, attribute: f"{logical_id}.{attribute}" if attribute else logical_id,
    )
