"""Running `ip`, `tc`, `ethtool` and their like: what they answer, or a ToolError with what they said."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from contra.deploy.errors import ToolError, ToolFailed, ToolTimeout

TIMEOUT_S = 60


def run(
    command: Sequence[str],
    *,
    given: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> str:
    """Standard output of a command that must succeed; `given` is its standard input. Raises ToolError."""
    try:
        done = subprocess.run(
            command,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            env=env,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ToolError([ToolTimeout(tool=command[0], what=" ".join(command[1:4]), seconds=int(timeout_s))]) from None
    except OSError as error:
        raise ToolError([failed(command[0], "it cannot be started", str(error))]) from None
    if done.returncode != 0:
        summary = f"'{' '.join(command)}' ended with {done.returncode}"
        raise ToolError([failed(command[0], summary, done.stderr + done.stdout)])
    return done.stdout


def batch(tool: str, lines: Iterable[str]) -> None:
    """Many commands of `ip` or `tc` in one process; the first that fails ends it. Raises ToolError."""
    commands = list(lines)
    if not commands:
        return
    try:
        run([tool, "-batch", "-"], given="".join(f"{line}\n" for line in commands))
    except ToolError as error:
        raise ToolError([_located(each, tool, commands) for each in error.diagnostics]) from None


def query(command: Sequence[str]) -> list[dict[str, Any]]:
    """What a command answers in JSON. Raises ToolError."""
    text = run(command)
    try:
        rows = json.loads(text or "[]")
    except ValueError:
        raise ToolError([failed(command[0], f"'{' '.join(command)}' answers no JSON", text)]) from None
    return [row for row in rows if row] if isinstance(rows, list) else []


def failed(tool: str, summary: str, output: str) -> ToolFailed:
    """A failure with the last lines of what a tool said."""
    lines = output.strip().splitlines()[-20:]
    return ToolFailed(tool=tool, summary=summary, output="\n".join(f"  {line}" for line in lines) or "  nothing")


def _located(diagnostic: object, tool: str, commands: Sequence[str]) -> Any:
    """The command of a batch that failed, by the number that `ip` and `tc` tell: "Command failed -:3"."""
    if not isinstance(diagnostic, ToolFailed):
        return diagnostic
    number = diagnostic.output.rpartition("Command failed -:")[2].split("\n")[0].strip()
    if not number.isdigit() or not 0 < int(number) <= len(commands):
        return diagnostic
    return ToolFailed(tool=tool, summary=f"'{tool} {commands[int(number) - 1]}' failed", output=diagnostic.output)
