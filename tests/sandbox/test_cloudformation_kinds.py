"""The resource types against AWS's own schemas of them, which cfn-lint carries."""

from __future__ import annotations

from typing import Any

import pytest

from orgkit.sandbox.cloudformation.resources import KINDS


def names(pointers: list[str]) -> set[str]:
    """The properties that JSON pointers such as `/properties/Arn` name."""
    return {pointer.removeprefix("/properties/") for pointer in pointers}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_type_has_the_properties_that_aws_says(kind):
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # takes a second

    schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind.type).schema
    read_only = names(schema["readOnlyProperties"])
    assert kind.properties == set(schema["properties"]) - read_only
    assert kind.required == set(schema.get("required", ()))
    assert kind.create_only == names(schema["createOnlyProperties"])
    assert kind.offers <= read_only
    assert kind.taggable == ("Tags" in kind.properties)
    assert kind.name_property in kind.create_only
    assert {"read", "update"} <= set(schema["handlers"])  # both are what drift is detected and reverted by
