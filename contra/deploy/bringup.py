"""From a build folder to a running network: all checks first, then the process that holds it."""

from __future__ import annotations

import os
import signal
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contra.deploy.answers import answers, status
from contra.deploy.daemon.channel import Channel
from contra.deploy.daemon.client import Say, call
from contra.deploy.daemon.launch import Cancelled, cancel_with, hold_signals, launch, let_signals_in
from contra.deploy.daemon.places import Places
from contra.deploy.daemon.server import Server, bug, failed
from contra.deploy.errors import BadPlace, BadProbeKey, KeyUnused, OtherBuildRuns, Stopped, ToolError
from contra.deploy.network import ledger, preflight, processes
from contra.deploy.network.errors import AlreadyRunning, LogsShowKey, TlsFileMissing, TlsUnusable
from contra.deploy.network.ledger import Ledger
from contra.deploy.network.processes import Process
from contra.deploy.p4c import compile_programs, find_p4c
from contra.deploy.plan import Plan, Settings, make_plan
from contra.diagnostics import CompileError, Reporter, Severity
from contra.engine.build import load
from contra.render import render_text

LOOKING = ("status", "routes", "show", "watch", "hosts", "capture", "capture_stop")
LAST = "down"
_GIVEN = (AlreadyRunning, LogsShowKey, TlsFileMissing, TlsUnusable)
"""What preflight finds wrong with what the user has given; all else is the machine's."""
_SOCKET_PATH = 107
"""Longest path of a Unix socket, bytes."""
_LEDGER_S = 1.0
"""How long a network that is just being started may be without a ledger."""
_ORDER_S = 15.0
"""How long a network that starts may take to take itself down."""


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
    if settings.probe_key is not None and not build.manifest.constants.authenticate:
        reporter.report(KeyUnused(build=str(build.folder)))
    reporter.check()
    plan = make_plan(build, settings, reporter)
    _clear_dead(places)
    preflight.check(plan, reporter, places.folder)
    _check_machine(reporter)
    try:
        p4c = find_p4c()
    except ToolError:
        return Prepared(plan, places)  # preflight has seen that all is compiled
    say("compiling the programs with p4c")
    compile_programs(build.folder, reporter, p4c)
    reporter.check()
    return Prepared(plan, places)


def start(prepared: Prepared, places: Places, color: bool) -> Channel:
    """Fork the process that makes and holds the network; what it says comes over the channel.

    To be called inside `signals_waiting`. Raises ToolError.
    """
    _make_folder(places)
    return launch(lambda channel: _hold(prepared.plan, places, channel, color), places.log)


def same_as_running(places: Places, folder: Path) -> bool:
    """Whether the running network is of this very build. Raises CompileError where it is of another."""
    running = call(places, {"do": "status"})
    if Path(running["build"]) != folder.resolve():
        raise CompileError([OtherBuildRuns(name=places.name, running=running["build"], build=str(folder))])
    return True


def clear(places: Places) -> str:
    """Remove what a network has left whose process is gone, or that still starts; in words what that was.

    Raises CompileError.
    """
    left = _ledger_of(places)
    if left is not None and not left.left_behind:
        _end_in_order(left.owner, places)
        left = ledger.read(places.folder)
        if left is None:
            return "all that it had started"
    if left is None:
        ledger.remove_folder(places.folder)
        return ""
    removed = ledger.remove(left)
    ledger.remove_folder(places.folder)
    return f"{removed.processes} processes and {removed.interfaces} interfaces"


def _ledger_of(places: Places) -> Ledger | None:
    """The ledger, waited for a little where a network is just being started. Raises ToolError."""
    end = time.monotonic() + _LEDGER_S
    while (left := ledger.read(places.folder)) is None and places.folder.is_dir() and time.monotonic() < end:
        time.sleep(0.02)
    return left


def _end_in_order(owner: Process, places: Places) -> None:
    """Tell a process that starts a network to take it down, and wait for that; not for ever."""
    processes.kill(owner, signal.SIGTERM)
    end = time.monotonic() + _ORDER_S
    while (owner.alive or places.ledger.exists()) and time.monotonic() < end:
        time.sleep(0.02)


def _make_folder(places: Places) -> None:
    """The folder of the network. Raises ToolError where there can be none."""
    try:
        length = len(os.fsencode(places.socket))
        if length > _SOCKET_PATH:
            raise OSError(0, f"a path of a socket may have {_SOCKET_PATH} bytes, and '{places.socket}' has {length}")
        places.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        places.log.touch()
    except OSError as error:
        reason = (error.strerror or str(error)).lower() if error.errno else str(error.strerror)
        raise ToolError([BadPlace(path=str(places.folder), reason=reason)]) from None


def _check_machine(reporter: Reporter) -> None:
    """Raise CompileError for what the user has given, ToolError for what the machine lacks."""
    try:
        reporter.check()
    except CompileError as error:
        wrong = [each for each in error.diagnostics if each.severity is Severity.ERROR]
        if all(isinstance(each, _GIVEN) for each in wrong):
            raise
        raise ToolError(error.diagnostics) from None


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

    testbed: Testbed | None = None
    server: Server | None = None
    asked: Channel | None = None
    try:
        try:
            let_signals_in()
            cancel_with(channel)
            testbed = Testbed(plan, places.folder)
            testbed.start(lambda text: _say(channel, text))
            server = Server(places, answers(testbed), LOOKING, LAST)
            warning = [] if testbed.unconverged is None else [render_text([testbed.unconverged], color=color)]
            channel.send({"result": {**status(testbed), "warnings": warning}})
            asked = server.serve()
        finally:
            hold_signals()
    except CompileError as error:
        channel.send(failed(error, color))
    except Cancelled:
        channel.send(failed(ToolError([Stopped(name=places.name, pid=os.getpid())]), color))
    except Exception as error:
        traceback.print_exc()
        channel.send(bug(error, color))
    finally:
        _take_down(testbed, server, places, asked, color)


def _take_down(testbed: Any, server: Server | None, places: Places, asked: Channel | None, color: bool) -> None:
    result: dict[str, Any] = {"result": {"down": True}}
    if server is not None:
        server.close()
    try:
        if testbed is not None:
            testbed.stop(lambda text: _say(asked, text) if asked else None)
        _remove_own_folder(places)
    except CompileError as error:
        result = dict(failed(error, color))
    if asked is not None:
        asked.send(result)
        asked.close()


def _remove_own_folder(places: Places) -> None:
    """Of two that start networks of one name at the same time, the later must not remove what the other has made."""
    there = ledger.read(places.folder)
    if there is None or there.owner.pid == os.getpid():
        ledger.remove_folder(places.folder)


def _say(channel: Channel, text: str) -> None:
    channel.send({"progress": text})
