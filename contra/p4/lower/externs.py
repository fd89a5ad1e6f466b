"""v1model's functions: hashes, checksums, drops, copies of packets, digests."""

from __future__ import annotations

from contra.p4 import abi, typed
from contra.p4.code import (
    RANDOM_STATE,
    Binary,
    Const,
    Digest,
    If,
    RegisterLoad,
    RegisterStore,
    Resize,
    Set,
    Value,
    Word,
)
from contra.p4.lower.assign import store
from contra.p4.lower.context import Context
from contra.p4.lower.places import StructPlace, width_of
from contra.p4.lower.values import flat, place, scalar, value

HASH_WIDTHS = {"crc16": 16, "crc32": 32, "csum16": 16, "xor16": 16, "identity": 64}

_REPLICATE = {
    "resubmit": (abi.ASK_RESUBMIT, None, abi.RESUBMIT_FIELDS),
    "recirculate": (abi.ASK_RECIRCULATE, None, abi.RECIRCULATE_FIELDS),
    "clone_ingress": (abi.ASK_CLONE_INGRESS, abi.CLONE_INGRESS_SESSION, abi.CLONE_INGRESS_FIELDS),
    "clone_egress": (abi.ASK_CLONE_EGRESS, abi.CLONE_EGRESS_SESSION, abi.CLONE_EGRESS_FIELDS),
}


def extern(context: Context, node: typed.Statement) -> None:
    """Translate a call of one of v1model's functions."""
    match node:
        case typed.Hash():
            _hash(context, node)
        case typed.Random():
            _random(context, node)
        case typed.Checksum():
            _checksum(context, node)
        case typed.MarkToDrop():
            standard = place(context, node.metadata)
            assert isinstance(standard, StructPlace)
            context.emit(Set(scalar(standard.members["egress_spec"]), Const(9, typed.DROP_PORT)))
            context.emit(Set(scalar(standard.members["mcast_grp"]), Const(16, 0)))
        case typed.Replicate():
            _replicate(context, node)
        case typed.Digest():
            parts = flat(context, node.data)
            slots = context.shared.digest
            context.emit(*(Set(slot, Resize(slot.width, part)) for slot, part in zip(slots, parts, strict=False)))
            context.emit(_request(abi.ASK_DIGEST))
        case typed.Truncate():
            _truncate(context, value(context, node.length))
        case _:
            raise TypeError(f"no translation of {type(node).__name__}")


def _request(flag: int) -> Set:
    word = Word(64, abi.REQUEST)
    return Set(word, Binary(64, "or", word, Const(64, flag)))


def _hash(context: Context, node: typed.Hash) -> None:
    """base + H(data) mod max, in 64 bits as behavioral-model computes it; max 0 counts as 1."""
    digest: Value = Digest(HASH_WIDTHS[node.algorithm], node.algorithm, flat(context, node.data))
    digest = context.spill(Resize(64, digest))
    base = Resize(64, value(context, node.base))
    limit = context.spill(Resize(64, value(context, node.max)))
    if isinstance(node.max, typed.Constant):
        size = node.max.value
        if size & (size - 1) == 0:
            remainder: Value = Binary(64, "and", digest, Const(64, max(size, 1) - 1))
        else:
            remainder = Binary(64, "urem", digest, Const(64, size))
    else:
        zero = Binary(1, "eq", limit, Const(64, 0))
        safe = context.local(64)
        context.emit(Set(safe, limit), If(zero, (Set(safe, Const(64, 1)),)))
        remainder = Binary(64, "urem", digest, safe)
    store(context, node.target, Resize(width_of(node.target.type), Binary(64, "add", base, remainder)))


def _random(context: Context, node: typed.Random) -> None:
    """low + R mod (high - low + 1), where R has 64 bits; R itself where all of them are wanted.

    R comes from SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), whose state is a number of 64 bits that may be any.
    """
    cell = context.shared.hidden_register(RANDOM_STATE)
    state = context.local(64)
    context.emit(RegisterLoad(cell, state, Const(32, 0)))
    context.emit(Set(state, Binary(64, "add", state, Const(64, 0x9E3779B97F4A7C15))))
    context.emit(RegisterStore(cell, Const(32, 0), state))
    mixed: Value = state
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        shifted = context.spill(Binary(64, "xor", mixed, Binary(64, "lshr", mixed, Const(64, shift))))
        mixed = context.spill(Binary(64, "mul", shifted, Const(64, factor)))
    drawn = context.spill(Binary(64, "xor", mixed, Binary(64, "lshr", mixed, Const(64, 31))))
    low, high = (context.spill(Resize(64, value(context, each))) for each in (node.low, node.high))
    count = context.local(64)
    context.emit(Set(count, Binary(64, "add", Binary(64, "sub", high, low), Const(64, 1))))
    result = context.local(64)
    context.emit(Set(result, drawn))
    some = Binary(1, "ne", count, Const(64, 0))
    context.emit(If(some, (Set(result, Binary(64, "add", low, Binary(64, "urem", drawn, count))),)))
    store(context, node.target, Resize(width_of(node.target.type), result))


def _checksum(context: Context, node: typed.Checksum) -> None:
    condition = value(context, node.condition)
    with context.body() as block:
        width = width_of(node.field.type)
        computed: Value = Digest(
            HASH_WIDTHS[node.algorithm], node.algorithm, flat(context, node.data), payload=node.payload
        )
        computed = Resize(width, computed)
        if node.which == "update":
            store(context, node.field, computed)
        else:
            wrong = Binary(1, "ne", value(context, node.field), computed)
            context.emit(If(wrong, (Set(Word(1, abi.CHECKSUM_ERROR), Const(1, 1)),)))
    context.emit(If(condition, tuple(block)))


def _truncate(context: Context, length: Value) -> None:
    """The smallest of several lengths counts (behavioral-model, Packet::truncate)."""
    kept, asked = Word(64, abi.TRUNCATE), Word(64, abi.REQUEST)
    new = context.spill(Resize(64, length))
    first = Binary(1, "eq", Binary(64, "and", asked, Const(64, abi.ASK_TRUNCATE)), Const(64, 0))
    shorter = Binary(1, "ult", new, kept)
    context.emit(If(Binary(1, "or", first, shorter), (Set(kept, new),)), _request(abi.ASK_TRUNCATE))


def _replicate(context: Context, node: typed.Replicate) -> None:
    flag, session, fields = _REPLICATE[node.which]
    if session is not None:
        assert node.session is not None
        context.emit(Set(Word(64, session), Resize(64, value(context, node.session))))
    kept = 0 if node.fields is None else node.fields + 1
    context.emit(Set(Word(64, fields), Const(64, kept)), _request(flag))
