"""What tests of `contra verify` share: a compiled network, snapshots of its runtime files, ways to break them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from contra.cli.contrac import main as contrac
from contra.diagnostics import Reporter
from contra.engine.build import Build, load

REPO = Path(__file__).parent.parent.parent
LISTS = ("table_entries", "multicast_group_entries")


def compiled(folder: Path, policy: str = "waypoint", topology: str = "abilene", *options: str) -> Path:
    """A build of an example, made in `folder`, with names relative to it."""
    for name, home in ((f"{policy}.ctr", "examples"), (f"{topology}.json", "topologies")):
        (folder / name).write_bytes((REPO / home / name).read_bytes())
    made = folder / "build"
    assert (
        contrac([str(folder / f"{policy}.ctr"), str(folder / f"{topology}.json"), "-o", str(made), "-q", *options]) == 0
    )
    return made


def loaded(build: Path) -> Build:
    """A build in memory, without warnings."""
    reporter = Reporter()
    made = load(build, reporter)
    assert not reporter.diagnostics
    return made


def held(build: Path) -> dict[str, Any]:
    """A snapshot of a network that holds what the runtime files say, put together from these alone."""
    text = (build / "manifest.json").read_text(encoding="utf-8")
    switches = {}
    for name, row in json.loads(text)["switches"].items():
        runtime = json.loads((build / row["runtime"]).read_text(encoding="utf-8"))
        switches[name] = {key: runtime[key] for key in LISTS}
    revision = sha256(text.encode()).hexdigest()[:12]
    return {"schema": 1, "revision": revision, "taken": "2025-01-02T03:04:05.678Z", "switches": switches}


def written(folder: Path, snapshot: Mapping[str, Any]) -> Path:
    """A snapshot as a file."""
    path = folder / "snapshot.json"
    path.write_text(json.dumps(snapshot, indent=1), encoding="utf-8")
    return path


def entries(snapshot: Mapping[str, Any], switch: str, table: str) -> list[dict[str, Any]]:
    """The rows of a table of a switch, in order."""
    rows = snapshot["switches"][switch]["table_entries"]
    return [row for row in rows if row["table"].rpartition(".")[2] == table]


def remove(
    snapshot: Mapping[str, Any], switch: str, wanted: Callable[[Mapping[str, Any]], bool]
) -> list[dict[str, Any]]:
    """Take entries out of a switch; those that were."""
    rows = snapshot["switches"][switch]["table_entries"]
    gone = [row for row in rows if wanted(row)]
    snapshot["switches"][switch]["table_entries"] = [row for row in rows if not wanted(row)]
    return gone
