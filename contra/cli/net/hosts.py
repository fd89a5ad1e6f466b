"""`contra net exec`, `ping`, `traffic`, `capture`: what hosts and links do. Run by this process, not by the daemon."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from contra.cli.arguments import capacity, file_name, latency
from contra.cli.frame import INPUT_ERROR, OK, Console
from contra.cli.net.asking import add_json, ask, print_json, print_lines
from contra.cli.progress import Line
from contra.emit.show_table import count, table


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
    parser.add_argument("--for", dest="duration", type=latency, default=5 * 10**9, metavar="TIME", help="(5s)")
    add_json(parser)


def add_capture(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net capture`."""
    parser.add_argument("links", nargs="*", metavar="A-B", help="links (all)")
    parser.add_argument("-o", "--output", type=file_name, required=True, metavar="FILE", help="pcapng file to write")
    parser.add_argument("--for", dest="duration", type=latency, metavar="TIME", help="such as 10s (until Ctrl-C)")


def execute(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command with this terminal; its exit code is ours."""
    from contra.deploy.network.hosts import execute as run

    command = arguments.command_line
    command = command[1:] if command[:1] == ["--"] else command
    place = ask(arguments, "host", host=arguments.host)
    return run(place["pid"], command or ["bash"])


def ping(arguments: argparse.Namespace, console: Console) -> int:
    """Ping; exit code 1 if anybody got no answer."""
    from contra.deploy.network.ping import ping_all

    hosts = ask(arguments, "hosts", hosts=arguments.hosts)["hosts"]
    with Line(arguments.error_format == "text") as line:
        answers = ping_all([(row["name"], row["pid"], row["ip"]) for row in hosts], line.note)
    if arguments.json:
        print_json({"pings": [answer.json() for answer in answers]})
    else:
        print_lines(_ping_lines(answers))
    return OK if all(answer.received for answer in answers) else INPUT_ERROR


def traffic(arguments: argparse.Namespace, console: Console) -> int:
    """Send, and say what arrived."""
    from contra.deploy.network.traffic import measure

    rows = ask(arguments, "hosts", hosts=[arguments.source, arguments.target])["hosts"]
    source, target = rows
    with Line(arguments.error_format == "text") as line:
        line.note(f"{source['name']} sends to {target['name']}")
        result = measure(
            source["pid"],
            target["pid"],
            target["ip"],
            udp=arguments.udp,
            rate=arguments.rate,
            seconds=arguments.duration / 1e9,
        )
    print_json(result.json()) if arguments.json else print_lines(result.lines())
    return OK


def capture(arguments: argparse.Namespace, console: Console) -> int:
    """Capture until the time is over, or Ctrl-C."""
    from contra.deploy.network.capture import capture_ports

    found = ask(arguments, "ports", links=arguments.links)
    seconds = None if arguments.duration is None else arguments.duration / 1e9
    if seconds is None:
        sys.stderr.write("capturing; Ctrl-C ends it\n")
    with Line(arguments.error_format == "text") as line:
        line.note(f"capturing {count(len(found['interfaces']), 'port')}")
        frames = capture_ports(found["interfaces"], found["namespace_pid"], arguments.output, seconds)
    lua = Path(found["build"]) / "tools" / "contra.lua"
    print_lines(
        [
            f"{arguments.output}: {count(frames, 'frame')} at {count(len(found['interfaces']), 'port')}",
            f"look at it with: wireshark -X lua_script:{lua} {arguments.output}",
        ]
    )
    return OK


def _ping_lines(answers: list[Any]) -> list[str]:
    lost = [answer for answer in answers if not answer.received]
    times = sorted(answer.rtt_ms for answer in answers if answer.received)
    lines = table(("from", "to"), [(answer.source, answer.target) for answer in lost]) if lost else []
    middle = f", median {times[len(times) // 2]:.2f} ms, longest {times[-1]:.2f} ms" if times else ""
    head = [f"no answer from {len(lost)} of {len(answers)}:"] if lost else []
    return [*head, *lines, f"{len(times)} of {len(answers)} pings answered{middle}"]
