"""`contra net watch`: best paths and link utilisation, live in the terminal."""

from __future__ import annotations

import argparse
import sys
import time

from contra.cli.arguments import duration, usage_error
from contra.cli.frame import OK, USAGE, Console, use_color
from contra.deploy.daemon.client import RemoteFailure, call
from contra.deploy.daemon.places import Places, places_of
from contra.deploy.state.snapshot import Snapshot, snapshot_of
from contra.deploy.state.terminal import INTERVAL, run_watch, write_once
from contra.deploy.state.watch import History, advance

_SHORTEST, _LONGEST = 0.1, 3600.0


def add_watch(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net watch`."""
    parser.add_argument("--every", type=_every, default=INTERVAL, metavar="TIME",
                        help="time between two looks (1s); link loads are means over it")  # fmt: skip
    parser.add_argument("--once", action="store_true", help="print one screen as text, after two looks")


def watch(arguments: argparse.Namespace, console: Console) -> int:
    """Show the network until `q` or Ctrl-C; with `--once`, print one screen."""
    looks = _Looks(places_of(arguments.name))
    color = use_color(arguments.color, sys.stdout)
    if arguments.once:
        history = advance(History(), looks.take())
        sys.stdout.flush()
        time.sleep(arguments.every)
        write_once(advance(history, looks.take()), sys.stdout, color=color)
        return OK
    if not (sys.stdout.isatty() and sys.stdin.isatty()):
        return _refuse(arguments, console)
    transient = (RemoteFailure,)
    run_watch(looks.take, sys.stdout, sys.stdin, color=color, interval=arguments.every, transient=transient)
    return OK


class _Looks:
    """Looks at a running network, one after the other: each measures loads since the one before."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._since: object = None

    def take(self) -> Snapshot:
        """The next look. Raises CompileError and RemoteFailure."""
        answer = call(self._places, {"do": "watch", "since": self._since})
        self._since = answer["counted"]
        return snapshot_of(answer["snapshot"])


def _refuse(arguments: argparse.Namespace, console: Console) -> int:
    message = "expected a terminal to draw on; '--once' prints one screen as text"
    text = (
        f"contra net watch: error: {message}\nfor programs: contra net routes --json, contra net show SWITCH --json\n"
    )
    usage_error("contra net watch", message, text, arguments.error_format == "json")
    console.silence()
    return USAGE


def _every(text: str) -> float:
    """Seconds."""
    seconds = duration(text) / 1e9
    if not _SHORTEST <= seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(f"found '{text[:40]}', expected a time from 100ms to 1h")
    return seconds
