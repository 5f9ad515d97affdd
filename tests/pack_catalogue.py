"""Write the catalogue that ships with orgkit from tests/data/iam-actions.json: `python tests/pack_catalogue.py`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from orgkit import catalogue

ACTIONS = Path(__file__).parent / "data" / "iam-actions.json"


def text() -> str:
    """A line a service: its prefix, and its actions."""
    services = json.loads(ACTIONS.read_text(encoding="utf-8"))
    return "".join(f"{service} {' '.join(actions)}\n" for service, actions in sorted(services.items()))


if __name__ == "__main__":
    catalogue.FILE.write_bytes(gzip.compress(text().encode(), compresslevel=9, mtime=0))
