"""The real p4c: every distinct program of a build, once, in parallel, and never twice for the same text.

Writes `<id>.json` (for BMv2) and `<id>.p4info.txtpb` beside `programs/<id>.p4`. Results are kept in the
user's cache under a hash of the program, the version of p4c and the arguments, with what p4c said, so that
warnings come back.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from contra.deploy.errors import (
    NoBuild,
    P4cFailed,
    P4cWarned,
    ToolError,
    ToolFailed,
    ToolMissing,
    ToolTimeout,
)
from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.source import SourceFile, Span

TIMEOUT_S = 300
"""Longest time for one program."""
INSTALL = "install p4c: see https://github.com/p4lang/p4c#getting-started, or bmv2-testbed/README.md"

_SUFFIXES = (".json", ".p4info.txtpb")
_MESSAGE = re.compile(r"^(?P<file>[^\n(]+)\((?P<line>\d+)\)[^:]*: *(?:\[--W[^\]]*\] *)?(?P<text>.*)$", re.M)


@dataclass(frozen=True, slots=True)
class P4c:
    """An installed p4c."""

    path: str
    version: str

    def arguments(self, source: str, stem: str) -> list[str]:
        """The command line that turns `source` into the two files beside it."""
        own = ["--target", "bmv2", "--arch", "v1model", "-o", "."]
        if Path(self.path).name == "p4c-bm2-ss":
            own = ["--p4v", "16", "-o", f"{stem}.json"]
        return [self.path, *own, "--p4runtime-files", f"{stem}.p4info.txtpb", source]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramResult:
    """What became of one program."""

    program: str
    json: Path
    p4info: Path
    messages: str
    """What p4c said, empty if nothing."""
    from_cache: bool


def find_p4c() -> P4c:
    """The installed p4c, the BMv2 back end itself where there is one. Raises ToolError."""
    for name in ("p4c-bm2-ss", "p4c"):
        path = shutil.which(name)
        if path is not None:
            return P4c(path, _version(path))
    raise ToolError([ToolMissing(tool="p4c", purpose="--p4c", fix=INSTALL)])


def compile_programs(
    build: Path, reporter: Reporter, p4c: P4c | None = None, cache: Path | None = None
) -> list[ProgramResult]:
    """Compile each distinct program of a build, in order of the manifest.

    What p4c warns about is reported; raises ToolError with every failure if there is any.
    """
    programs = _programs(build)
    tool = p4c or find_p4c()
    kept = cache or cache_folder()
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        jobs = [pool.submit(_compile_one, tool, name, path, kept) for name, path in programs]
        try:
            outcomes = [job.result() for job in jobs]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    failures: list[Diagnostic] = [outcome for outcome in outcomes if isinstance(outcome, Diagnostic)]
    if failures:
        raise ToolError(failures)
    results = [outcome for outcome in outcomes if isinstance(outcome, ProgramResult)]
    for result, (_, path) in zip(results, programs, strict=True):
        if result.messages:
            reporter.report(_diagnose(P4cWarned, result.program, path, result.messages))
    return results


def cache_folder() -> Path:
    """Where results are kept: `contrac` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "contrac"


def _version(path: str) -> str:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError([ToolFailed(tool=path, summary="it does not tell its version", output=str(error))]) from None
    if done.returncode != 0:
        summary = f"'{path} --version' ended with {done.returncode}"
        raise ToolError([ToolFailed(tool=path, summary=summary, output=_verbatim(done.stdout + done.stderr))])
    return " ".join((done.stdout or done.stderr).split())


def _programs(build: Path) -> list[tuple[str, Path]]:
    """Name and path of each distinct program, from the manifest."""
    try:
        manifest = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
        return [(name, build / str(entry["p4"])) for name, entry in manifest["programs"].items()]
    except FileNotFoundError:
        reason = "it has no manifest.json"
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        reason = "its manifest.json cannot be read"
    raise CompileError([NoBuild(path=str(build), reason=reason)])


