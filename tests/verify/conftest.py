"""What tests of live switches use; the adapter is loaded before anything else loads gRPC, which it keeps quiet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import contra.deploy.control.p4runtime  # noqa: F401


@pytest.fixture(scope="module")
def nothing_is_left_running() -> Iterator[None]:
    from support.real_switch import switches

    before = switches()
    yield
    assert switches() == before
