"""`contra net fail`, `heal`, `restart`, `hold`, `apply`: changing a running network."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from contra.cli.arguments import usage_error
from contra.cli.frame import OK, USAGE, Console
from contra.cli.net.asking import absolute, add_json, ask, print_json, print_lines
from contra.emit.show_table import count
from contra.units import parse_duration
from contra.words import time_text

_PS_PER_S = 10**12


def add_fail(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net fail`."""
    parser.add_argument("link", metavar="A-B", help="the link; A:2-B is the one at port 2 of A")
    parser.add_argument("--for", dest="duration", type=_duration, metavar="TIME", help="mend it after that, such as 5s")
    parser.add_argument("--one-way", action="store_true", help="only what A sends is lost")


def add_heal(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net heal`."""
    parser.add_argument("link", nargs="?", metavar="A-B", help="the link; all that are cut unless one is named")


def add_restart(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net restart`."""
    parser.add_argument("switch", metavar="SWITCH")


def add_hold(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net hold`."""
    parser.add_argument("state", nargs="?", type=Path, metavar="STATE",
                        help="file of link metrics, as 'contra routes --state' reads it")  # fmt: skip
    parser.add_argument("--release", action="store_true", help="measure again")


def add_apply(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net apply`."""
    parser.add_argument("build", type=Path, metavar="BUILD", help="a compilation of the same program shape")
    add_json(parser)


def fail(arguments: argparse.Namespace, console: Console) -> int:
    """Cut a link, and mend it again after `--for`, also after Ctrl-C."""
    done = ask(arguments, "fail", link=arguments.link, one_way=arguments.one_way)
    names = ", ".join(done["links"])
    if arguments.duration is None:
        print_lines([f"{names} cut"])
        return OK
    print_lines([f"{names} cut for {time_text(int(arguments.duration * _PS_PER_S))}"])
    sys.stdout.flush()
    try:
        time.sleep(arguments.duration)
    finally:
        ask(arguments, "heal", link=arguments.link)
        print_lines([f"{names} mended"])
    return OK


def heal(arguments: argparse.Namespace, console: Console) -> int:
    """Mend links."""
    names = ask(arguments, "heal", link=arguments.link)["links"]
    print_lines([f"{', '.join(names)} mended" if names else "nothing was cut"])
    return OK


def restart(arguments: argparse.Namespace, console: Console) -> int:
    """Restart a switch."""
    done = ask(arguments, "restart", switch=arguments.switch)
    print_lines(
        [f"{done['switch']} runs again, {count(done['entries'], 'entry')} loaded, after {done['seconds']:.1f} s"]
    )
    return OK


def hold(arguments: argparse.Namespace, console: Console) -> int:
    """Hold metrics."""
    if (arguments.state is None) != arguments.release:
        message = "expected a file of link metrics, or --release"
        usage_error(
            "contra net hold", message, f"contra net hold: error: {message}\n", arguments.error_format == "json"
        )
        console.silence()
        return USAGE
    done = ask(arguments, "hold", state=None if arguments.state is None else absolute(arguments.state))
    what = "measured again" if arguments.release else "held still"
    print_lines([f"metrics are {what}: {count(done['written'], 'entry')} written"])
    return OK


def apply(arguments: argparse.Namespace, console: Console) -> int:
    """Write the difference to another build."""
    done = ask(arguments, "apply", build=absolute(arguments.build))
    if arguments.json:
        print_json(done)
        return OK
    kinds = ", ".join(f"{done[kind]} {kind}" for kind in ("inserted", "modified", "deleted"))
    print_lines([f"{done['build']} applied: {kinds}, {done['kept']} kept; in {done['seconds']:.2f} s"])
    return OK


def _duration(text: str) -> float:
    """Seconds."""
    try:
        return parse_duration(text) / 1e9
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
