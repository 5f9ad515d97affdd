"""The run of all tests ends with what the laws were tried with, also on several cores."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_run_on_several_cores_tells_what_it_tried():
    few = ("tests/laws/test_faults.py", "-k", "new_user_may")
    run = [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", *few]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert "tried 5 faults: nothing was lost" in done.stdout.splitlines()
