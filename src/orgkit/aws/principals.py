"""AWS IAM's users, groups, roles and policies: what is put on each, and undoing what was changed by hand."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from orgkit.aws.client import remembered
from orgkit.aws.iam import NO_ENTITY, Iam
from orgkit.aws.shapes import PolicyVersion
from orgkit.errors import UnexpectedAnswer

_DETAILS: Final = "GetAccountAuthorizationDetails"
_KEPT: Final = 5  # versions of a managed policy


@dataclass(frozen=True)
class Principal:
    """A user, group or role of the payer with everything put on it. `policies` are ARNs, `inline` names."""

    kind: str
    """`user`, `group` or `role`."""
    name: str
    arn: str
    groups: tuple[str, ...]
    policies: tuple[str, ...]
    inline: Mapping[str, Any]
    boundary: str
    path: str
    trust: Any = None
    """Of a role: who may assume it."""


class Details(NamedTuple):
    """What IAM has in the payer."""

    principals: tuple[Principal, ...]
    """Every user, group and role."""
    documents: Mapping[str, Any]
    """The document in force of every managed policy of the payer's own, by ARN."""
    versions: Mapping[str, Sequence[PolicyVersion]]
    """All versions of each: the one in force first, then from the newest to the oldest."""


def _undo(operation: str, *, sent_as: str = "") -> Callable[..., None]:
    """A call for a principal, by its kind, with one value. What is so already, from an earlier sending of the call or
    from another run, is success."""

    def undo(iam: "Principals", principal: Principal, value: Any = "") -> None:
        kind = principal.kind
        named = operation.format(principal=kind, member=kind, bounded=kind)
        iam.change(named, **{f"{kind.title()}Name": principal.name}, **({sent_as: value} if sent_as else {}))

    return undo


class Principals(Iam):
    """IAM, down to its users, groups, roles and policies, and the calls that undo what people changed by hand."""

    @remembered("details")
    def details(self) -> Details:
        """`iam:GetAccountAuthorizationDetails`: all but AWS's own policies."""
        principals: list[Principal] = []
        documents: dict[str, Any] = {}
        versions: dict[str, Sequence[PolicyVersion]] = {}
        kinds = ["User", "Group", "Role"]
        asked: dict[str, Any] = {"marker": "Marker", "Filter": [*kinds, "LocalManagedPolicy"]}
        for page in self._calls.pages(self.name, "get_account_authorization_details", **asked):
            principals += [_principal(kind, each) for kind in kinds for each in page.get(f"{kind}DetailList", [])]
            for policy in page.get("Policies", []):
                kept: list[PolicyVersion] = policy["PolicyVersionList"]
                if not kept:
                    raise UnexpectedAnswer(_DETAILS, f"{policy['Arn']} has no version")
                kept.sort(key=lambda each: (each["IsDefaultVersion"], each["CreateDate"]), reverse=True)
                versions[policy["Arn"]], documents[policy["Arn"]] = kept, _document(kept[0]["Document"])
        return Details(tuple(principals), documents, versions)

    # Undoing what was changed by hand

    attach = _undo("attach_{principal}_policy", sent_as="PolicyArn")
    detach = _undo("detach_{principal}_policy", sent_as="PolicyArn")
    delete_inline = _undo("delete_{principal}_policy", sent_as="PolicyName")
    move = _undo("update_{member}", sent_as="NewPath")
    join_group = _undo("add_user_to_group", sent_as="GroupName")
    leave_group = _undo("remove_user_from_group", sent_as="GroupName")
    trust = _undo("update_assume_role_policy", sent_as="PolicyDocument")
    put_boundary = _undo("put_{bounded}_permissions_boundary", sent_as="PermissionsBoundary")
    delete_boundary = _undo("delete_{bounded}_permissions_boundary")

    def create(self, principal: Principal) -> None:
        """Create a user, group or role again, with nothing on it yet but its boundary."""
        trust = {"AssumeRolePolicyDocument": principal.trust} if principal.kind == "role" else {}
        boundary = {"PermissionsBoundary": principal.boundary} if principal.boundary else {}
        named = {f"{principal.kind.title()}Name": principal.name}
        self.change(f"create_{principal.kind}", Path=principal.path, **named, **trust, **boundary)

    def delete_role(self, role: Principal) -> None:
        """Delete a role with all that is on it."""
        for policy in role.policies:
            self.detach(role, policy)
        for inline in role.inline:
            self.delete_inline(role, inline)
        self.change("delete_role", RoleName=role.name)

    def write_policy(self, arn: str, versions: Sequence[PolicyVersion], document: Any) -> None:
        """Give a managed policy another document; one without versions is created again, under the ARN that it had.

        IAM keeps five versions; the oldest gives way.
        """
        if not versions:
            self.change("create_policy", PolicyName=arn.rpartition("/")[2], PolicyDocument=document)
            return
        if len(versions) >= _KEPT:
            self.change("delete_policy_version", PolicyArn=arn, VersionId=versions[-1]["VersionId"])
        self.change("create_policy_version", PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)

    def change(self, operation: str, **parameters: Any) -> None:
        """One call that changes IAM. Documents are sent as JSON."""
        so_already = {"create": "EntityAlreadyExists", "delete": NO_ENTITY, "detach": NO_ENTITY, "remove": NO_ENTITY}
        for name in ("AssumeRolePolicyDocument", "PolicyDocument"):
            if name in parameters:
                parameters[name] = json.dumps(parameters[name], separators=(",", ":"))
        self._unless(so_already.get(operation.partition("_")[0], ""), operation, **parameters)
        self._facts.drop("details")


def _principal(kind: str, answer: Mapping[str, Any]) -> Principal:
    inline = answer.get(f"{kind}PolicyList", [])
    return Principal(
        kind=kind.lower(),
        name=answer[f"{kind}Name"],
        arn=answer["Arn"],
        groups=tuple(answer.get("GroupList", [])),
        policies=tuple(policy["PolicyArn"] for policy in answer.get("AttachedManagedPolicies", [])),
        inline={policy["PolicyName"]: _document(policy["PolicyDocument"]) for policy in inline},
        boundary=answer["PermissionsBoundary"]["PermissionsBoundaryArn"] if "PermissionsBoundary" in answer else "",
        path=answer["Path"],
        trust=_document(answer.get("AssumeRolePolicyDocument")),
    )


def _document(document: object) -> Any:
    """A policy document: botocore has it decoded already, unless AWS sent it URL-encoded once more."""
    if not isinstance(document, str):
        return document
    try:
        return json.loads(unquote(document))
    except (ValueError, RecursionError) as odd:
        raise UnexpectedAnswer(_DETAILS, f"a policy document is not JSON: {odd}") from odd
