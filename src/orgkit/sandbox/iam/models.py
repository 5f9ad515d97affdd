"""The IAM of one account. moto finds `urls` beside the module of this class: the names are its convention."""

from __future__ import annotations

from orgkit.sandbox.iam.policies import Policies
from orgkit.sandbox.iam.users import Users


class Backend(Users, Policies):
    """Users and groups, and the policies they bear."""
