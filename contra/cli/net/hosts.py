"""`contra net exec`, `ping`, `traffic`, `capture`: what hosts and links do. Run by this process, not by the daemon."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from contra.cli.arguments import capacity, duration, file_name
from contra.cli.frame import INPUT_ERROR, OK, Console
from contra.cli.net.asking import absolute, add_json, ask, print_json, print_lines
from contra.cli.progress import Line
from contra.deploy.daemon.client import gone
from contra.deploy.daemon.places import places_of
from contra.deploy.errors import NotTwoHosts, ToolError
from contra.diagnostics import CompileError, shown
from contra.emit.show_table import count, table
from contra.words import rate_text

if TYPE_CHECKING:
    from contra.deploy.network.hosts import Ping
    from contra.deploy.network.ledger import Ledger
    from contra.deploy.network.traffic import Flow


def add_exec(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net exec`."""
    parser.add_argument("host", metavar="HOST")
    parser.add_argument("command_line", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="what to run there")


def add_ping(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net ping`."""
    parser.add_argument("hosts", nargs="*", metavar="HOST", help="two or more hosts (all)")
    add_json(parser)


def add_traffic(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net traffic`."""
    parser.add_argument("source", metavar="FROM")
    parser.add_argument("target", metavar="TO")
    parser.add_argument("--udp", action="store_true", help="UDP at a constant rate instead of TCP")
    parser.add_argument("--rate", type=capacity, metavar="RATE", help="such as 5Mbit (TCP: what it gets; UDP: 1Mbit)")
    parser.add_argument("--for", dest="duration", type=duration, default=5 * 10**9, metavar="TIME", help="(5s)")
    add_json(parser)


def add_capture(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net capture`."""
    parser.add_argument("links", nargs="*", metavar="A-B", help="links (all)")
    parser.add_argument("-o", "--output", type=file_name, required=True, metavar="FILE", help="pcapng file to write")
    parser.add_argument("--for", dest="duration", type=duration, metavar="TIME", help="such as 10s (until Ctrl-C)")


def execute(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command with this terminal; its exit code is ours."""
    from contra.deploy.network.hosts import execute as run
    from contra.deploy.network.hosts import find_host

    command = arguments.command_line
    command = command[1:] if command[:1] == ["--"] else command
    return run(find_host(_ledger(arguments), arguments.host), command or ["bash"])


def ping(arguments: argparse.Namespace, console: Console) -> int:
    """Ping; exit code 1 if anybody got no answer."""
    from contra.deploy.network.hosts import find_host, ping_all, running_hosts

    book = _ledger(arguments)
    hosts = [find_host(book, name) for name in arguments.hosts] or list(running_hosts(book))
    if arguments.hosts and len(set(hosts)) < 2:
        raise CompileError([NotTwoHosts(what="a ping", name=shown(arguments.hosts[0]))])
    with Line(arguments.error_format == "text") as line:
        answers = ping_all(hosts, progress=lambda done, total: line.note(f"pings: {done} of {total} pairs"))
    if arguments.json:
        print_json({"pings": [asdict(answer) for answer in answers]})
    else:
        print_lines(_ping_lines(answers))
    return OK if all(answer.received for answer in answers) else INPUT_ERROR


def traffic(arguments: argparse.Namespace, console: Console) -> int:
    """Send, and say what arrived."""
    from contra.deploy.network.hosts import find_host
    from contra.deploy.network.traffic import send

    book = _ledger(arguments)
    source, target = find_host(book, arguments.source), find_host(book, arguments.target)
    if source == target:
        raise CompileError([NotTwoHosts(what="traffic", name=shown(arguments.source))])
    rate = arguments.rate or (10**6 if arguments.udp else None)
    with Line(arguments.error_format == "text") as line:
        line.note(f"{source.label} sends to {target.label}")
        flow = send(source, target, "udp" if arguments.udp else "tcp", rate, arguments.duration / 1e9)
    print_json(asdict(flow)) if arguments.json else print_lines(_flow_lines(flow))
    return OK


def capture(arguments: argparse.Namespace, console: Console) -> int:
    """Capture until the time is over, or Ctrl-C."""
    from contra.deploy.network import processes

    own = asdict(processes.own())  # if this process is killed, the capture ends with it
    begun = ask(arguments, "capture", links=arguments.links, file=absolute(arguments.output), owner=own)
    if arguments.duration is None:
        sys.stderr.write("capturing; Ctrl-C ends it\n")
    try:
        time.sleep(arguments.duration / 1e9 if arguments.duration is not None else 1e6)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
    except SystemExit:
        ask(arguments, "capture_stop", capture=begun["capture"])
        raise
    done = ask(arguments, "capture_stop", capture=begun["capture"])
    lua = Path(begun["build"]) / "tools" / "contra.lua"
    lost = f", {count(done['lost'], 'frame')} lost by the capture" if done["lost"] else ""
    print_lines(
        [
            f"{arguments.output}: {count(done['frames'], 'frame')} at {count(done['ports'], 'port')}{lost}",
            f"look at it with: wireshark -X lua_script:{lua} {arguments.output}",
        ]
    )
    return OK


def _ledger(arguments: argparse.Namespace) -> Ledger:
    """What the running network has made. Raises CompileError where there is none."""
    from contra.deploy.network import ledger

    places = places_of(arguments.name)
    book = ledger.read(places.folder)
    if book is None:
        ask(arguments, "status")  # says that there is none
        raise ToolError([gone(places)])
    return book


def _ping_lines(answers: Sequence[Ping]) -> list[str]:
    lost = [answer for answer in answers if not answer.received]
    times = sorted(answer.rtt_ms[1] for answer in answers if answer.rtt_ms)
    lines = table(("from", "to"), [(answer.source, answer.target) for answer in lost]) if lost else []
    middle = f"; round trips: median {times[len(times) // 2]:.2f} ms, longest {times[-1]:.2f} ms" if times else ""
    head = [f"no answer between {len(lost)} of {count(len(answers), 'pair')}:"] if lost else []
    return [*head, *lines, f"{len(answers) - len(lost)} of {count(len(answers), 'pair')} of hosts answer{middle}"]


def _flow_lines(flow: Flow) -> list[str]:
    what = f"{flow.source} -> {flow.target}, {flow.kind}, {flow.seconds:.1f} s: "
    counts = (
        ("lost", flow.lost if flow.packets is None else f"{flow.lost} of {flow.packets} packets"),
        ("retransmits", flow.retransmits),
        ("out of order", flow.out_of_order),
    )
    rest = [f"{name} {value}" for name, value in counts if value is not None]
    return [what + ", ".join([f"{rate_text(flow.received_rate)}/s received", *rest])]
