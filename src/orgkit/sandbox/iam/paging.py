"""Pages as IAM cuts them: by Marker and MaxItems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from moto.iam.exceptions import IAMException, ValidationError
from moto.iam.responses import IamResponse

PAGE: Final = 100
"""Items in an answer when MaxItems is not given (IAM API reference, MaxItems)."""
LARGEST: Final = 1_000
"""The most that MaxItems may ask for (maxItemsType, model)."""


def page(asked: IamResponse, member: str, items: Sequence[Any]) -> dict[str, Any]:
    """The page that the call asks for. Raises ValidationError for its size, InvalidInput for its Marker."""
    marker, size = asked._get_param("Marker", "0"), asked._get_int_param("MaxItems", PAGE)
    if not 1 <= size <= LARGEST:
        raise ValidationError(f"MaxItems must be between 1 and {LARGEST}.")
    if not (marker.isdecimal() and int(marker) <= len(items)):
        raise IAMException("InvalidInput", f"Invalid Marker: {marker}.")
    start, end = int(marker), int(marker) + size
    more = end < len(items)
    return {member: items[start:end], "IsTruncated": more, "Marker": str(end) if more else None}
