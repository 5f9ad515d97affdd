"""The step of the accounts: created and invited ones land at the root; they belong in the institution's OU."""

from __future__ import annotations

from orgkit import memory
from orgkit.aws import Aws
from orgkit.aws.calls import present
from orgkit.aws.organizations import Account
from orgkit.settings import Settings
from orgkit.steps import Step, drifted, in_place, missing


def at_the_root(aws: Aws) -> tuple[Account, ...]:
    """Accounts right below the root that belong in the institution's OU."""
    root = aws.organizations.root()
    if root is None:
        return ()
    return tuple(account for account in aws.organizations.accounts(root.id) if is_astray(account, aws.caller.account))


def is_astray(account: Account, payer: str) -> bool:
    """Whether an account at the root belongs in the OU: not the payer, and not one that is being closed."""
    return account.id != payer and account.state in ("ACTIVE", "PENDING_ACTIVATION", "")


def placed(aws: Aws, settings: Settings) -> Step:
    """Every account at the root moved into the institution's OU."""
    thing = "accounts in the OU"
    astray = at_the_root(aws)
    if astray:
        some = ", ".join(account.id for account in astray[:3])
        more = f" and {len(astray) - 3} more" if len(astray) > 3 else ""
        are = "is" if len(astray) == 1 else "are"
        return drifted(
            thing,
            f"{some}{more} {are} at the root, outside {settings.institution}",
            lambda: place(aws, settings, astray),
            [f"{account.id} {account.name} is at the root" for account in astray],
        )
    if memory.institution_ou(aws, settings) is None:
        return missing(thing, "none at the root", lambda: "none at the root")
    return in_place(thing, "none at the root")


def place(aws: Aws, settings: Settings, astray: tuple[Account, ...]) -> str:
    """Move these accounts from the root into the institution's OU."""
    root = present(aws.organizations.root())
    ou = present(memory.institution_ou(aws, settings))
    for account in astray:
        aws.organizations.move_account(account.id, root.id, ou.id)
    return f"{len(astray)} moved into {ou.id}"
