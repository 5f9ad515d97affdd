"""Bash and the AWS CLI, as far as the pages of the docs use them: their blocks are run line by line."""

from __future__ import annotations

import re
import shlex
from typing import Any

import boto3
import botocore.session
import jmespath
from botocore import xform_name


class Shell:
    """Bash and the AWS CLI, as far as the page uses them."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        self._models = botocore.session.get_session()
        self._values: dict[str, str] = {}

    def become(self, session: boto3.Session) -> None:
        """Be another caller from here on."""
        self._session = session

    def run(self, block: str, **instead: str) -> None:
        """Run a block. `instead` is what its reader puts in the place of a value."""
        for line in block.splitlines():
            assigned = re.match(r"(\w+)=(.*)", line)
            if not assigned:
                self._aws(line)
            elif assigned[2].startswith("$("):
                self._values[assigned[1]] = self._aws(assigned[2][2:-1])
            else:
                self._values[assigned[1]] = instead.get(assigned[1], assigned[2].split()[0])

    def _aws(self, line: str) -> str:
        words = shlex.split(re.sub(r"\$(\w+)", lambda name: self._values[name[1]], line), comments=True)
        if not words:
            return ""
        aws, service, operation, *rest = words
        assert aws == "aws"
        client = self._session.client(service)
        if operation == "wait":
            client.get_waiter(rest[0].replace("-", "_")).wait(**self._asked(service, "describe-stacks", rest[1:]))
            return ""
        query, rest = _taken(rest, "--query")
        output, rest = _taken(rest, "--output")
        answer = getattr(client, operation.replace("-", "_"))(**self._asked(service, operation, rest))
        found = jmespath.search(query, answer) if query else answer
        assert not query or output == "text"
        return "\t".join(found) if isinstance(found, list) else str(found)

    def _asked(self, service: str, operation: str, options: list[str]) -> dict[str, Any]:
        """The options as parameters; one that the operation does not have is a KeyError."""
        model = self._models.get_service_model(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        takes = model.operation_model(operations[operation]).input_shape
        members = takes.members if takes else {}
        names = {xform_name(name, "-"): name for name in members}
        asked: dict[str, Any] = {}
        words = iter(options)
        for word in words:
            option = word.removeprefix("--")
            if members[names[option.removeprefix("no-")]].type_name == "boolean":
                asked[names[option.removeprefix("no-")]] = not option.startswith("no-")
            else:
                asked[names[option]] = next(words)
        return asked


def _taken(words: list[str], option: str) -> tuple[str, list[str]]:
    if option not in words:
        return "", words
    place = words.index(option)
    return words[place + 1], words[:place] + words[place + 2 :]
