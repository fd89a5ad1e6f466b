"""`contra net up`, `down`, `status`."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contra.cli.arguments import whole
from contra.cli.frame import INTERRUPTED, OK, Console, use_color
from contra.cli.net.asking import absolute, add_json, ask, print_json, print_lines
from contra.cli.progress import Line
from contra.deploy.daemon.client import RemoteFailure, alive, answer
from contra.deploy.daemon.launch import TAKEN, let_signals_in, signals_waiting
from contra.deploy.daemon.places import places_of
from contra.emit.show_table import count, facts, table
from contra.words import time_text

if TYPE_CHECKING:
    from contra.deploy.daemon.channel import Channel
    from contra.deploy.daemon.places import Places
    from contra.deploy.plan import Settings

LEVELS = ("off", "error", "warn", "info", "debug", "trace")
_PS = 10**12
TAKE_DOWN_S = 60.0
"""How long to wait for a network that is taken down."""


def add_up(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net up`."""
    parser.add_argument("build", type=Path, metavar="BUILD", help="folder that contrac wrote")
    parser.add_argument("--scale", type=_scale, metavar="F",
                        help="factor of all capacities, as 1/500 (fastest link: 20 Mbit/s)")  # fmt: skip
    parser.add_argument("--isolate", action="store_true",
                        help="switches in a network namespace of their own, not in this one")  # fmt: skip
    parser.add_argument("--grpc-port", type=whole(1, 65535), default=50051, metavar="PORT",
                        help="P4Runtime port of the first switch; the others follow (50051)")  # fmt: skip
    parser.add_argument("--thrift-port", type=whole(1, 65535), default=9090, metavar="PORT",
                        help="Thrift port of the first switch; the others follow (9090)")  # fmt: skip
    parser.add_argument("--no-thrift", action="store_true", help="read state by query packets, not over Thrift")
    parser.add_argument("--tls", type=Path, metavar="DIR",
                        help="P4Runtime over TLS: ca.crt, server.crt, server.key, client.*")  # fmt: skip
    parser.add_argument("--probe-key", type=Path, metavar="FILE",
                        help="16 hex digits that authenticate probes (chosen at random)")  # fmt: skip
    parser.add_argument("--log-level", choices=LEVELS, default="off", help="of the switches; costs throughput (off)")
    add_json(parser)


