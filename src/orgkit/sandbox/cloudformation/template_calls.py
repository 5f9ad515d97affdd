"""The operations on templates."""

from __future__ import annotations

import json
from typing import Any

from orgkit.sandbox.cloudformation.calls import Answer, Request, template_of
from orgkit.sandbox.cloudformation.change_set_calls import change_set_of
from orgkit.sandbox.cloudformation.errors import ValidationError
from orgkit.sandbox.cloudformation.intrinsics import is_true, text
from orgkit.sandbox.cloudformation.models import Backend
from orgkit.sandbox.cloudformation.template import Template


def get_template(backend: Backend, request: Request) -> Answer:
    """GetTemplate: the body byte for byte."""
    if "ChangeSetName" in request:
        template = change_set_of(backend, request).deployment.template
    else:
        template = _template_of_stack(backend, request.get("StackName", ""))
    return {"TemplateBody": template.body, "StagesAvailable": ["Original", "Processed"]}


def get_template_summary(backend: Backend, request: Request) -> Answer:
    """GetTemplateSummary."""
    name = request.get("StackName")
    template = _template_of_stack(backend, name) if name else template_of(request, None)
    declared = template.section("Parameters").items()
    metadata = template.section("Metadata")
    return _told(template) | {
        "Parameters": [_declaration(key, item) for key, item in declared],
        "ResourceTypes": list(template.types),
        "Version": template.content.get("AWSTemplateFormatVersion"),
        "Metadata": json.dumps(metadata) if metadata else None,
    }


def validate_template(_: Backend, request: Request) -> Answer:
    """ValidateTemplate."""
    template = template_of(request, None)
    members = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
    declared = [_declaration(key, item) for key, item in template.section("Parameters").items()]
    return _told(template) | {"Parameters": [{name: item[name] for name in members} for item in declared]}


def _template_of_stack(backend: Backend, name_or_id: str) -> Template:
    stack = backend.stack(name_or_id)
    if stack.deployment is None:
        raise ValidationError(f"Stack {stack.name} is in {stack.status} state and has no template.")
    return stack.deployment.template


def _told(template: Template) -> dict[str, Any]:
    return {
        "Description": template.content.get("Description"),
        "Capabilities": list(template.capabilities),
        "CapabilitiesReason": (f"The following resource(s) require capabilities: [{', '.join(template.types)}]"),
        "DeclaredTransforms": [],
    }


def _declaration(key: str, item: dict[str, Any]) -> dict[str, Any]:
    allowed = [text(value) for value in item.get("AllowedValues", ())]
    return {
        "ParameterKey": key,
        "ParameterType": item.get("Type", "String"),
        "DefaultValue": text(item["Default"]) if "Default" in item else None,
        "NoEcho": is_true(item.get("NoEcho", False)),
        "Description": item.get("Description"),
        "ParameterConstraints": {"AllowedValues": allowed} if allowed else {},
    }
