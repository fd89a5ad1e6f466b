"""`contra net routes`, `show` and `verify`: looking, without changing anything."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from contra.cli.frame import INPUT_ERROR, OK, Console
from contra.cli.net.asking import absolute, add_json, ask, print_json, print_lines
from contra.emit.show_table import count, table


def add_routes(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net routes`."""
    parser.add_argument("--state", type=Path, metavar="FILE",
                        help="rank paths by these link metrics, not by the present ones")  # fmt: skip
    add_json(parser)


def add_show(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net show`."""
    parser.add_argument("switch", metavar="SWITCH")
    add_json(parser)


def add_verify(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra net verify`."""
    add_json(parser)


def routes(arguments: argparse.Namespace, console: Console) -> int:
    """The routes, in the form of `contra routes`."""
    state = None if arguments.state is None else absolute(arguments.state)
    found = ask(arguments, "routes", state=state)["routes"]
    if arguments.json:
        rows = ",\n".join(f"  {json.dumps(route, ensure_ascii=False)}" for route in found)
        sys.stdout.write(f'{{"routes": [\n{rows}\n]}}\n')
        return OK
    lines = [
        (route["src"], route["dst"], _rank(route["rank"]), " ".join(route["path"] or ["dropped"])) for route in found
    ]
    print_lines([line[2:] for line in table(("from", "to", "rank", "path"), lines)])
    return OK


def show(arguments: argparse.Namespace, console: Console) -> int:
    """What a switch knows and has decided."""
    found = ask(arguments, "show", switch=arguments.switch)
    if arguments.json:
        print_json(found["state"])
    else:
        sys.stdout.write(found["text"])
    return OK


def verify(arguments: argparse.Namespace, console: Console) -> int:
    """What differs from the compilation; exit code 1 if anything does."""
    found = ask(arguments, "verify")
    if arguments.json:
        print_json(found)
    else:
        print_lines(_differences(found))
    return INPUT_ERROR if any(row["differences"] or row["failure"] for row in found["switches"]) else OK


def _rank(rank: object) -> str:
    """As `contra routes` prints it."""
    if rank is None:
        return "-"
    if isinstance(rank, list):
        return f"({', '.join(map(str, rank))})"
    return str(rank)


def _differences(found: dict[str, list[dict[str, object]]]) -> list[str]:
    rows = found["switches"]
    lines = []
    for row in rows:
        if row["failure"]:
            lines.append(f"{row['switch']}: {row['failure']}")
        differences = row["differences"]
        assert isinstance(differences, list)
        for each in differences:
            lines.append(f"{row['switch']}: {each['kind']}: {each['text']}")
            lines += [f"  {text}" for text in each["why"]]
    checked = sum(int(str(row["entries"])) for row in rows)
    bad = sum(bool(row["differences"] or row["failure"]) for row in rows)
    right = f"{count(len(rows), 'switch')} with {count(checked, 'entry')} and group" + "s" * (checked != 1)
    return [*lines, f"{right} compared: " + (f"{count(bad, 'switch')} differ" if bad else "as compiled")]
