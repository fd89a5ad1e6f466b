"""What is different in compiled code: the state as bare pointers, calls and stores by address. Imports numba.

Pointers are not counted as numba's arrays are, and have no negative indices: the core is several times as fast with
them, and compiles in half the time. Addresses are values, so that the code can be cached.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing import templates
from numba.extending import intrinsic, models, overload, register_model

from contra.engine.core import gate
from contra.engine.core.layout import (
    HOLD_OFFSET,
    HOLD_WIDTH,
    N_HEAD_AT,
    N_PHV_AT,
    N_ROW,
    P_PHV,
    PACKET,
    S_STATE,
    SWITCH,
    State,
)
from contra.engine.core.loop import run

_types: Any = types
_models: Any = models
_templates: Any = templates
_lower: Any = lower_getattr_generic
_model: Any = register_model
_intrinsic: Any = intrinsic


@_intrinsic
def invoke(typing: Any, function: Any, state: Any, phv: Any, head: Any) -> Any:
    """Call `void f(int64, int64, int64)` at an address."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        kind = ir.FunctionType(ir.VoidType(), [word, word, word])
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return context.get_dummy_value()

    return types.none(types.int64, types.int64, types.int64, types.int64), emit


class StateType(_types.Type):
    """The state in compiled code: the address of the addresses of the arrays."""

    def __init__(self) -> None:
        super().__init__(name="ContraState")


_STATE = StateType()
_OCTETS = ("head", "frames", "blob", "templates", "board")
_KINDS = {"trail": types.uint16, **dict.fromkeys(_OCTETS, types.uint8)}
_FIELDS = {name: (place, _KINDS.get(name, types.int64)) for place, name in enumerate(State._fields[:-1])}


@_model(StateType)
class _StateModel(_models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.IntType(64).as_pointer())


@_templates.infer_getattr
class _StateFields(_templates.AttributeTemplate):
    key = StateType

    def generic_resolve(self, state: Any, name: str) -> Any:
        """The kind of pointer that a field is."""
        return _types.CPointer(_FIELDS[name][1])


@_lower(StateType)
def _field(context: Any, builder: Any, kind: Any, state: Any, name: str) -> Any:
    """Load a pointer. It never changes in a run, which the optimiser is told."""
    place, element = _FIELDS[name]
    loaded = builder.load(builder.gep(state, [ir.IntType(64)(place)]))
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return builder.inttoptr(loaded, context.get_value_type(_types.CPointer(element)))


def _as(kind: Any) -> Any:
    @_intrinsic
    def convert(typing: Any, address: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return kind(types.int64), emit

    return convert


state_at, octets = _as(_STATE), _as(_types.CPointer(types.uint8))


def launch(address: int) -> int:
    """Run the core on a state: the address of the addresses of its arrays, in the order of `State`."""
    return run(state_at(address))


def _call(s: Any, switch: int, stage: int, packet: int) -> None:
    at, net = switch * SWITCH, s.net
    phv = net[N_PHV_AT] + 8 * s.packets[packet * PACKET + P_PHV]
    invoke(s.switches[at + stage], s.switches[at + S_STATE], phv, net[N_HEAD_AT] + packet * net[N_ROW])


def _store(s: Any, switch: int, hold: int, value: int) -> None:
    memory = octets(s.switches[switch * SWITCH + S_STATE] + s.holds[hold + HOLD_OFFSET])
    for index in range(s.holds[hold + HOLD_WIDTH]):
        memory[index] = (value >> (8 * index)) & 255


@_intrinsic
def _move(typing: Any, array: Any, target: Any, source: Any, count: Any) -> Any:
    """Copy elements within an array: memcpy."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, target, source, count = arguments
        size = ir.IntType(64)(context.get_abi_sizeof(context.get_value_type(signature.args[0].dtype)))
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(64)
        places = [builder.bitcast(builder.gep(array, [place]), byte) for place in (target, source)]
        copy = builder.module.declare_intrinsic("llvm.memcpy", [byte, byte, word])
        builder.call(copy, [*places, builder.mul(count, size), ir.IntType(1)(0)])
        return context.get_dummy_value()

    return types.none(array, types.int64, types.int64, types.int64), emit


def _copy(array: Any, target: int, source: int, count: int) -> None:
    _move(array, target, source, count)


@_intrinsic
def _touch(typing: Any, array: Any, at: Any) -> Any:
    """Prefetch for reading and writing, to all levels of cache."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        touch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        place = builder.bitcast(builder.gep(arguments[0], [arguments[1]]), byte)
        builder.call(touch, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.none(array, types.int64), emit


def _prefetch(array: Any, at: int) -> None:
    _touch(array, at)


def register() -> None:
    """Tell numba what the functions of `gate` are in compiled code."""
    for function in (_call, _store, _copy, _prefetch):
        function.__annotations__ = {}  # numba compares the signatures, annotations included
    overload(gate.call)(lambda s, switch, stage, packet: _call)
    overload(gate.store)(lambda s, switch, hold, value: _store)
    overload(gate.copy)(lambda array, target, source, count: _copy)
    overload(gate.prefetch)(lambda array, at: _prefetch)
