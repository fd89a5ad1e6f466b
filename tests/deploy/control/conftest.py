"""The adapter is loaded before anything else loads gRPC: it keeps gRPC quiet. And what tests of real switches use."""

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


@pytest.fixture
def switch() -> Iterator[object]:
    from support.real_switch import RealSwitch

    made = RealSwitch()
    yield made
    made.kill()
