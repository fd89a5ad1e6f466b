"""What a running network answers to the actions of `contra net`: requests in, JSON out."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from contra.deploy.control.differ import entry_counts
from contra.deploy.control.dump import adjustments_json, holding_json
from contra.deploy.control.journal import journal_path
from contra.deploy.control.model import Difference, Holding, Key
from contra.deploy.control.words import content_words, key_words, provenance_words
from contra.deploy.daemon.client import Say
from contra.deploy.errors import NoSuchPlace
from contra.deploy.network.capture import Capture
from contra.deploy.network.processes import Process
from contra.deploy.plan import make_plan
from contra.deploy.state.show import show_state, state_json
from contra.deploy.state.snapshot import counted_of
from contra.deploy.testbed import Testbed
from contra.diagnostics import CompileError, Reporter, shown
from contra.engine.build import load
from contra.engine.inputs import LinkFailure, read_file, read_place, read_state
from contra.suggest import did_you_mean

Answer = Callable[[Mapping[str, Any], Say], Mapping[str, Any]]


def answers(testbed: Testbed) -> dict[str, Answer]:
    """Per request what answers it."""
    captures = _Captures()
    table: dict[str, Callable[[Testbed, Mapping[str, Any], Say], Mapping[str, Any]]] = {
        "status": lambda bed, request, say: status(bed),
        "routes": _routes,
        "show": _show,
        "watch": _watch,
        "verify": _verify,
        "holdings": _holdings,
        "fail": _fail,
        "heal": _heal,
        "restart": _restart,
        "reach": _reach,
        "hold": _hold,
        "apply": _apply,
        "hosts": _hosts,
        "capture": captures.start,
        "capture_stop": captures.stop,
    }
    return {name: _bound(testbed, answer) for name, answer in table.items()}


def _bound(testbed: Testbed, answer: Callable[[Testbed, Mapping[str, Any], Say], Mapping[str, Any]]) -> Answer:
    return lambda request, say: answer(testbed, request, say)


# ------------------------------------------------------------------------------------------------ looking


def status(bed: Testbed) -> dict[str, Any]:
    """Everything that `contra net status` prints."""
    plan = bed.plan
    cut = {link for link, _ in bed.network.cut}
    held = {state.link for state in bed.held}
    return {
        "name": plan.settings.name,
        "build": str(bed.build.folder),
        "scheme": bed.build.manifest.scheme,
        "topology": bed.build.topology.name,
        "scale": str(plan.scale),
        "tls": plan.settings.tls is not None,
        "namespace": "its own" if plan.settings.isolated else "",
        "pid": os.getpid(),
        "reads": bed.reads,
        "seconds": time.time() - bed.started if bed.started else 0.0,
        "took": bed.took,
        "journal": str(journal_path(bed.build.folder)),
        "trouble": bed.trouble,
        "clock": _clock(bed) if bed.learns else None,
        "pairs": _pairs(bed) if bed.learns else None,
        "switches": [_switch_row(bed, index) for index in range(len(plan.switches))],
        "links": [
            {"name": bed.link_name(row.link.index), "capacity": row.capacity, "interfaces": list(row.interfaces),
             "up": row.link.index not in cut, "held": row.link.index in held}
            for row in plan.links
        ],
        "hosts": _hosts(bed, {"hosts": []}, print)["hosts"],
    }  # fmt: skip


def _clock(bed: Testbed) -> dict[str, Any]:
    clock, switches = bed.clock, bed.plan.switches
    return {
        "period_us": bed.build.manifest.constants.probe_period_us,
        "rounds": clock.rounds,
        "paused": clock.paused,
        "missed": {switches[index].switch.name: count for index, count in clock.missed.items()},
        "latest_s": clock.latest,
    }


def _pairs(bed: Testbed) -> dict[str, int]:
    found = bed.routes()
    return {"routed": sum(each.route.path is not None for each in found), "allowed": bed.allowed_pairs}


def _switch_row(bed: Testbed, index: int) -> dict[str, Any]:
    row = bed.plan.switches[index]
    node = bed.network.ledger.switches.get(row.switch.name)
    return {
        "name": row.switch.name,
        "label": row.switch.label,
        "program": row.program,
        "pid": node.process.pid if node is not None else None,
        "alive": bed.network.switch_alive(index),
        "entries": sum(entry_counts(bed.expected(index)).values()),
        "p4runtime": f"127.0.0.1:{row.grpc_port}",
        "thrift": row.thrift_port if bed.reads == "over Thrift" else None,
        "trouble": bed.sessions[index].trouble,
    }


def _routes(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    states = None
    if request.get("state"):
        reporter = Reporter()
        file = read_file(Path(str(request["state"])), "the state file", reporter)
        states = read_state(file, bed.build.topology, reporter)
    return {"routes": [{**each.route.json(), "why": each.text} for each in bed.routes(states)]}


def _show(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    index = _switch(bed, str(request["switch"]))
    say(f"reading the state of {bed.build.topology.switches[index].label}")
    view = bed.switch(index)
    return {"text": show_state(bed.build, view), "state": state_json(bed.build, view)}


def _watch(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    since = counted_of(request["since"]) if request.get("since") else None
    snapshot, counted = bed.snapshot(since)
    return {"snapshot": snapshot.json(), "counted": counted.json()}


def _verify(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    found, failures = bed.verify(say)
    rows = []
    for index, row in enumerate(bed.plan.switches):
        expected = bed.expected(index)
        failure = "; ".join(each.title_text() for each in failures.get(index, ()))
        differences = [] if index in failures else list(_differences(found[index], expected))
        rows.append(
            {
                "switch": row.switch.name,
                "entries": len(expected.contents),
                "differences": differences,
                "failure": failure,
            }
        )
    return {"switches": rows}


def _holdings(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """All that the switches hold: a snapshot, in the form of docs/verify.md."""
    taken = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    found, failures = bed.holdings(say)
    switches: dict[str, Any] = {}
    for index, row in enumerate(bed.plan.switches):
        if index in found:
            switches[row.switch.name] = holding_json(found[index], bed.expected(index))
        else:
            first = failures[index][0]
            switches[row.switch.name] = {"error": {"code": first.code, "message": first.title_text()}}
    return {
        "schema": 1,
        "revision": bed.revision,
        "taken": taken,
        "deployment": {
            "name": bed.plan.settings.name,
            "build": str(bed.build.folder),
            "scale": str(bed.plan.scale),
            "held": adjustments_json(bed.build, bed.adjustments),
        },
        "switches": switches,
    }


def _differences(difference: Difference, expected: Holding) -> Iterable[dict[str, Any]]:
    """Each difference in words, with where the expected entry comes from."""

    def row(kind: str, key: Key, text: str) -> dict[str, Any]:
        why = provenance_words(expected.provenance.get(key))
        return {"kind": kind, "text": text, "why": [f"from {why}"] if why else []}

    for key in difference.missing:
        yield row("missing", key, f"{key_words(key)}: {content_words(expected.contents[key])}")
    for key in difference.extra:
        yield row("extra", key, key_words(key))
    for each in difference.altered:
        was, now = content_words(each.expected), content_words(each.found)
        yield row("altered", each.key, f"{key_words(each.key)}: {now}, expected {was}")


def _hosts(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """The named hosts (all, if none is named), in the order asked for."""
    topology = bed.build.topology
    rows = {
        row.name: {
            "name": row.name,
            "switch": topology.switches[topology.hosts[row.index].switch].name,
            "ip": row.address,
            "pid": row.process.pid,
        }
        for row in bed.network.hosts
    }
    wanted = [str(name) for name in request.get("hosts", ())] or list(rows)
    for name in wanted:
        if name not in rows:
            near = did_you_mean(name, rows) or ""
            raise CompileError([NoSuchPlace(kind="host", name=shown(name), near=near)])
    return {"hosts": [rows[name] for name in wanted]}


class _Captures:
    """Captures that run, by number."""

    def __init__(self) -> None:
        self._running: dict[int, Capture] = {}
        self._numbers = count()

    def start(self, bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
        """Begin one, on the named links or on all."""
        links = [link for name in request.get("links", ()) for link in _links(bed, str(name))]
        number = next(self._numbers)
        running = self._running[number] = bed.network.capture(Path(str(request["file"])), links or None)
        if owner := request.get("owner"):
            _end_with(running, Process(int(owner["pid"]), int(owner["start"])))
        return {"capture": number, "build": str(bed.build.folder)}

    def stop(self, bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
        """End one."""
        done = self._running.pop(int(request["capture"])).stop()
        return {"frames": sum(done.packets.values()), "ports": len(done.packets), "lost": done.lost}


def _end_with(capture: Capture, owner: Process) -> None:
    """End a capture when the process that asked for it has gone."""
    _when_gone(owner, lambda: capture.running, capture.stop)


def _when_gone(owner: Process, needed: Callable[[], bool], end: Callable[[], object]) -> None:
    """Do something once a process has gone, unless it is not needed any more."""

    def watch() -> None:
        while needed() and owner.alive:
            time.sleep(0.5)
        if needed():
            with suppress(CompileError):
                end()

    threading.Thread(target=watch, daemon=True, name="contra-owner").start()


# ------------------------------------------------------------------------------------------------ changing


def _fail(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    links = _links(bed, str(request["link"]))
    for link in links:
        bed.fail(link, bed.build.topology.links[link].a if request.get("one_way") else None)
    return {"links": [bed.link_name(link) for link in links]}


def _heal(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    links = _links(bed, str(request["link"])) if request.get("link") else sorted({link for link, _ in bed.network.cut})
    for link in links:
        bed.heal(link)
    return {"links": [bed.link_name(link) for link in links]}


def _links(bed: Testbed, name: str) -> tuple[int, ...]:
    reporter = Reporter()
    failure = read_place(name, bed.build.topology, reporter, option="the link")
    if not isinstance(failure, LinkFailure):
        raise CompileError([NoSuchPlace(kind="link", name=shown(name), near="a link is written as A-B")])
    return failure.links


def _restart(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    index = _switch(bed, str(request["switch"]))
    name = bed.build.topology.switches[index].label
    begun = time.monotonic()
    say(f"restarting {name}")
    done = bed.restart(index)
    entries = done.inserted + done.modified
    return {"switch": name, "entries": entries, "seconds": time.monotonic() - begun}


def _reach(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """Go to a switch by another address, as long as the process that asks for it lives; without one straight again."""
    index, target = _switch(bed, str(request["switch"])), str(request.get("target") or "")
    bed.reach(index, target or None)
    if target and (owner := request.get("owner")):
        session = bed.sessions[index]
        process = Process(int(owner["pid"]), int(owner["start"]))
        _when_gone(process, lambda: session.target.address.target == target, lambda: bed.reach(index, None))
    return {"switch": request["switch"]}


def _switch(bed: Testbed, name: str) -> int:
    by_name = bed.build.topology.by_name
    if name not in by_name:
        near = did_you_mean(name, by_name) or ""
        raise CompileError([NoSuchPlace(kind="switch", name=shown(name), near=near, known=_few(by_name))])
    return by_name[name]


def _few(names: Iterable[str]) -> str:
    """The first names, for a message."""
    rows = [shown(name) for name in names]
    return ", ".join(rows[:8]) + (f" and {len(rows) - 8} more" if len(rows) > 8 else "")


def _hold(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    if not request.get("state"):
        return {"written": bed.hold(())}
    reporter = Reporter()
    file = read_file(Path(str(request["state"])), "the state file", reporter)
    return {"written": bed.hold(read_state(file, bed.build.topology, reporter))}


def _apply(bed: Testbed, request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    from contra.deploy.p4c import compile_programs

    begun, reporter = time.monotonic(), Reporter()
    say("reading the build")
    build = load(Path(str(request["build"])), reporter)
    plan = make_plan(build, bed.plan.settings, reporter)
    say("compiling the programs with p4c")
    compile_programs(build.folder, reporter)
    reporter.check()
    done = bed.apply(build, plan, say)
    names = ("inserted", "modified", "deleted", "kept")
    counts = {name: sum(getattr(each, name) for each in done) for name in names}
    return {"build": str(build.folder), **counts, "seconds": time.monotonic() - begun}
