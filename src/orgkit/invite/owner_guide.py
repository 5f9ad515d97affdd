"""A text for the owners of invited accounts: what joining means, how to accept, which role to create."""

from __future__ import annotations

import json
from textwrap import indent
from typing import Final

from orgkit.settings import Settings

# How the regions of every partition but AWS's main one begin: botocore's partitions.json.
_PARTITIONS: Final = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}

_TEXT: Final = """\
Your AWS account is invited into the organization of {institution}

What changes for the account from the moment you accept

  - The payer, account {payer}, pays for it and sees what it costs. Save your invoices and cost reports before.
  - Policies of the organization bind everybody in the account, its root user too:
{policies}
  - Your users, roles, data and workloads stay as they are.

1. Accept the invitation, within 15 days of it

   In the console: sign in to the account as root or as an administrator, open the account menu (top right),
   Organization, Invitations. See that the invitation is from account {payer}, and choose "Accept invitation".

   Or with the AWS CLI, in the account:

     aws organizations list-handshakes-for-account --filter ActionType=INVITE
     aws organizations accept-handshake --handshake-id h-...

   You need organizations:ListHandshakesForAccount, organizations:AcceptHandshake and
   iam:CreateServiceLinkedRole.

2. Create the role {role}

   An account that AWS creates for an organization has this role; an invited one does not. Administrators of
   {institution} work in the account through it: they may do there what the role may do.

   In the console: IAM, Roles, "Create role", "AWS account", "Another AWS account", account id {payer};
   permissions AdministratorAccess; role name {role}.

   Or with the AWS CLI, in the account:

     aws iam create-role --role-name {role} \\
       --assume-role-policy-document '{trust}'
     aws iam attach-role-policy --role-name {role} \\
       --policy-arn {administrator}

   The trust policy, to read:

{trust_indented}
"""


def text(settings: Settings, region: str = "") -> str:
    """The text to send along. The region, unless the settings have their own, only tells which partition it is for."""
    beginnings = (each for each in _PARTITIONS if (settings.iam.region or region).startswith(each))
    partition = _PARTITIONS.get(next(beginnings, ""), "aws")
    # Whom the payer allows to, as in the role that AWS gives to created accounts.
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{settings.account}:root"},
        "Action": "sts:AssumeRole",
    }
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    policies = [f"{scp.name}: {scp.meaning}" if scp.meaning else scp.name for scp in settings.scps]
    return _TEXT.format(
        institution=settings.institution,
        payer=settings.account,
        role=settings.iam.access_role,
        policies=indent("\n".join(policies or ["none at present"]), " " * 6),
        trust=json.dumps(trust, separators=(",", ":")),
        trust_indented=indent(json.dumps(trust, indent=2), " " * 5),
        administrator=f"arn:{partition}:iam::aws:policy/AdministratorAccess",
    )
