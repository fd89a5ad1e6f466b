"""What goes wrong in the process that holds a running network is shown as if it had gone wrong here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from contra.cli.frame import Console

Body = Callable[[argparse.Namespace, Console], int]


def told(body: Body, arguments: argparse.Namespace, console: Console) -> int:
    """The exit code of a command that asks the running network."""
    from contra.deploy.daemon.client import RemoteFailure

    try:
        return body(arguments, console)
    except RemoteFailure as failure:
        console.show_new()
        console.silence()
        sys.stderr.write(failure.data if arguments.error_format == "json" else failure.text)
        return failure.exit_code
