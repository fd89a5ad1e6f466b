"""Why a packet gets a second chance: opcodes that it carries into its next pass (hardware rule 13).

A cell is accessed once in a pass. What the first access finds out too late to act on is done by a second pass: a
resubmitted packet on v1model, a recirculated one on a chip.
"""

from __future__ import annotations

from enum import IntEnum


class Retry(IntEnum):
    """The opcodes, in the order of their values."""

    NONE = 0
    TAKE_ROUTE = 1
    """Replace an FwdT entry that was not refreshed."""
    TAKE_BEST = 2
    """Replace a BestT entry that was not confirmed."""
    REPIN = 3
    """The flowlet's port is dead: choose anew."""


RETRY_TEXT: dict[Retry, str] = {
    Retry.NONE: "",
    Retry.TAKE_ROUTE: "second chance: replace a route that was not refreshed",
    Retry.TAKE_BEST: "second chance: replace a BestT entry that was not confirmed",
    Retry.REPIN: "second chance: the flowlet's port is dead",
}
