"""Law 8: every AWS operation, error code, reason and IAM action named in the repository exists."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from fnmatch import filter as filter_names
from pathlib import Path
from typing import TypeGuard

import botocore.exceptions
import botocore.session
import pytest
from botocore import xform_name

from orgkit import errors
from orgkit.aws import client
from orgkit.bundled import shipped
from orgkit.errors import remedies

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "orgkit").glob("**/*.py"))
PRODUCT = [path for path in SOURCES if "sandbox" not in path.parts]
SERVICES = ("organizations", "cloudformation", "iam", "sts")
# Codes that services answer without modelling them: "Common Error Types" in the references of IAM,
# CloudFormation and STS, and the throttling codes that botocore's _retry.json names.
COMMON = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "EntityAlreadyExists",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "OptInRequired",
    "RequestExpired",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "SubscriptionRequiredException",
    "Throttling",
    "ThrottlingException",
    "UnrecognizedClientException",
    "ValidationError",
}


@pytest.fixture(scope="module")
def models() -> dict[str, object]:
    session = botocore.session.get_session()
    return {service: session.get_service_model(service) for service in SERVICES}


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


OTHER_WORDS = ("get", "register_component")
"""Methods that take words of this form which are none of AWS's: members of dictionaries, parts of botocore."""


KINDS = {"bounded": ("user", "role"), "member": ("user", "group"), "principal": ("user", "group", "role")}
"""What the `kind` of a principal may be, by what the variable is called."""


def text_of(node: ast.expr) -> Iterator[str]:
    """What a string may be when it runs: `f"create_{principal.kind}"` is three, and so is `"create_{principal}"`."""
    if is_text(node):
        named = re.findall(r"{(\w+)}", str(node.value))
        yield from [re.sub(r"{\w+}", kind, str(node.value)) for name in named for kind in KINDS.get(name, ())] or [
            str(node.value)
        ]
    elif isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        names = {each.id for part in node.values for each in ast.walk(part) if isinstance(each, ast.Name)}
        kinds = [kind for name in names for kind in KINDS.get(name, ("user", "group"))]
        yield from ("".join(str(part or kind) for part in parts) for kind in kinds)


def kinds_of(kind: type[client.Service]) -> Iterator[type[client.Service]]:
    """The classes of AWS's services, those that build on others among them."""
    for each in kind.__subclasses__():
        yield from (each, *kinds_of(each))


def calls(tree: ast.AST, service: str = "") -> Iterator[tuple[str, ast.Call]]:
    """Every call in a piece of source, and the service of the class that it stands in."""
    for node in ast.iter_child_nodes(tree):
        here = SERVICE_OF.get(node.name, service) if isinstance(node, ast.ClassDef) else service
        if isinstance(node, ast.Call):
            yield here, node
        yield from calls(node, here)


SERVICE_OF = {kind.__name__: kind.name for kind in kinds_of(client.Service)}


def is_text(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_operation_exists_and_has_the_parameters(models):
    """In aws/, words_in_this_form that are handed on by position name nothing but operations."""
    wrong, named = [], set()
    for path in PRODUCT:
        for service, call in calls(ast.parse(path.read_text("utf-8"))) if path.parent.name == "aws" else ():
            if isinstance(call.func, ast.Attribute) and call.func.attr in OTHER_WORDS:
                continue
            texts = [text for argument in call.args for text in text_of(argument)]
            for operation in filter(re.compile("[a-z]+(_[a-z]+)+").fullmatch, texts):
                of = [model for name, model in models.items() if name == service or not service]
                known = {
                    xform_name(name): model.operation_model(name) for model in of for name in model.operation_names
                }
                named.add(operation)
                if operation not in known:
                    wrong.append(f"{path.name}: {service} has no {operation}")
                    continue
                shape = known[operation].input_shape
                sent = {word.arg for word in call.keywords if word.arg and word.arg[0].isupper()}
                sent |= {
                    text for word in call.keywords if word.arg in ("of", "sent_as") for text in text_of(word.value)
                }
                wrong += [
                    f"{path.name}: {operation} has no {each}" for each in sent - set(shape.members if shape else ())
                ]
    assert len(named) > 50
    assert not wrong


def test_every_list_is_a_member_of_its_answer(models):
    wrong, seen = [], 0
    for path in PRODUCT:
        for service, call in calls(ast.parse(path.read_text("utf-8"))) if path.parent.name == "aws" else ():
            texts = [argument.value for argument in call.args if is_text(argument)]
            if getattr(call.func, "id", getattr(call.func, "attr", "")) not in ("listed", "_list") or len(texts) < 2:
                continue
            *_, operation, member = texts
            model = models[service]
            answers = {xform_name(name): model.operation_model(name).output_shape for name in model.operation_names}
            found, seen = answers[operation].members.get(member), seen + 1
            each = {word.value.value for word in call.keywords if word.arg == "each" and is_text(word.value)}
            if found is None or not each <= set(getattr(found.member, "members", ())):
                wrong.append(f"{path.name}: {operation} has no {member} of {each}")
    assert seen > 10
    assert not wrong


def error_codes(models) -> set[str]:
    codes = set(COMMON)
    for model in models.values():
        for name in model.shape_names:
            shape = model.shape_for(name)
            if shape.metadata.get("exception"):
                codes |= {name, shape.metadata.get("error", {}).get("code", name)}
    return codes


def reasons(models) -> set[str]:
    organizations = models["organizations"]
    enums = [name for name in organizations.shape_names if name.endswith("ExceptionReason")]
    return {reason for name in enums for reason in organizations.shape_for(name).enum}


def test_every_error_code_exists(models):
    named = {text for path in PRODUCT for text in strings(path) if re.fullmatch(r"[A-Z]\w+(Exception|Error)", text)}
    assert len(named) > 10
    unknown = named - error_codes(models) - set(vars(botocore.exceptions))
    assert not unknown


def test_every_remedy_is_for_a_code_or_reason_that_exists(models):
    unknown = set(remedies()) - error_codes(models) - reasons(models)
    assert not unknown


def test_every_remedy_of_silence_is_for_an_exception_of_botocore():
    *names, others = shipped(errors.FILE)["unanswered"]
    assert others == Exception.__name__
    for name in names:
        assert issubclass(getattr(botocore.exceptions, name), botocore.exceptions.BotoCoreError)


def test_every_action_named_in_the_repository_exists():
    catalogue = json.loads((ROOT / "tests" / "data" / "iam-actions.json").read_text(encoding="utf-8"))
    files = [
        *PRODUCT,
        ROOT / "src" / "orgkit" / "report" / "notes.yaml",
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("config/*"),
        *(path for path in ROOT.glob("*/README.md") if path.parent.name != "benchmarks"),
    ]
    named = {
        (prefix, action)
        for path in files
        for prefix, action in re.findall(r"\b([a-z][a-z0-9-]+):([A-Z][A-Za-z]+\*?)", path.read_text(encoding="utf-8"))
        if prefix in catalogue
    }
    assert len(named) > 5
    unknown = {f"{prefix}:{action}" for prefix, action in named if not filter_names(catalogue[prefix], action)}
    assert not unknown
