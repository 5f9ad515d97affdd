"""What a command imports before it does anything: what annoys is start-up. Milliseconds: benchmarks/."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from orgkit.sandbox import PAYER

SLOW = {"boto3", "botocore", "moto", "yaml"}
INIT = ("init", "--account", PAYER, "--institution", "Example University")

RUN = """
import json, sys
from orgkit.cli.main import main
try:
    main()
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


@dataclass(frozen=True)
class Ended:
    """What a command printed, its exit code, and which of the slow packages it had imported by its end."""

    code: int
    said: str
    imported: set[str]


def ended(*arguments: str, **environment: str) -> Ended:
    command = [sys.executable, "-c", RUN, *arguments]
    process = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, encoding="utf-8")
    return Ended(process.returncode, process.stdout, SLOW.intersection(json.loads(process.stderr.splitlines()[-1])))


@pytest.mark.parametrize("line", ["--help", "--version", "help"])
def test_help_imports_nothing_slow(line):
    shown = ended(*line.split())
    assert shown.code == 0
    assert shown.imported == set()


@pytest.mark.parametrize("line", ["statsu", "--nonsense"])
def test_bad_usage_imports_nothing_slow(line):
    shown = ended(line)
    assert shown.code == 2
    assert shown.imported == set()


@pytest.mark.parametrize(
    ("instruction", "words", "offers"),
    [("bash_source", "", "_orgkit_completion"), ("bash_complete", "orgkit sta", "status")],
)
def test_completion_imports_nothing_slow(instruction, words, offers):
    shown = ended(_ORGKIT_COMPLETE=instruction, COMP_WORDS=words, COMP_CWORD="1")
    assert offers in shown.said
    assert shown.imported == set()


@pytest.mark.parametrize("line", ["validate", "validate -o json"])
def test_what_reads_the_settings_alone_does_not_import_what_asks_aws(line):
    assert ended(*INIT).code == 0
    shown = ended(*line.split())
    assert shown.code == 0
    assert shown.imported.isdisjoint({"boto3", "botocore", "moto"})


def test_what_asks_aws_does_not_import_the_pretend_one():
    ended(*INIT)
    shown = ended("status", AWS_ENDPOINT_URL="http://127.0.0.1:9")  # where nobody listens
    assert shown.code == 1
    assert shown.imported == SLOW - {"moto"}