# ----------------------------------------------------------------------------------------- one program


def _compile_one(tool: P4c, name: str, path: Path, cache: Path) -> ProgramResult | Diagnostic:
    data = path.read_bytes()
    # The file's name is part of the key because p4c writes it into its output.
    key = sha256("\0".join([tool.version, path.name, *tool.arguments("", "")[1:], ""]).encode() + data).hexdigest()
    targets = [path.with_name(path.stem + suffix) for suffix in _SUFFIXES]
    entry = cache / key
    messages = _from_cache(entry, targets)
    from_cache = messages is not None
    if messages is None:
        outcome = _run(tool, name, path, targets)
        if isinstance(outcome, Diagnostic):
            return outcome
        messages = outcome
        _keep(entry, targets, messages)
    return ProgramResult(program=name, json=targets[0], p4info=targets[1], messages=messages, from_cache=from_cache)


def _run(tool: P4c, name: str, path: Path, targets: Sequence[Path]) -> str | Diagnostic:
    """Run p4c in a folder of its own and put what it made in place; what it said, or why it failed."""
    with tempfile.TemporaryDirectory(prefix=".p4c-", dir=path.parent) as folder:
        shutil.copyfile(path, Path(folder) / path.name)
        command = tool.arguments(path.name, path.stem)
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ToolTimeout(tool="p4c", what=f"program '{name}'", seconds=TIMEOUT_S)
        except OSError as error:
            return ToolFailed(tool=tool.path, summary="it cannot be started", output=str(error))
        messages = (done.stdout + done.stderr).strip()
        made = [Path(folder) / target.name for target in targets]
        if done.returncode != 0 or not all(file.exists() for file in made):
            said = messages or f"nothing, and ended with {done.returncode}"
            return _diagnose(P4cFailed, name, path, said)
        for file, target in zip(made, targets, strict=True):
            file.replace(target)
    return messages


def _diagnose(kind: type[P4cFailed] | type[P4cWarned], name: str, path: Path, said: str) -> P4cFailed | P4cWarned:
    """p4c's words as a diagnostic that points at the line of the generated program."""
    found = next((m for m in _MESSAGE.finditer(said) if Path(m["file"]).name == path.name), None)
    lines = said.splitlines()
    return kind(
        program=name,
        path=str(path),
        summary=found["text"].strip() if found else lines[0].strip(),
        output=_verbatim(said),
        span=_line_span(path, int(found["line"])) if found else None,
    )


def _line_span(path: Path, line: int) -> Span | None:
    file = SourceFile(str(path), path.read_text(encoding="utf-8"))
    lines = file.text.split("\n")
    if not 0 < line <= len(lines):
        return None
    start = sum(len(text) + 1 for text in lines[: line - 1])
    text = lines[line - 1]
    return file.span(start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


def _verbatim(text: str) -> str:
    """Indented, which keeps the renderer from wrapping it."""
    return "\n".join(f"  {line}" for line in text.strip().splitlines()[:40])


# ------------------------------------------------------------------------------------------- the cache


def _from_cache(entry: Path, targets: Sequence[Path]) -> str | None:
    """Put a kept result in place and return what p4c said then; None if there is none."""
    try:
        messages = (entry / "messages.txt").read_text(encoding="utf-8")
        for suffix, target in zip(_SUFFIXES, targets, strict=True):
            shutil.copyfile(entry / f"program{suffix}", target)
    except OSError:
        return None
    return messages


def _keep(entry: Path, targets: Sequence[Path], messages: str) -> None:
    """Keep a result; a cache that cannot be written is no cache, and no error."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=entry.parent) as folder:
            new = Path(folder) / "new"
            new.mkdir()
            for suffix, target in zip(_SUFFIXES, targets, strict=True):
                shutil.copyfile(target, new / f"program{suffix}")
            (new / "messages.txt").write_text(messages, encoding="utf-8")
            new.rename(entry)
    except OSError:
        return
