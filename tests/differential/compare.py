"""Two outcomes side by side: what differs, in words."""

from __future__ import annotations

from collections.abc import Iterator

from differential.case import Outcome


def differences(expected: Outcome, found: Outcome, most: int = 20) -> list[str]:
    """What `found` has otherwise than `expected`; nothing if they agree in every byte, cell and count."""
    lines = [*_frames(expected, found), *_cells("register", expected.registers, found.registers)]
    lines += _cells("counter", expected.counters, found.counters)
    return lines if len(lines) <= most else [*lines[:most], f"and {len(lines) - most} more"]


def _frames(expected: Outcome, found: Outcome) -> Iterator[str]:
    for port, frames in expected.frames.items():
        others = found.frames.get(port, ())
        if len(frames) != len(others):
            yield f"port {port}: {len(others)} frames for {len(frames)}"
        for number, (frame, other) in enumerate(zip(frames, others, strict=False)):
            if frame != other:
                yield f"port {port}, frame {number}: {other.hex()} for {frame.hex()}"
                break


def _cells(kind: str, expected: object, found: object) -> Iterator[str]:
    assert isinstance(expected, dict) and isinstance(found, dict)
    for name in expected.keys() ^ found.keys():
        yield f"{kind} {name}: on one side only"
    for name in expected.keys() & found.keys():
        if len(expected[name]) != len(found[name]):
            yield f"{kind} {name}: {len(found[name])} cells for {len(expected[name])}"
        for index, (value, other) in enumerate(zip(expected[name], found[name], strict=False)):
            if value != other:
                yield f"{kind} {name}[{index}]: {other} for {value}"
