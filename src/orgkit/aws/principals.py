"""AWS IAM: users, groups, roles and policies, the calls that undo what was changed by hand in them, and the policy
simulator, which says what each may do."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from orgkit.aws.client import Listed, Service, listed, remembered
from orgkit.aws.cloudformation import NO_ENTITY, Iam
from orgkit.aws.shapes import PolicyVersion
from orgkit.errors import AwsError, UnexpectedAnswer

_DETAILS: Final = "GetAccountAuthorizationDetails"
_KEPT: Final = 5  # versions of a managed policy

Value = str | bool | tuple[str, ...]
"""A condition key's value, or its values where the key can have several."""

Ask = tuple[str, str]
"""An action, and the ARN it is done on, or `*`."""

_ADMINISTRATOR: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'  # AdministratorAccess
)
_PAGE: Final = 1000  # the most that the service model's MaxItems allows

# AWS evaluates every action of a call on every resource of it. It documents no limit to either; what it refuses is
# asked again in halves.
_ACTIONS: Final = 100
_RESOURCES: Final = 20


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
        for page in self._pages("get_account_authorization_details", **asked):
            principals += [_principal(kind, each) for kind in kinds for each in page.get(f"{kind}DetailList", [])]
            for policy in page.get("Policies", []):
                kept: list[PolicyVersion] = policy["PolicyVersionList"]
                if not kept:
                    raise UnexpectedAnswer(_DETAILS, f"{policy['Arn']} has no version")
                kept.sort(key=lambda each: (each["IsDefaultVersion"], each["CreateDate"]), reverse=True)
                versions[policy["Arn"]], documents[policy["Arn"]] = kept, _document(kept[0]["Document"])
        return Details(tuple(principals), documents, versions)

    def has_mfa(self, user: str) -> bool:
        """Whether a user has an MFA device."""
        if self.summary()["MFADevicesInUse"] == 0:
            return False
        answer = self._unless(NO_ENTITY, "list_mfa_devices", UserName=user)
        return bool(answer and answer["MFADevices"])

    access_keys: Listed[str] = listed(
        "access keys", "list_access_keys", "AccessKeyMetadata", each="AccessKeyId", of="UserName", unless=NO_ENTITY
    )
    """The ids of a user's access keys; a user that is not there has none."""

    saml_providers: Listed[str] = listed("SAML providers", "list_saml_providers", "SAMLProviderList", each="Arn")
    """The ARNs of the payer's SAML providers."""

    def shortest_password(self) -> int:
        """The least characters that the account's password policy takes; 8 is IAM's own rule without one."""
        answer = self._unless(NO_ENTITY, "get_account_password_policy")
        return int(answer["PasswordPolicy"].get("MinimumPasswordLength", 8)) if answer else 8

    # Centralized root access

    @remembered("root features")
    def root_features(self) -> Sequence[str]:
        """What of centralized root access is on; nothing while trusted access of iam.amazonaws.com is off."""
        answer = self._unless("ServiceAccessNotEnabledException", "list_organizations_features")
        return answer.get("EnabledFeatures", ()) if answer else ()

    def enable_root_credentials_management(self) -> None:
        """Let the payer manage the root credentials of all member accounts."""
        self._call("enable_organizations_root_credentials_management")
        self._facts.drop("root features")

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


def statements(document: Any) -> Iterator[Mapping[str, Any]]:
    """The Allow statements of a policy document."""
    for statement in as_list(document.get("Statement") if isinstance(document, Mapping) else None):
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
            yield statement


def as_list(value: Any) -> list[Any]:
    """What a policy has as one value or as a list of them, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


class Simulator(Service):
    """Asks `iam:SimulatePrincipalPolicy` and `iam:SimulateCustomPolicy`, in as few calls as the questions allow.

    Nothing is called for real.
    """

    name = "iam"

    def principal(self, arn: str, context: Mapping[str, Value], asks: Iterable[Ask]) -> dict[Ask, bool]:
        """What a user or role may do, by all policies on it and its groups, and by its boundary.

        Raises AwsError NoSuchEntity where there is none.
        """
        return self._ask("simulate_principal_policy", context, asks, PolicySourceArn=arn)

    def administrator(
        self, scps: Sequence[Sequence[str]] | None, context: Mapping[str, Value], asks: Iterable[Ask]
    ) -> dict[Ask, bool]:
        """What is left to somebody whom only SCPs bind.

        `scps` are the documents at the root, each OU on the way and the account; None where SCPs are off.
        """
        levels = [{"ServiceControlPolicyInputList": list(level)} for level in scps or ()]
        bound = {"OrderedOrganizationPolicyInputList": levels} if levels else {}
        return self._ask("simulate_custom_policy", context, asks, PolicyInputList=[_ADMINISTRATOR], **bound)

    def _ask(
        self, operation: str, context: Mapping[str, Value], asks: Iterable[Ask], **principal: Any
    ) -> dict[Ask, bool]:
        asks = tuple(asks)
        entries = []
        for key, value in context.items():
            if isinstance(value, bool):
                kind, values = "boolean", [str(value).lower()]
            else:
                kind, values = ("string", [value]) if isinstance(value, str) else ("stringList", list(value))
            entries.append({"ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": kind})
        about = {"ContextEntries": entries, **principal}
        may: dict[Ask, bool] = {}
        for actions, resources in _calls(asks):
            may |= self._simulate(operation, actions, resources, about)
        silent = [f"{action} on {resource}" for action, resource in asks if (action, resource) not in may]
        if silent:
            raise UnexpectedAnswer(operation, f"no answer for {silent[0]}")
        return {ask: may[ask] for ask in asks}

    def _simulate(
        self, operation: str, actions: list[str], resources: list[str], about: Mapping[str, Any]
    ) -> dict[Ask, bool]:
        sent = {"ActionNames": actions, "ResourceArns": resources, "MaxItems": _PAGE, **about}
        try:
            results = self._list(operation, "EvaluationResults", marker="Marker", **sent)
        except AwsError as error:
            # AWS also refuses some actions side by side: they "require different authorization information".
            if error.code != "InvalidInput" or len(actions) == 1:
                raise
            half = len(actions) // 2
            parts = actions[:half], actions[half:]
            some, others = (self._simulate(operation, part, resources, about) for part in parts)
            return some | others
        may: dict[Ask, bool] = {}
        for result in results:
            action, specific = result["EvalActionName"], result.get("ResourceSpecificResults")
            if specific and len(resources) > 1:
                # AWS lists several resources inside the result of an action, or gives each one a result of its own.
                for each in specific:
                    may[action, each["EvalResourceName"]] = each["EvalResourceDecision"] == "allowed"
            else:
                resource = resources[0] if len(resources) == 1 else result["EvalResourceName"]
                may[action, resource] = result["EvalDecision"] == "allowed"
        return may


def _calls(asks: Sequence[Ask]) -> Iterator[tuple[list[str], list[str]]]:
    """The actions and resources of each call that it takes. `*` cannot stand beside ARNs."""
    wanted: dict[str, list[str]] = {}
    for action, resource in asks:
        wanted.setdefault(resource, []).append(action)
    arns = [resource for resource in wanted if resource != "*"]
    parts = [arns[start : start + _RESOURCES] for start in range(0, len(arns), _RESOURCES)]
    for resources in [["*"], *parts] if "*" in wanted else parts:
        actions = list(dict.fromkeys(action for resource in resources for action in wanted[resource]))
        for start in range(0, len(actions), _ACTIONS):
            yield actions[start : start + _ACTIONS], resources
