"""Switches of any network, read over P4Runtime at the addresses in a file; nobody's control of them is taken.

The file: `{"scale": "1/500", "switches": {NAME: {"address": "HOST:PORT", "device_id": N}}}`. `scale` is that of
capacities, 1 if it is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contra.deploy.control.client import Address, Deadlines, Kind, Pipeline, SwitchError
from contra.deploy.control.dump import holding_json
from contra.deploy.control.explain import Trouble, explained
from contra.deploy.control.fleet import LOOKERS, try_all
from contra.deploy.control.model import Holding
from contra.deploy.control.names import differences
from contra.deploy.control.session import Target
from contra.diagnostics import Reporter
from contra.engine.build import Build
from contra.engine.inputs import read_file
from contra.jsontext import JsonDocument, kind_of, read_json
from contra.source import SourceFile
from contra.verify.errors import BadAddress, StrangeSwitch
from contra.verify.seen import SCHEMA, Snapshot
from contra.verify.snapshot import snapshot_of, snapshot_text

_SWITCHES = "the switches"
_MAX_DEVICE = 2**64 - 1
DEADLINES = Deadlines(connect_s=5.0)


def read_switches(
    path: Path, build: Build, reporter: Reporter, say: Callable[[str], None] = lambda text: None
) -> Snapshot:
    """What the switches at the addresses in a file hold now. One that does not answer is part of the result.

    Raises CompileError where the file cannot be read or names no address (CTR1001, CTR02xx, CTR1710), and ToolError
    (CTR1114) where the programs of the build were never compiled.
    """
    document = read_json(read_file(path, "the file of addresses", reporter), reporter, "a file of addresses")
    targets = _targets(document, build, reporter)
    taken = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    found, failures = try_all(
        range(len(targets)),
        lambda index: _read(targets[index]),
        lambda done, total: say(f"reading {done} of {total}"),
        workers=LOOKERS,
    )
    switches: dict[str, Any] = {}
    for index, target in enumerate(targets):
        if index in found:
            switches[target.name] = holding_json(found[index], found[index])
        else:
            first = failures[index][0]
            switches[target.name] = {"error": {"code": first.code, "message": first.title_text()}}
    content: dict[str, Any] = {"schema": SCHEMA, "revision": "", "taken": taken}
    content["deployment"] = {"scale": document.value.get("scale", "1")}
    content["switches"] = switches
    return snapshot_of(SourceFile(_SWITCHES, snapshot_text(content)), build, reporter, live=True)


def _targets(document: JsonDocument, build: Build, reporter: Reporter) -> list[Target]:
    """The switches that the file names; all that is wrong with it is reported."""
    from contra.deploy.control.p4runtime import load_pipeline

    top = document.value
    rows = top.get("switches") if isinstance(top, dict) else None
    if not isinstance(rows, dict):
        found = kind_of(top if rows is None else rows)
        reporter.report(BadAddress(what="the file", expected="an object with 'switches'", found=found))
        reporter.check()
        return []
    pipelines: dict[str, Pipeline] = {}
    targets = []
    for name, row in rows.items():
        program = build.manifest.switches[name].program if name in build.manifest.switches else ""
        address = row.get("address") if isinstance(row, dict) else None
        device = row.get("device_id") if isinstance(row, dict) else None
        span = document.span(("switches", name))
        if not program:
            reporter.report(StrangeSwitch(name=name, near="", span=document.span(("switches", name), key=True)))
        elif (
            type(address) is not str or ":" not in address or type(device) is not int or not 0 <= device <= _MAX_DEVICE
        ):
            expected = 'an object such as {"address": "127.0.0.1:50051", "device_id": 1}'
            reporter.report(BadAddress(what=f"switch '{name}'", expected=expected, found=kind_of(row), span=span))
        else:
            if program not in pipelines:
                file = build.folder / build.programs[program].row.file
                pipelines[program] = load_pipeline(file.with_suffix(".p4info.txtpb"), file.with_suffix(".json"))
            where = Address(target=address, device_id=device)
            targets.append(Target(name=name, program=program, address=where, pipeline=pipelines[program]))
    reporter.check()
    return targets


def _read(target: Target) -> Holding:
    """What a switch holds. Raises ControlError."""
    from contra.deploy.control.p4runtime import observe

    try:
        client = observe(target.address, target.pipeline.names, DEADLINES)
        try:
            _check_program(client.running(DEADLINES.look_s).names, target)
            return client.read()
        finally:
            client.close()
    except (SwitchError, Trouble) as error:
        raise explained(error, target, "reading its entries") from None


def _check_program(running: Any, target: Target) -> None:
    """Other controllers have other cookies, so programs are told apart by their tables, actions and counters."""
    if running is None:
        raise Trouble(Kind.WRONG_PIPELINE, reasons=("it runs no program at all",))
    reasons = tuple(differences(target.pipeline.names, running))
    if reasons:
        raise Trouble(Kind.WRONG_PIPELINE, reasons=reasons)
