"""Every mistake beside the message that it gets: `NAME.ctr` and `NAME.err` in the folder of the stage that says it.

The policies meet `NAME.topo.json` if it exists, else `topo.json`. The files of `topology/` meet `trivial.ctr`; two
formats may make the same mistake, so their messages are in `NAME.json.err`, `NAME.xml.err` and so on.
`NAME.options` holds command line options. Those of `p4/` are programs that the engine refuses.
After a change of wording: pytest --update-golden, then read the diff.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from contra.cli.contrac import make_parser, make_request
from contra.diagnostics import CompileError, Reporter
from contra.driver import compile as compile_policy
from contra.p4.front import read
from contra.render import render_text
from contra.source import SourceFile

HERE = Path(__file__).parent
POLICIES = sorted(path for suffix in ("ctr", "hula") for path in HERE.glob(f"*/*.{suffix}"))
TOPOLOGIES = sorted(
    path for path in HERE.glob("topology/*") if path.is_file() and path.suffix not in (".err", ".options", ".ctr")
)
PROGRAMS = sorted(HERE.glob("p4/*.p4"))
CASES = [*POLICIES, *TOPOLOGIES, *PROGRAMS]


def message(case: Path) -> str:
    """What contrac says about the case, seen from its own folder."""
    if case in PROGRAMS:
        return program_message(case)
    if case in TOPOLOGIES:
        files = ["../trivial.ctr", case.name]
    else:
        own = case.with_suffix(".topo.json")
        files = [case.name, own.name if own.exists() else "../topo.json"]
    options = case.with_suffix(".options")
    given = shlex.split(options.read_text(encoding="utf-8")) if options.exists() else []
    last = "lower" if case.parent.name == "ir" else "build"
    parser = make_parser()
    request = make_request(parser.parse_args([*files, "--dump-after", last, *given]), parser)
    reporter = Reporter()
    try:
        compile_policy(request, reporter)
        found = reporter.diagnostics
    except CompileError as error:
        found = list(error.diagnostics)
    return render_text(found).replace("../", "")


def program_message(case: Path) -> str:
    """What the engine's front end says about a P4 program."""
    reporter = Reporter()
    try:
        read(SourceFile(case.name, case.read_text(encoding="utf-8")), reporter)
        found = reporter.diagnostics
    except CompileError as error:
        found = list(error.diagnostics)
    return render_text(found)


def expected(case: Path) -> Path:
    """The file with the message."""
    return case.with_name(case.name + ".err") if case in TOPOLOGIES else case.with_suffix(".err")


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_message(case: Path, golden: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case.parent)
    text = message(case)
    assert text, "nothing was said about a file that is here because something is wrong with it"
    golden(expected(case), text)


def test_every_message_has_its_mistake() -> None:
    assert set(HERE.glob("*/*.err")) == {expected(case) for case in CASES}


def test_no_two_mistakes_share_a_message_file() -> None:
    files = [expected(case) for case in CASES]
    assert len(set(files)) == len(files)
