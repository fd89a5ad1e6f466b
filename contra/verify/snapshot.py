"""What the switches of a network held at one moment, as a file: `schema`, `revision`, `taken`, `switches` and more.

What each switch holds has the form of runtime.json (docs/artifacts.md), so that one can be laid beside the other. The
whole form is in docs/verify.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from contra.deploy.daemon.client import call
from contra.deploy.daemon.places import Places
from contra.diagnostics import Reporter
from contra.engine.build import Build
from contra.engine.inputs import read_file
from contra.jsontext import read_json
from contra.source import SourceFile
from contra.verify.seen import Snapshot
from contra.verify.snapshot_read import SnapshotReader

_WHAT = "a snapshot"
_LIVE = "the running network"


def read_snapshot(path: Path, build: Build, reporter: Reporter) -> Snapshot:
    """The snapshot in a file, as far as it can be read; what cannot be goes to `reporter`, and to its notes.

    Raises CompileError where nothing can be read: no file (CTR1001), no JSON (CTR02xx), no snapshot (CTR1701, CTR1702).
    """
    return snapshot_of(read_file(path, "the snapshot", reporter), build, reporter)


def take_snapshot(
    places: Places, build: Build, reporter: Reporter, say: Callable[[str], None] = lambda text: None
) -> Snapshot:
    """What the switches of a running network hold now.

    A switch that does not answer is part of the result. Raises CompileError where no such network runs, RemoteFailure
    for what went wrong there.
    """
    content = call(places, {"do": "holdings"}, say)
    return snapshot_of(SourceFile(_LIVE, snapshot_text(content)), build, reporter, live=True)


def snapshot_of(file: SourceFile, build: Build, reporter: Reporter, live: bool = False) -> Snapshot:
    """As `read_snapshot`, from a text; `live` if that is not in a file, so that messages name no places in it."""
    return SnapshotReader(read_json(file, reporter, _WHAT), build, reporter, live).read()


def snapshot_text(content: Mapping[str, Any]) -> str:
    """The JSON text of a snapshot, an entry a line."""
    rows = [f'  "{key}": {_dumped(value)}' for key, value in content.items() if key != "switches"]
    switches = ",\n".join(f"    {_dumped(name)}: {_switch(row)}" for name, row in content["switches"].items())
    rows.append('  "switches": {\n' + switches + "\n  }")
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _switch(row: Mapping[str, Any]) -> str:
    return "{\n" + ",\n".join(_members(row)) + "\n    }"


def _members(row: Mapping[str, Any]) -> Iterator[str]:
    for key, value in row.items():
        if isinstance(value, list) and value:
            lines = ",\n".join(f"        {_dumped(each)}" for each in value)
            yield f"      {_dumped(key)}: [\n{lines}\n      ]"
        else:
            yield f"      {_dumped(key)}: {_dumped(value)}"


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
