"""The estimator of a link's load as templates print it (`load_decay`, `load_count`): docs/protocol.md, Utilisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contra.emit.p4text import when
from contra.ir.model import Clock

_CLOCK_BITS = 32
_DECAY_STEPS = 6
"""Bits of the age that the estimator looks at: it decays in steps of tau / 64."""
_LENGTH_BITS = 14
"""Packet lengths up to 16383 bytes are counted exactly."""
_USUAL_LENGTH_BITS = 11
"""Few packets have more: one test stands before those of the other bits."""


def estimator_view(clock: Clock, grown_by: Sequence[str]) -> dict[str, Any]:
    """What the two templates need; `grown_by` are the 16-bit fields with bytes that a packet has grown by here."""
    tau = clock.tau_bits
    step = max(0, tau - _DECAY_STEPS)
    return {
        "tau_ticks": 1 << tau,
        "tau_bits": tau,
        "tau_step": 1 << step,
        "decay_bits": [{"at": tau - i, "shift": i} for i in range(1, min(_DECAY_STEPS, tau) + 1)],
        "length_bits": list(range(_USUAL_LENGTH_BITS)),
        "jumbo_bits": list(range(_USUAL_LENGTH_BITS, _LENGTH_BITS)),
        "counted_time": f"meta.now - (time_t) age[{step - 1}:0]" if step else "meta.now",
        "length_lines": [
            "bit<32> length = meta.length;",
            *(f"length = length + (16w0 ++ {field});" for field in grown_by),
            *when("length > LENGTH_LIMIT", "length = LENGTH_LIMIT;"),
        ],
        "clock_top": _CLOCK_BITS - 1,
    }


def measured_load_lines() -> list[str]:
    """Statements that leave the load of the link that a packet came in by in a new variable `util`."""
    return [
        "time_t last;",
        "link_time.read(last, (bit<32>) meta.hop_in);",
        "bit<48> load;",
        "link_load.read(load, (bit<32>) meta.hop_in);",
        "bit<48> remaining;",
        "decay.apply(load, meta.now - last, remaining);",
        "bit<16> util = remaining[47:32];",
        *when("meta.held_util != NOT_HELD", "util = meta.held_util;"),
    ]
