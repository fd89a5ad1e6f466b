"""Small pieces of P4 text: sums of shifts, conditionals, rank words."""

from __future__ import annotations

from collections.abc import Sequence

from contra.ir.model import Component, IntegerForm, ProbeMetric, RankWord


def when(condition: str, *body: str) -> list[str]:
    """`if (condition) { body }` as lines."""
    return [f"if ({condition}) {{", *(f"    {line}" for line in body), "}"]


def hexadecimal(value: int, bits: int) -> str:
    """A P4 literal in hexadecimal, padded to its width."""
    return f"0x{value:0{(bits + 3) // 4}x}"


def summands(name: str, factor: int, bits: int) -> list[str]:
    """factor * metric as shifted copies of the metric, most significant first: no multiplier (hardware rule 4)."""
    wide = f"(bit<{bits}>) hdr.probe.{name}"
    parts = []
    for shift in range(factor.bit_length() - 1, -1, -1):
        if factor >> shift & 1:
            parts.append(f"({wide} << {shift})" if shift else wide)
    return parts


def sum_text(form: IntegerForm, bits: int, fields: dict[str, str], constant: str | None = None) -> str:
    """A linear form as P4; `constant` overrides the text of the constant."""
    added = [part for name, factor in form.terms if factor > 0 for part in summands(fields[name], factor, bits)]
    taken = [part for name, factor in form.terms if factor < 0 for part in summands(fields[name], -factor, bits)]
    if constant is not None:
        added.append(constant)
    elif form.constant or not added:
        added.append(f"{bits}w{form.constant}")
    return " + ".join(added) + "".join(f" - {part}" for part in taken)


def component_lines(variable: str, component: Component, fields: dict[str, str]) -> list[str]:
    """Statements that leave a component's value in `variable` (declared elsewhere)."""
    bits = component.bits
    first, *others = component.alternatives
    lines = [f"{variable} = {sum_text(first, bits, fields)};"]
    for form in others:
        text = sum_text(form, bits, fields)
        lines += when(f"{text} > {variable}", f"{variable} = {text};")
    if component.ceiling is not None:
        top = f"{bits}w{component.ceiling}"
        lines += when(f"{variable} > {top}", f"{variable} = {top};")
    return lines


def word_text(word: RankWord, total_bits: int, parts: Sequence[str]) -> str:
    """Component texts concatenated to a word, padded on the left."""
    padded = list(parts)
    if word.bits < total_bits:
        padded.insert(0, f"{total_bits - word.bits}w0")
    if len(padded) == 1:
        return padded[0]
    return " ++ ".join(part if _is_atom(part) else f"({part})" for part in padded)


def _is_atom(text: str) -> bool:
    return " " not in text


def metric_fields(metrics: Sequence[ProbeMetric]) -> dict[str, str]:
    """Header field of each metric by name."""
    return {metric.name: metric.field for metric in metrics}
