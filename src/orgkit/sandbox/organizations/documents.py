"""What a policy document must be for AWS to take it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from orgkit.sandbox.organizations.policy_types import RCP, SCP
from orgkit.sandbox.organizations.refusals import refused, violates
from orgkit.sandbox.policies import Policy

MAX_CHARACTERS: Final = {SCP: 10_240, RCP: 5_120}
"""Of the document as it was sent, white space included. AWS: Quotas for AWS Organizations, since May 2026."""

_VERSION: Final = "2012-10-17"


def check_document(policy_type: str, content: str) -> None:
    """AWS: a JSON object within the type's size; an SCP also keeps to the policy language of its own version.

    Raises ConstraintViolationException or MalformedPolicyDocumentException. What AWS asks of the other types'
    content is not checked.
    """
    if len(content) > MAX_CHARACTERS.get(policy_type, len(content)):
        raise violates("POLICY_CONTENT_LIMIT_EXCEEDED")
    document = _parsed(content)
    if not isinstance(document, dict) or (policy_type == SCP and not _is_scp(document, content)):
        raise refused("MalformedPolicyDocumentException")


def _parsed(content: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _is_scp(document: Mapping[str, Any], content: str) -> bool:
    """AWS, "SCP syntax": the newer version of the language that identity policies have, too."""
    try:
        Policy.parse("SCP", content)
    except ValueError:
        return False
    return bool(document.get("Version", _VERSION) == _VERSION)
