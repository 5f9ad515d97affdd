"""What AWS allows, as data in one place.

Organizations: "Quotas and service limits for AWS Organizations" in its user guide, and the shapes of its API.
AWS doubled the size and the number of SCPs on 15 May 2026 and may move them again. All are hard limits.
"""

from typing import Final

SCP_CHARACTERS: Final = 10_240
"""The size of an SCP. White space counts when it is sent through the API, so orgkit sends none."""

SCPS_PER_TARGET: Final = 10
"""SCPs attached directly to a root, an OU or an account. FullAWSAccess takes one of them."""

SCP_NAME: Final = 128

TEMPLATE_BYTES: Final = 51_200
"""A template that is sent along with the call."""

POLICY_VERSIONS: Final = 5
"""Versions that IAM keeps of a managed policy."""
