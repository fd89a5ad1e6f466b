"""The report for programs. Keys are stable; times are whole ns, rates bit/s, shares fractions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from contra.engine.run.report import Report

_NS = 1_000


def to_json(report: Report, extra: Mapping[str, Any]) -> str:
    """One document; each row of a list stands on a line."""
    members = {**_value(report), **extra}
    return "{\n" + ",\n".join(f"  {_line(key)}: {_member(value)}" for key, value in members.items()) + "\n}\n"


def _member(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"    {_line(each)}" for each in value) + "\n  ]"
    return _line(value)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _value(value: Any) -> Any:
    if is_dataclass(value):
        members = {}
        for field in fields(value):
            given = getattr(value, field.name)
            if field.name.endswith("_ps"):
                members[field.name[:-3] + "_ns"] = given if given is None or given < 0 else given // _NS
            else:
                members[field.name] = _value(given)
        return members
    if isinstance(value, tuple):
        return [_value(each) for each in value]
    if isinstance(value, float):
        return round(value, 9)
    return value
