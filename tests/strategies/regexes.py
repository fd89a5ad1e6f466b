"""Random regexes over a few switch names, and their counterpart in Python's `re`.

Names are single characters, so that a path is a string.
"""

from __future__ import annotations

import re

from hypothesis import strategies as st

from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols, Union


def symbols(names: str) -> Symbols:
    """One of the characters."""
    return Symbols(frozenset(names))


def word(names: str) -> Concat:
    """The characters in order; `.` is any switch and `*` any number of any switches."""
    parts = {".": AnySymbol(), "*": Star(AnySymbol())}
    return Concat(tuple(parts[c] if c in parts else symbols(c) for c in names))


def regexes(names: str, max_leaves: int = 8) -> st.SearchStrategy[Regex]:
    """Any tree, the empty word, the empty language and nested stars included."""
    leaves = st.one_of(
        st.sets(st.sampled_from(names), min_size=1, max_size=2).map(lambda chosen: Symbols(frozenset(chosen))),
        st.just(AnySymbol()),
        st.just(Star(AnySymbol())),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: Concat(tuple(parts))),
            st.lists(inner, max_size=3).map(lambda options: Union(tuple(options))),
            inner.map(Star),
        ),
        max_leaves=max_leaves,
    )


def as_pattern(regex: Regex) -> str:
    """The same language for Python's `re`."""
    if isinstance(regex, AnySymbol):
        return "."
    if isinstance(regex, Symbols):
        return f"[{''.join(sorted(regex.names))}]"
    if isinstance(regex, Concat):
        return "".join(as_pattern(part) for part in regex.parts)
    if isinstance(regex, Star):
        return f"(?:{as_pattern(regex.body)})*"
    return f"(?:{'|'.join(as_pattern(option) for option in regex.options)})" if regex.options else "(?!)"


def compiled(regex: Regex) -> re.Pattern[str]:
    """`compiled(r).fullmatch(path)` is the oracle."""
    return re.compile(as_pattern(regex), re.DOTALL)
