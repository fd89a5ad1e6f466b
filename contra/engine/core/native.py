"""What is different in compiled code: the state as bare pointers, calls and stores by address. Imports numba.

Pointers are not counted as numba's arrays are, and have no negative indices: the core is several times as fast with
them, and compiles in half the time. Addresses are values, so that the code can be cached.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic, overload

from contra.engine.core import gate
from contra.engine.core.layout import (
    HOLD_OFFSET,
    HOLD_WIDTH,
    N_HEAD_AT,
    N_PHV_AT,
    N_ROW,
    N_WORDS,
    S_STATE,
    SWITCH,
    State,
)
from contra.engine.core.loop import run

_intrinsic: Any = intrinsic  # its stub lacks the context that it passes


@_intrinsic  # type: ignore[untyped-decorator]
def invoke(typing: Any, function: Any, state: Any, phv: Any, head: Any) -> Any:
    """Call `void f(int64, int64, int64)` at an address."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        kind = ir.FunctionType(ir.VoidType(), [word, word, word])
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return types.none(types.int64, types.int64, types.int64, types.int64), emit


def _pointer(kind: Any) -> Any:
    @_intrinsic  # type: ignore[untyped-decorator]
    def pointer(typing: Any, address: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return kind(types.int64), emit

    return pointer


_types: Any = types
words = _pointer(_types.CPointer(types.int64))
octets = _pointer(_types.CPointer(types.uint8))
shorts = _pointer(_types.CPointer(types.uint16))


def launch(a: Any) -> int:
    """Run the core on arrays given by their addresses, in the order of `State`."""
    return run(
        State(
            words(a[0]),
            words(a[1]),
            words(a[2]),
            words(a[3]),
            words(a[4]),
            words(a[5]),
            words(a[6]),
            words(a[7]),
            words(a[8]),
            words(a[9]),
            words(a[10]),
            words(a[11]),
            words(a[12]),
            words(a[13]),
            octets(a[14]),
            shorts(a[15]),
            octets(a[16]),
            words(a[17]),
            words(a[18]),
            words(a[19]),
            octets(a[20]),
            0,
        )
    )


def _call(s: Any, switch: int, stage: int, packet: int) -> None:
    at, net = switch * SWITCH, s.net
    phv = net[N_PHV_AT] + 8 * packet * net[N_WORDS]
    invoke(s.switches[at + stage], s.switches[at + S_STATE], phv, net[N_HEAD_AT] + packet * net[N_ROW])


def _store(s: Any, switch: int, hold: int, value: int) -> None:
    memory = octets(s.switches[switch * SWITCH + S_STATE] + s.holds[hold + HOLD_OFFSET])
    for index in range(s.holds[hold + HOLD_WIDTH]):
        memory[index] = (value >> (8 * index)) & 255


def register() -> None:
    """Tell numba what the functions of `gate` are in compiled code."""
    for function in (_call, _store):
        function.__annotations__ = {}  # numba compares the signatures, annotations included
    overload(gate.call)(lambda s, switch, stage, packet: _call)
    overload(gate.store)(lambda s, switch, hold, value: _store)
