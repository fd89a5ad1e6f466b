"""`--dump-after`: what a stage produced, for people who look into the compiler.

One printer per stage; those without a form of their own are shown as trees, field by field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from contra.driver import Compilation, generated_files


def dump(compilation: Compilation, stage: str) -> str:
    """The text for the result of a stage that has run."""
    return PRINTERS[stage](compilation)


def _parsed(compilation: Compilation) -> str:
    return tree(compilation.policy)


def _loaded(compilation: Compilation) -> str:
    from contra.topology import to_json

    assert compilation.topology is not None
    return to_json(compilation.topology)


def _checked(compilation: Compilation) -> str:
    return tree(compilation.checked)


def _analysed(compilation: Compilation) -> str:
    from contra.analysis import explain

    assert compilation.analysed is not None
    return explain(compilation.analysed)


def _built(compilation: Compilation) -> str:
    from contra.product import to_json

    assert compilation.graph is not None
    return to_json(compilation.graph)


def _lowered(compilation: Compilation) -> str:
    assert compilation.deployment is not None
    from contra.ir.budget import budget_text

    programs = compilation.deployment.programs
    return tree(programs) + "".join(f"\n{budget_text(program)}" for program in programs)


def _emitted(compilation: Compilation) -> str:
    return "".join(f"{len(content.encode()):>10}  {path}\n" for path, content in generated_files(compilation))


PRINTERS: dict[str, Callable[[Compilation], str]] = {
    "parse": _parsed,
    "load": _loaded,
    "check": _checked,
    "analyse": _analysed,
    "build": _built,
    "lower": _lowered,
    "emit": _emitted,
}
"""How to show the result of each stage."""


def tree(value: Any) -> str:
    """A value as an indented tree: dataclasses by field (those that take part in repr), sequences by item.

    Iterative: a deep policy must not be a deep recursion.
    """
    lines: list[str] = []
    stack: list[tuple[int, str, Any]] = [(0, "", value)]
    while stack:
        depth, head, item = stack.pop()
        parts = list(_parts(item))
        title = _title(item, bool(parts))
        lines.append(("  " * depth + head + title).rstrip())
        stack.extend((depth + 1, name, part) for name, part in reversed(parts))
    return "\n".join(lines) + "\n"


def _parts(item: Any) -> Iterator[tuple[str, Any]]:
    if is_dataclass(item) and not isinstance(item, type):
        for field in fields(item):
            part = getattr(item, field.name)
            if field.repr and not callable(part):
                yield f"{field.name}: ", part
    elif isinstance(item, Mapping):
        yield from ((f"{key}: ", part) for key, part in item.items())
    elif isinstance(item, tuple | list):
        yield from (("- ", part) for part in item)
    elif isinstance(item, frozenset | set):
        yield from (("- ", part) for part in sorted(item, key=str))


def _title(item: Any, has_parts: bool) -> str:
    if is_dataclass(item) and not isinstance(item, type):
        return type(item).__name__
    if isinstance(item, Enum):
        return item.name
    if isinstance(item, tuple | list | Mapping | frozenset | set):
        return "" if has_parts else "none"
    return repr(item) if isinstance(item, str) else str(item)
