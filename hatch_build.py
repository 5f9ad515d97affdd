"""Hatchling's hook for the metadata: the README for a package index."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class ReadmeHook(MetadataHookInterface):
    """A package index shows the README alone: its links lead to the files of this version in the repository."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        files = f"{metadata['urls']['Source']}/blob/v{metadata['version']}/"
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": re.sub(r"\]\((?!\w+:|#)", f"]({files}", text),
        }
