"""AWS Organizations: service control policies (SCPs) and what they are attached to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orgkit.aws.client import Calls, understood
from orgkit.aws.facts import Facts
from orgkit.aws.organizations import SCP, tag_list
from orgkit.errors import AwsError

FULL_ACCESS_ID: Final = "p-FullAWSAccess"
"""The SCP that AWS attaches everywhere; without it at the root nobody below may do anything."""


@dataclass(frozen=True)
class Policy:
    id: str
    arn: str
    name: str
    description: str
    aws_managed: bool


class Scps:
    """Reads are remembered in `facts`; a write puts there what AWS answered, as lists may lag behind."""

    def __init__(self, calls: Calls, facts: Facts) -> None:
        self._calls = calls
        self._facts = facts

    def named(self, name: str, likely_at: str | None = None) -> Policy | None:
        """The customer's SCP of that name. Looking at its likely target first saves listing them all."""
        near = self.attached(likely_at) if likely_at else ()
        return _named(name, near) or _named(name, self.all())

    def soon(self, name: str) -> Policy:
        """The SCP of that name, which AWS says is there, as soon as its lists show it."""
        return self._calls.soon(f"SCP {name}", lambda: _named(name, self.all()), lambda: self._facts.drop("scps"))

    @understood
    def all(self) -> tuple[Policy, ...]:
        """Every SCP of the organization, AWS's own included."""
        return self._facts.read(
            "scps",
            lambda: tuple(
                _policy(policy) for page in self._pages("list_policies", Filter=SCP) for policy in page["Policies"]
            ),
        )

    @understood
    def attached(self, target: str) -> tuple[Policy, ...]:
        """The SCPs attached to a root, OU or account itself, inherited ones not counted."""
        return self._facts.read(
            ("attached", target),
            lambda: tuple(
                _policy(policy)
                for page in self._pages("list_policies_for_target", TargetId=target, Filter=SCP)
                for policy in page["Policies"]
            ),
        )

    @understood
    def targets(self, policy: str) -> tuple[str, ...]:
        """The ids of all roots, OUs and accounts an SCP is attached to."""
        return tuple(
            target["TargetId"]
            for page in self._pages("list_targets_for_policy", PolicyId=policy)
            for target in page["Targets"]
        )

    @understood
    def content(self, policy: str) -> str:
        """An SCP's document, as AWS keeps it."""
        return self._facts.read(
            ("content", policy),
            lambda: str(self._call("describe_policy", PolicyId=policy)["Policy"]["Content"]),
        )

    @understood
    def create(self, name: str, description: str, content: str, tags: Mapping[str, str]) -> Policy | None:
        """Create an SCP; None where one of that name is there already, to be found and compared."""
        known = self.all()
        try:
            answer = self._call(
                "create_policy",
                Name=name,
                Description=description,
                Content=content,
                Type=SCP,
                Tags=tag_list(tags),
            )
        except AwsError as error:
            if error.code != "DuplicatePolicyException":
                raise
            self._facts.drop("scps")
            return None
        made = _policy(answer["Policy"]["PolicySummary"])
        self._facts.learn(("content", made.id), content)
        self._facts.learn(("tags", made.id), dict(tags))
        self._facts.learn("scps", (*known, made))
        return made

    @understood
    def update(self, policy: Policy, name: str, description: str, content: str) -> Policy:
        answer = self._call("update_policy", PolicyId=policy.id, Name=name, Description=description, Content=content)
        updated = _policy(answer["Policy"]["PolicySummary"])
        for lists in ("scps", "attached"):
            self._facts.amend_kind(lists, lambda known: tuple(updated if p.id == updated.id else p for p in known))
        self._facts.learn(("content", policy.id), content)
        return updated

    def attach(self, policy: Policy, target: str) -> None:
        """Attach an SCP; one that is attached already stays so."""
        known = self.attached(target)
        try:
            self._call("attach_policy", PolicyId=policy.id, TargetId=target)
        except AwsError as error:
            if error.code != "DuplicatePolicyAttachmentException":
                raise
        self._facts.learn(("attached", target), (*known, policy))

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._calls("organizations", operation, **parameters)

    def _pages(self, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        return self._calls.pages("organizations", operation, **parameters)


def _named(name: str, policies: tuple[Policy, ...]) -> Policy | None:
    return next((p for p in policies if p.name == name and not p.aws_managed), None)


def _policy(answer: Mapping[str, Any]) -> Policy:
    return Policy(
        answer["Id"],
        answer["Arn"],
        answer["Name"],
        answer.get("Description", ""),
        bool(answer.get("AwsManaged", False)),
    )
