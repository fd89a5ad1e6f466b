"""Folder of results -> report: reads, puts the sections together, writes the files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from contra.diagnostics import Reporter
from contra.emit.errors import CannotWrite
from contra.engine.inputs.files import printable
from contra.experiments.report import conditions, fct, recovery, sizes
from contra.experiments.report.document import Block, Document, Paragraph
from contra.experiments.report.errors import NotComparable
from contra.experiments.report.load import load_results
from contra.experiments.report.markdown import to_markdown
from contra.experiments.report.model import Results
from contra.experiments.report.page import to_html
from contra.experiments.report.style import drawing

_LINK = re.compile(r"^!\[.*\]\(plots/([a-z0-9-]+)\.svg\)$", re.MULTILINE)
"""A picture as `to_markdown` writes it."""


def write_report(
    folder: Path, out: Path | None, reporter: Reporter, *, against: Path | None = None
) -> tuple[Path, ...]:
    """Write `report.md`, `report.html` and `plots/*.svg` and `*.png` on a folder of results; returns their paths.

    Plots of the report that was there before go, other files stay.
    `out` is the folder that they go to, `report` in the folder of results unless given. `against` is a second folder of
    results, whose schemes are what those of the first are compared with: the same network without its failures.
    Raises CompileError (CTR14xx, CTR0703, CTR1001); warnings stay in the reporter.
    """
    results = load_results(folder, reporter)
    other = load_results(against, reporter) if against else None
    if other and against:
        _check_comparable(results, other, reporter)
    with drawing():
        document = build(results, other, reporter)
    return _write(out or folder / "report", document, reporter)


def build(results: Results, against: Results | None, reporter: Reporter) -> Document:
    """The report as data; to be called within `style.drawing()`."""
    blocks: list[Block] = [conditions.status(results)]
    if against and against.lost:
        blocks.append(conditions.status(against))
    if results.kind not in sizes.MEASURES:
        blocks.append(Paragraph(conditions.method(results)))
    blocks += _sections(results, against, reporter)
    blocks += conditions.sections(results)
    return Document(results.title, tuple(blocks))


def _sections(results: Results, against: Results | None, reporter: Reporter) -> Iterator[Block]:
    """What was measured, by the kind of the experiment."""
    if results.kind == "recovery":
        return recovery.sections(results, reporter)
    if results.kind in sizes.MEASURES:
        return sizes.sections(results)
    return fct.sections(results, against, reporter)


def _check_comparable(results: Results, other: Results, reporter: Reporter) -> None:
    reason = ""
    if results.kind != other.kind:
        reason = f"one is of kind '{results.kind}', the other of kind '{other.kind}'"
    elif not set(results.schemes) & set(other.schemes):
        reason = "no scheme is in both"
    elif not {panel.workload for panel in results.panels} & {panel.workload for panel in other.panels}:
        reason = "no workload is in both"
    if reason:
        reporter.report(NotComparable(path=printable(results.folder), other=printable(other.folder), reason=reason))
        reporter.check()


def _write(out: Path, document: Document, reporter: Reporter) -> tuple[Path, ...]:
    files: list[tuple[Path, bytes]] = [
        (out / "report.md", to_markdown(document).encode()),
        (out / "report.html", to_html(document).encode()),
    ]
    for picture in document.pictures:
        files.append((out / "plots" / f"{picture.name}.svg", picture.svg))
        files.append((out / "plots" / f"{picture.name}.png", picture.png))
    for path in _left_over(out, {picture.name for picture in document.pictures}):
        with _reported(path, reporter):
            path.unlink(missing_ok=True)
    for path, data in files:
        with _reported(path, reporter):
            _replace(path, data)
    return tuple(path for path, _ in files)


def _left_over(out: Path, names: Set[str]) -> Iterator[Path]:
    """Plots of the report that stands in the folder, as it links them, that the new one does not have."""
    try:
        old = (out / "report.md").read_text(encoding="utf-8") if (out / "report.md").is_file() else ""
    except (OSError, ValueError):  # ValueError: not UTF-8, a NUL in the path
        return
    for name in set(_LINK.findall(old)) - names:
        yield out / "plots" / f"{name}.svg"
        yield out / "plots" / f"{name}.png"


@contextmanager
def _reported(path: Path, reporter: Reporter) -> Iterator[None]:
    """What the file system does not allow is a diagnostic (CTR0703)."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        reporter.report(CannotWrite(path=printable(path), reason=reason))
        reporter.check()


def _replace(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        new.write_bytes(data)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
