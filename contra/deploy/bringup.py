"""From a build folder to a running network: all checks first, then the process that holds it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contra.deploy.answers import answers, status
from contra.deploy.daemon.channel import Channel
from contra.deploy.daemon.client import Say, call
from contra.deploy.daemon.launch import cancel_with, hold_signals, launch
from contra.deploy.daemon.places import Places
from contra.deploy.daemon.server import Server, failed
from contra.deploy.errors import BadProbeKey, OtherBuildRuns, ToolError
from contra.deploy.network import ledger, preflight
from contra.deploy.p4c import compile_programs, find_p4c
from contra.deploy.plan import Plan, Settings, make_plan
from contra.diagnostics import CompileError, Reporter
from contra.engine.build import load
from contra.render import render_text

LOOKING = ("status", "routes", "show", "watch", "hosts", "capture", "capture_stop")
LAST = "down"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A network that can be started."""

    plan: Plan
    places: Places


def prepare(folder: Path, settings: Settings, places: Places, reporter: Reporter, say: Say) -> Prepared:
    """Read the build, compile its programs, check the machine. Nothing is started. Raises CompileError."""
    say("reading the build")
    build = load(folder.resolve(), reporter)
    _check_key(settings.probe_key)
    plan = make_plan(build, settings, reporter)
    _clear_dead(places)
    preflight.check(plan, reporter, places.folder)
    reporter.check()
    try:
        p4c = find_p4c()
    except ToolError:
        return Prepared(plan, places)  # preflight has seen that all is compiled
    say("compiling the programs with p4c")
    compile_programs(build.folder, reporter, p4c)
    reporter.check()
    return Prepared(plan, places)


def start(prepared: Prepared, places: Places, color: bool) -> Channel:
    """Fork the process that makes and holds the network; what it says comes over the channel."""
    places.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return launch(lambda channel: _hold(prepared.plan, places, channel, color), places.log)


def same_as_running(places: Places, folder: Path) -> bool:
    """Whether the running network is of this very build. Raises CompileError where it is of another."""
    running = call(places, {"do": "status"})
    if Path(running["build"]) != folder.resolve():
        raise CompileError([OtherBuildRuns(name=places.name, running=running["build"], build=str(folder))])
    return True


def clear(places: Places) -> str:
    """Remove what a network has left whose process is gone; in words what that was."""
    left = ledger.read(places.folder)
    if left is None:
        ledger.remove_folder(places.folder)
        return ""
    removed = ledger.remove(left)
    ledger.remove_folder(places.folder)
    return f"{removed.processes} processes and {removed.interfaces} interfaces"


def _clear_dead(places: Places) -> None:
    """What a crash has left would be in the way of a network of the same name."""
    left = ledger.read(places.folder)
    if left is not None and left.left_behind:
        clear(places)


def _check_key(file: Path | None) -> None:
    if file is None:
        return
    try:
        text = file.read_text(encoding="ascii").strip()
        if len(bytes.fromhex(text)) != 8:
            raise ValueError(f"found {len(text)} characters")
    except OSError as error:
        raise CompileError([BadProbeKey(path=str(file), reason=(error.strerror or str(error)).lower())]) from None
    except ValueError as error:
        raise CompileError([BadProbeKey(path=str(file), reason=str(error))]) from None


def _hold(plan: Plan, places: Places, channel: Channel, color: bool) -> None:
    """The life of the daemon."""
    from contra.deploy.testbed import Testbed

    ready = threading.Event()
    cancel_with(channel, ready)
    testbed: Testbed | None = None
    server: Server | None = None
    asked: Channel | None = None
    try:
        testbed = Testbed(plan, places.folder)
        testbed.start(lambda text: _say(channel, text))
        server = Server(places, answers(testbed), LOOKING, LAST)
        ready.set()
        warning = [] if testbed.unconverged is None else [render_text([testbed.unconverged], color=color)]
        channel.send({"result": {**status(testbed), "warnings": warning}})
        asked = server.serve()
    except CompileError as error:
        channel.send(failed(error, color))
    finally:
        hold_signals()
        _take_down(testbed, server, places, asked, color)


def _take_down(testbed: Any, server: Server | None, places: Places, asked: Channel | None, color: bool) -> None:
    result: dict[str, Any] = {"result": {"down": True}}
    if server is not None:
        server.close()
    try:
        if testbed is not None:
            testbed.stop(lambda text: _say(asked, text) if asked else None)
        ledger.remove_folder(places.folder)
    except CompileError as error:
        result = dict(failed(error, color))
    if asked is not None:
        asked.send(result)
        asked.close()


def _say(channel: Channel, text: str) -> None:
    channel.send({"progress": text})
