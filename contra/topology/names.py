"""Labels -> names that P4, file systems and Linux interfaces take.

A name is a P4 identifier that is no P4 word, unique without regard to case (file systems), and so short
that `<name>-eth<port>` fits an interface's 15 characters for every port of the node. It equals the label
where that is legal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MAX_NAME = 10
"""Longest name of all; a switch with ports of two or three digits gets less."""

_INTERFACE = 15
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_P4_WORDS = frozenset(
    [
        "abstract",
        "action",
        "actions",
        "apply",
        "bit",
        "bool",
        "break",
        "const",
        "continue",
        "control",
        "default",
        "else",
        "entries",
        "enum",
        "error",
        "exit",
        "extern",
        "exact",
        "false",
        "for",
        "header",
        "header_union",
        "if",
        "in",
        "inout",
        "int",
        "key",
        "list",
        "lpm",
        "main",
        "match_kind",
        "out",
        "package",
        "parser",
        "pragma",
        "priority",
        "return",
        "select",
        "state",
        "string",
        "struct",
        "switch",
        "table",
        "ternary",
        "this",
        "transition",
        "true",
        "tuple",
        "type",
        "typedef",
        "value_set",
        "varbit",
        "verify",
        "void",
        "accept",
        "reject",
        "NoAction",
    ]
)


def longest_name(highest_port: int) -> int:
    """How long a name may be for the interface `<name>-eth<highest_port>`."""
    return min(MAX_NAME, _INTERFACE - len(f"-eth{highest_port}"))


def is_legal(label: str, limit: int) -> bool:
    """Whether the label can be its own name."""
    return len(label) <= limit and bool(_IDENTIFIER.fullmatch(label)) and label not in _P4_WORDS


def assign_names(labels: Sequence[str], limits: Sequence[int], fallback: str = "s") -> list[str]:
    """One name per label, in order; deterministic. `limits` are the longest lengths, `fallback` begins odd
    ones.
    """
    labels_in_use = {label.lower() for label in labels}
    taken: set[str] = set()
    names: list[str | None] = []
    for label, limit in zip(labels, limits, strict=True):
        legal = is_legal(label, limit) and label.lower() not in taken
        names.append(label if legal else None)
        if legal:
            taken.add(label.lower())
    taken |= labels_in_use
    counters: dict[str, int] = {}
    for i, label in enumerate(labels):
        if names[i] is None:
            names[i] = _invent(label, limits[i], fallback, taken, counters)
    return [name for name in names if name is not None]


def _invent(label: str, limit: int, fallback: str, taken: set[str], counters: dict[str, int]) -> str:
    base = _identifier(label, fallback)
    name = base[:limit].rstrip("_") or fallback
    if name.lower() not in taken and name not in _P4_WORDS:
        taken.add(name.lower())
        return name
    key = base[:limit].lower()
    number = counters.get(key, 1)
    while True:
        number += 1
        suffix = f"_{number}"
        name = base[: limit - len(suffix)].rstrip("_") + suffix
        if name.lower() not in taken:
            counters[key] = number
            taken.add(name.lower())
            return name


def _identifier(label: str, fallback: str) -> str:
    """The label's letters and digits in ASCII, words joined in CamelCase."""
    plain = unicodedata.normalize("NFKD", label[:200]).encode("ascii", "ignore").decode("ascii")
    words = re.findall(r"[A-Za-z0-9_]+", plain)
    joined = "".join(word[:1].upper() + word[1:] for word in words) if len(words) > 1 else "".join(words)
    if not joined:
        return fallback
    return joined if _IDENTIFIER.fullmatch(joined) else fallback + joined
