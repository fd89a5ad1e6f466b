"""Compiled counterparts of `gate`: calls and stores by address. Addresses are values, so that the code can be cached."""

from __future__ import annotations

from typing import Any

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
)

_DONE: list[bool] = []


def register() -> None:
    """Tell numba what the functions of `gate` are in compiled code; a second call does nothing."""
    if _DONE:
        return
    _DONE.append(True)
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic, overload

    @intrinsic  # type: ignore[untyped-decorator]
    def invoke(typing: Any, function: Any, state: Any, phv: Any, head: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word = ir.IntType(64)
            kind = ir.FunctionType(ir.VoidType(), [word, word, word])
            builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
            return context.get_dummy_value()

        return types.none(types.int64, types.int64, types.int64, types.int64), emit

    @intrinsic  # type: ignore[untyped-decorator]
    def poke(typing: Any, address: Any, value: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            byte = ir.IntType(8)
            builder.store(builder.trunc(arguments[1], byte), builder.inttoptr(arguments[0], byte.as_pointer()))
            return context.get_dummy_value()

        return types.none(types.int64, types.int64), emit

    def native_call(s: Any, switch: int, stage: int, packet: int) -> None:
        at, net = switch * SWITCH, s.net
        phv = net[N_PHV_AT] + 8 * packet * net[N_WORDS]
        invoke(s.switches[at + stage], s.switches[at + S_STATE], phv, net[N_HEAD_AT] + packet * net[N_ROW])

    def native_store(s: Any, switch: int, hold: int, value: int) -> None:
        address = s.switches[switch * SWITCH + S_STATE] + s.holds[hold + HOLD_OFFSET]
        for index in range(s.holds[hold + HOLD_WIDTH]):
            poke(address + index, value >> (8 * index))

    native_call.__annotations__ = {}  # numba compares the signatures, annotations included
    native_store.__annotations__ = {}
    overload(gate.call)(lambda s, switch, stage, packet: native_call)
    overload(gate.store)(lambda s, switch, hold, value: native_store)
