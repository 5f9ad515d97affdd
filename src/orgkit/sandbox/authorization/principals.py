"""Who acts and what binds them: the policies of users, groups and roles, and the condition keys on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from moto.iam.exceptions import NotFoundException
from moto.iam.models import Group, IAMBackend, ManagedPolicy, Role, User, iam_backends

from orgkit.sandbox.authorization.asks import Keys
from orgkit.sandbox.language.documents import Policy
from orgkit.sandbox.organizations.structure import membership


@dataclass(frozen=True)
class Attached:
    """A policy document and what AWS calls it."""

    id: str
    """The name of a managed policy; `user_<user>_<policy>` and the like for an inline one, as AWS has it."""
    arn: str
    """Empty for an inline policy."""
    document: str

    @property
    def name(self) -> str:
        """Its ARN, or its id if it has none: unlike the id, the same for no two policies."""
        return self.arn or self.id

    def parsed(self) -> Policy:
        """Raises ValueError if the document is malformed."""
        return Policy.parse(self.name, self.document)


@dataclass(frozen=True)
class Principal:
    """A user, group or role with all that IAM knows of its permissions."""

    arn: str
    identity: tuple[Attached, ...]
    boundary: tuple[Attached, ...] | None = None
    """None without a boundary; empty when the policy that it names is gone, which then allows nothing."""
    keys: Keys = field(default_factory=dict)
    """The condition keys that say who it is."""


def scps_of(account: str, partition: str = "aws") -> list[list[Attached]] | None:
    """The service control policies that bind an account, from the root down; None where none do."""
    member = membership(account, partition)
    levels = member.scps() if member else None
    return (
        None
        if levels is None
        else [[Attached(policy.id, policy.arn, policy.content or "") for policy in level] for level in levels]
    )


def find(arn: str) -> Principal:
    """The user, group or role of this ARN. Raises moto's NotFoundException, which is NoSuchEntity."""
    _, partition, _, _, account, resource = arn.split(":", 5)
    kind, _, name = resource.partition("/")
    backend = iam_backends[account][partition]
    entities: list[User | Group | Role] = [
        *backend.users.values(),
        *backend.groups.values(),
        *backend.get_roles(),
    ]
    for entity in entities:
        if entity.arn == arn:
            return of(entity, backend)
    raise NotFoundException(f"The {kind} with name {name.rpartition('/')[2]} cannot be found.")


def of(entity: User | Group | Role, backend: IAMBackend) -> Principal:
    """What binds this user, group or role of this account."""
    groups = backend.get_groups_for_user(entity.name) if isinstance(entity, User) else []
    return Principal(
        arn=entity.arn,
        identity=tuple(policy for bearer in (entity, *groups) for policy in _borne(bearer)),
        boundary=_boundary(entity, backend),
        keys=_keys(entity, backend),
    )


def _borne(bearer: User | Group | Role) -> Iterable[Attached]:
    kind = type(bearer).__name__.lower()
    for name, document in bearer.policies.items():
        yield Attached(f"{kind}_{bearer.name}_{name}", "", document)
    for policy in bearer.managed_policies.values():
        yield _managed(policy)


def _managed(policy: ManagedPolicy) -> Attached:
    document = next(v.document for v in policy.versions if v.version_id == policy.default_version_id)
    return Attached(policy.name, policy.arn, document)


def _boundary(entity: User | Group | Role, backend: IAMBackend) -> tuple[Attached, ...] | None:
    arn = getattr(entity, "permissions_boundary_arn", None)  # moto has it for roles, `sandbox.iam` for users
    if arn is None:
        return None
    policy = backend.managed_policies.get(arn)
    return (_managed(policy),) if policy else ()


def _keys(entity: User | Group | Role, backend: IAMBackend) -> Keys:
    keys = {"aws:PrincipalArn": (entity.arn,), "aws:PrincipalAccount": (backend.account_id,)}
    if isinstance(entity, Group):
        return keys
    keys |= {f"aws:PrincipalTag/{tag['Key']}": (tag["Value"],) for tag in entity.tags or []}
    keys["aws:userid"] = (entity.id,)
    if isinstance(entity, User):
        keys["aws:username"] = (entity.name,)
    return keys
