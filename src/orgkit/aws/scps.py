"""AWS Organizations: service control policies (SCPs) and what they are attached to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from orgkit.aws.client import Service
from orgkit.aws.organizations import FULL_ACCESS, SCP, tag_list
from orgkit.errors import AwsError

if TYPE_CHECKING:
    from types_boto3_organizations.type_defs import PolicySummaryTypeDef

FULL_ACCESS_ID: Final = FULL_ACCESS["Id"]


class Scps(Service):
    name = "organizations"

    def named(self, name: str, likely_at: str | None = None) -> PolicySummaryTypeDef | None:
        """The customer's SCP of that name. Looking at its likely target first saves listing them all."""
        near = self.attached(likely_at) if likely_at else ()
        return _named(name, near) or _named(name, self.all())

    def until_listed(self, name: str) -> PolicySummaryTypeDef:
        """The SCP of that name, which AWS says is there, as soon as its lists show it."""
        return self._calls.until_listed(
            f"SCP {name}", lambda: _named(name, self.all()), lambda: self._facts.drop("scps")
        )

    def all(self) -> tuple[PolicySummaryTypeDef, ...]:
        """Every SCP of the organization, AWS's own included."""
        return self._facts.read("scps", lambda: self._list("list_policies", "Policies", Filter=SCP))

    def attached(self, target: str) -> tuple[PolicySummaryTypeDef, ...]:
        """The SCPs attached to a root, OU or account itself, inherited ones not counted."""
        return self._facts.read(
            ("attached", target),
            lambda: self._list("list_policies_for_target", "Policies", TargetId=target, Filter=SCP),
        )

    def targets(self, policy: str) -> tuple[str, ...]:
        """The ids of all roots, OUs and accounts an SCP is attached to."""
        listed = self._list("list_targets_for_policy", "Targets", PolicyId=policy)
        return tuple(target["TargetId"] for target in listed)

    def content(self, policy: str) -> str:
        """An SCP's document, as AWS keeps it."""
        return self._facts.read(
            ("content", policy),
            lambda: str(self._call("describe_policy", PolicyId=policy)["Policy"]["Content"]),
        )

    def forget(self) -> None:
        """Others may have changed SCPs, their content or where they are attached."""
        for facts in ("scps", "attached", "content"):
            self._facts.drop_kind(facts)

    def create(self, name: str, description: str, content: str, tags: Mapping[str, str]) -> PolicySummaryTypeDef | None:
        """Create an SCP; None if one of that name is there already, to be found and compared."""
        known = self.all()
        try:
            answer = self._call(
                "create_policy", Name=name, Description=description, Content=content, Type=SCP, Tags=tag_list(tags)
            )
        except AwsError as error:
            if error.code != "DuplicatePolicyException":
                raise
            self._facts.drop("scps")
            return None
        made: PolicySummaryTypeDef = answer["Policy"]["PolicySummary"]
        self._facts.learn(("content", made["Id"]), content)
        self._facts.learn(("tags", made["Id"]), dict(tags))
        self._facts.learn("scps", (*known, made))
        return made

    def update(self, policy: str, name: str, description: str, content: str) -> PolicySummaryTypeDef:
        """Give an SCP another name, description and document."""
        answer = self._call("update_policy", PolicyId=policy, Name=name, Description=description, Content=content)
        updated: PolicySummaryTypeDef = answer["Policy"]["PolicySummary"]
        for lists in ("scps", "attached"):
            self._facts.amend_kind(lists, lambda known: tuple(updated if p["Id"] == policy else p for p in known))
        self._facts.learn(("content", policy), content)
        return updated

    def attach(self, policy: PolicySummaryTypeDef, target: str) -> None:
        """Attach an SCP; one that is attached already stays so."""
        known = self.attached(target)
        try:
            self._call("attach_policy", PolicyId=policy["Id"], TargetId=target)
        except AwsError as error:
            if error.code != "DuplicatePolicyAttachmentException":
                raise
        self._facts.learn(("attached", target), (*known, policy))


def _named(name: str, policies: Iterable[PolicySummaryTypeDef]) -> PolicySummaryTypeDef | None:
    return next((policy for policy in policies if policy["Name"] == name and not policy.get("AwsManaged")), None)