def add_down(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net down`: none of its own."""


def add_status(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net status`."""
    add_json(parser)


def up(arguments: argparse.Namespace, console: Console) -> int:
    """Check everything, start everything, wait until every pair has converged, print a table."""
    from contra.deploy.bringup import prepare, same_as_running, start

    places = places_of(arguments.name)
    with Line(arguments.error_format == "text") as line:
        if alive(places) and same_as_running(places, arguments.build):
            status_now = ask(arguments, "status")
            _print_status(status_now, arguments.json, "is running already, with this build")
            return OK
        prepared = prepare(arguments.build, _settings(arguments), places, console.reporter, line.note)
    console.show_new()
    with signals_waiting():
        channel = start(prepared, places, use_color(arguments.color, sys.stderr))
        result = _wait(channel, places, arguments)
    if result is None:
        return INTERRUPTED
    for warning in result.get("warnings", ()):
        sys.stderr.write(str(warning))
    _print_status(result, arguments.json, "is up")
    return OK


def down(arguments: argparse.Namespace, console: Console) -> int:
    """Stop the network; of one whose process is gone, remove what it left."""
    from contra.deploy.bringup import clear

    places = places_of(arguments.name)
    if alive(places):
        ask(arguments, "down")
        print_lines([f"{arguments.name} is down"])
        return OK
    left = clear(places)
    print_lines([f"no network '{arguments.name}' was running" + (f"; removed {left} that it had left" if left else "")])
    return OK


def status(arguments: argparse.Namespace, console: Console) -> int:
    """What runs."""
    _print_status(ask(arguments, "status"), arguments.json, "is up")
    return OK


def _wait(channel: Channel, places: Places, arguments: argparse.Namespace) -> dict[str, Any] | None:
    """The answer of the daemon when the network is ready; None after Ctrl-C, when everything is gone again."""
    try:
        let_signals_in()
        with Line(arguments.error_format == "text") as line:
            result = answer(channel, line.note, places)
        channel.send({TAKEN: True})
        return result
    except (KeyboardInterrupt, SystemExit) as end:
        sys.stderr.write("contra: interrupted; taking down what was started\n")
        channel.finish()
        _await_end(channel)
        if isinstance(end, SystemExit):
            raise
        return None
    except RemoteFailure:
        _await_end(channel)
        raise


def _await_end(channel: Channel) -> None:
    """Until the process has taken everything down; a second Ctrl-C ends only the waiting."""
    with suppress(KeyboardInterrupt):
        channel.drain(TAKE_DOWN_S)


def _settings(arguments: argparse.Namespace) -> Settings:
    from contra.deploy.plan import Settings

    return Settings(
        name=arguments.name,
        isolated=arguments.isolate,
        scale=arguments.scale,
        grpc_base=arguments.grpc_port,
        thrift_base=arguments.thrift_port,
        thrift=not arguments.no_thrift,
        tls=None if arguments.tls is None else Path(absolute(arguments.tls)),
        probe_key=None if arguments.probe_key is None else Path(absolute(arguments.probe_key)),
        log_level=arguments.log_level,
    )


def _scale(text: str) -> Fraction:
    """A positive factor."""
    try:
        value = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if value <= 0 or len(text) > 40:
        raise argparse.ArgumentTypeError(f"found '{text[:40]}', expected a factor such as 1/500 or 0.002")
    return value


# ------------------------------------------------------------------------------------------ what is printed


def _print_status(status: dict[str, Any], as_json: bool, what: str) -> None:
    if as_json:
        print_json(status)
        return
    print_lines([f"{status['name']} {what}", *facts(_facts(status)), "", *_switch_table(status), "", *_tail(status)])


def _facts(status: dict[str, Any]) -> list[tuple[str, str]]:
    sizes = f"{count(len(status['switches']), 'switch')}, {count(len(status['links']), 'link')}"
    return [
        ("build", status["build"]),
        ("scheme", "" if status["scheme"] == "contra" else status["scheme"]),
        ("network", f"{status['topology']}: {sizes}, {count(len(status['hosts']), 'host')}"),
        ("capacities", f"times {status['scale']}" if status["scale"] != "1" else ""),
        ("namespace", status["namespace"]),
        ("state", f"read {status['reads']}"),
        ("probes", _probes(status["clock"])),
        ("started", f"{time_text(int(status['seconds'] * _PS))} ago"),
        ("took", _times(status)),
        ("journal", status["journal"]),
    ]


def _probes(clock: dict[str, Any] | None) -> str:
    if clock is None:
        return "none: all ways stand in table entries"
    ticking = f"every {time_text(clock['period_us'] * 10**6)}, {clock['rounds']} rounds so far"
    return "stopped" if clock["paused"] else ticking


def _times(status: dict[str, Any]) -> str:
    return ", ".join(f"{what} {time_text(int(value * _PS))}" for what, value in status["took"].items())


def _switch_table(status: dict[str, Any]) -> list[str]:
    hosts: dict[str, list[str]] = {}
    for host in status["hosts"]:
        hosts.setdefault(host["switch"], []).append(f"{host['name']} {host['ip']}")
    rows = [
        (
            row["name"],
            row["program"],
            row["pid"] if row["alive"] else "dead",
            row["entries"],
            row["p4runtime"],
            row["thrift"] or "",
            ", ".join(hosts.get(row["name"], ())),
        )
        for row in status["switches"]
    ]
    return table(("switch", "program", "pid", "entries", "P4Runtime", "Thrift", "hosts"), rows, "pid entries Thrift")


def _tail(status: dict[str, Any]) -> list[str]:
    cut = [link["name"] for link in status["links"] if not link["up"]]
    held = [link["name"] for link in status["links"] if link["held"]]
    pairs = status["pairs"]
    lines = [f"{pairs['routed']} of {count(pairs['allowed'], 'pair')} of switches have a path"] if pairs else []
    lines += [f"cut: {', '.join(cut)}"] * bool(cut) + [f"metrics held still: {', '.join(held)}"] * bool(held)
    dead = [row["name"] for row in status["switches"] if not row["alive"]]
    lines += [f"dead: {', '.join(dead)}; start again with: contra net restart SWITCH"] * bool(dead)
    return [*lines, *(f"trouble: {text}" for text in status["trouble"])]
