"""The table: one tidy row a run, in the order of the plan."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from contra.experiments.store import Store

Row = Mapping[str, Any]


def write_table(store: Store, rows: Sequence[Row]) -> tuple[str, ...]:
    """Write `table.csv`, and `table.parquet` where pyarrow is there; the names of the files."""
    names = list(dict.fromkeys(key for row in rows for key in row))
    store.write("table.csv", _csv(rows, names))
    if find_spec("pyarrow") is None:
        return ("table.csv",)
    store.write("table.parquet", _parquet(rows, names))
    return ("table.csv", "table.parquet")


def _csv(rows: Sequence[Row], names: Sequence[str]) -> bytes:
    """RFC 4180 with line feeds. What a run has no value for is empty; numbers are written so that they read back."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _plain(value) for key, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return "" if value is None else value


def _parquet(rows: Sequence[Row], names: Sequence[str]) -> bytes:
    from importlib import import_module

    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    table = arrow.table({name: [row.get(name) for row in rows] for name in names})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()
