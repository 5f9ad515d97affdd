"""What the tests of the handover pages share: pages of an organization whose names are hostile."""

from __future__ import annotations

import pytest

from handed_over import HandedOver, Reader, handed_over


@pytest.fixture(scope="module")
def handed(session) -> HandedOver:
    return handed_over(session)


@pytest.fixture(scope="module")
def read(handed):
    return {party: Reader(text) for party, text in handed.html.items()}
