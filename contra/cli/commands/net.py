"""`contra net ACTION`: a build on real switches, in a network on this machine."""

from __future__ import annotations

import argparse
from typing import Any

from contra.cli.arguments import Parser, add_manner
from contra.cli.frame import Console
from contra.cli.net import change, hosts, life, look, watching
from contra.cli.remote import told

ACTIONS = {
    "up": ("start the network of a build: switches, links, hosts, entries, probe clock", life.add_up, life.up),
    "down": ("stop it, and remove what was made for it", life.add_down, life.down),
    "status": ("what runs, where, and since when", life.add_status, life.status),
    "routes": ("the path that the switches have chosen for every pair", look.add_routes, look.routes),
    "show": ("what a switch knows and has decided: neighbours, routes, flowlets, drops", look.add_show, look.show),
    "watch": ("best paths and link utilisation, live in the terminal", watching.add_watch, watching.watch),
    "verify": ("compare what the switches hold with the compilation", look.add_verify, look.verify),
    "exec": ("run a command on a host", hosts.add_exec, hosts.execute),
    "ping": ("ping between all hosts, or two of them", hosts.add_ping, hosts.ping),
    "traffic": ("send TCP or UDP between two hosts", hosts.add_traffic, hosts.traffic),
    "capture": ("capture links into one pcapng file", hosts.add_capture, hosts.capture),
    "fail": ("cut a link", change.add_fail, change.fail),
    "heal": ("mend a link that was cut", change.add_heal, change.heal),
    "restart": ("kill a switch and start it again, empty", change.add_restart, change.restart),
    "hold": ("hold link metrics still, or let them go", change.add_hold, change.hold),
    "apply": ("change to another compilation without touching the pipelines", change.add_apply, change.apply),
}
"""Per action its line of help, what adds its arguments, what does it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions, each with its arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    for name, (text, add, do) in ACTIONS.items():
        action: Any = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        add(action)
        action.add_argument(
            "--name", default="contra", metavar="NAME", help="of the network, where several run (contra)"
        )
        add_manner(action, inner=True)
        action.set_defaults(do=do)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Do it."""
    return told(arguments.do, arguments, console)
