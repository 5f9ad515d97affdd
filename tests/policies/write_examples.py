"""Write `iam-policy-examples/` anew from the template: `python tests/policies/write_examples.py`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest has it, when this runs as a script

from orgkit import bundled
from policies import template

EXAMPLES: Final = bundled.ROOT / "iam-policy-examples"
FOLDERS: Final = {"BillingAdmins": "billing-admins", "OrgAdmins": "org-admins"}


def examples() -> Iterator[tuple[Path, str]]:
    """Each file with what it should hold: a policy of a group, with placeholders."""
    documents = template.documents()
    for group, folder in FOLDERS.items():
        for policy in template.policies_of(group):
            path = EXAMPLES / folder / f"{_kebab(policy)}.json"
            yield path, json.dumps(documents[policy], indent=2) + "\n"


def _kebab(logical_id: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", logical_id).lower()


if __name__ == "__main__":
    for path, text in examples():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
