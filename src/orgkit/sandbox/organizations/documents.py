"""What a policy document must be for AWS to take it."""

from __future__ import annotations

import json
from typing import Any, Final

from orgkit.sandbox.organizations.policy_types import RCP, SCP
from orgkit.sandbox.organizations.refusals import refused, violates

MAX_CHARACTERS: Final = {SCP: 10_240, RCP: 5_120}
"""Of the document as it was sent, white space included. AWS: Quotas for AWS Organizations, since May 2026."""

_SCP_ELEMENTS: Final = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})


def check_document(policy_type: str, content: str) -> None:
    """AWS: a JSON object within the type's size; an SCP also keeps to the SCP syntax.

    Raises ConstraintViolationException or MalformedPolicyDocumentException. What AWS asks of the other types'
    content is not checked.
    """
    if len(content) > MAX_CHARACTERS.get(policy_type, len(content)):
        raise violates("POLICY_CONTENT_LIMIT_EXCEEDED")
    document = _parsed(content)
    if not isinstance(document, dict) or (policy_type == SCP and not _is_scp(document)):
        raise refused("MalformedPolicyDocumentException")


def _parsed(content: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _is_scp(document: dict[str, Any]) -> bool:
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or document.get("Version", "2012-10-17") != "2012-10-17":
        return False
    return bool(statements) and all(_is_scp_statement(statement) for statement in statements)


def _is_scp_statement(statement: Any) -> bool:
    """AWS, "SCP syntax": an effect, actions and resources each named or excluded, and never a principal."""
    return (
        isinstance(statement, dict)
        and statement.keys() <= _SCP_ELEMENTS
        and statement.get("Effect") in ("Allow", "Deny")
        and ("Action" in statement) != ("NotAction" in statement)
        and ("Resource" in statement) != ("NotResource" in statement)
    )
