"""`contra graph`: the product graph of a build."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path

from contra.cli.files import write_result
from contra.cli.frame import OK, Console
from contra.deploy.errors import NoBuild, ToolError, ToolFailed, ToolMissing, ToolTimeout
from contra.diagnostics import CompileError

_TIMEOUT_S = 120
_INSTALL = "install graphviz: apt install graphviz, or brew install graphviz"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra graph`."""
    parser.add_argument("build", type=Path, metavar="BUILD", help="folder that contrac wrote")
    parser.add_argument("--svg", action="store_true", help="draw it with graphviz")
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where to write, - for stdout (-)")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the graph as dot or SVG."""
    text = _dot_text(arguments.build)
    write_result(arguments.output, _draw(text) if arguments.svg else text)
    return OK


def _dot_text(build: Path) -> str:
    path = build / "graph" / "product.dot"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        denied = isinstance(error, PermissionError)
        reason = "graph/product.dot cannot be read: permission denied" if denied else "it has no graph/product.dot"
        raise CompileError([NoBuild(path=str(build), reason=reason)]) from error


def _draw(text: str) -> str:
    dot = shutil.which("dot")
    if dot is None:
        raise ToolError([ToolMissing(tool="dot", purpose="--svg", fix=_INSTALL)])
    try:
        done = subprocess.run(
            [dot, "-Tsvg"], input=text, capture_output=True, encoding="utf-8", timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ToolError([ToolTimeout(tool="dot", what="the drawing", seconds=_TIMEOUT_S)]) from None
    if done.returncode != 0:
        summary = f"it ended with {done.returncode}"
        raise ToolError([ToolFailed(tool="dot", summary=summary, output=f"  {done.stderr.strip()}")])
    return done.stdout
