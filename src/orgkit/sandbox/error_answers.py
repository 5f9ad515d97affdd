"""An error as AWS answers with it, in the two protocols that there are here: content type and body."""

from __future__ import annotations

import json


def as_json(code: str, message: str) -> tuple[str, str]:
    """As Organizations and the newer services say it."""
    return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})


def as_xml(code: str, message: str) -> tuple[str, str]:
    """As IAM, STS and CloudFormation say it."""
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
    return "text/xml", f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
