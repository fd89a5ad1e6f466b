"""Exit codes and messages, whatever happens inside a command."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from contra.cli import frame
from contra.cli.frame import Console, Manner, run, use_color
from contra.deploy.errors import ToolError, ToolMissing
from contra.diagnostics import CompileError, Diagnostic, InternalError, Severity


class Wrong(Diagnostic):
    code = "CTR0999"
    title = "wrong {what}"
    what: str = "thing"


class Odd(Wrong):
    code = "CTR0998"
    severity = Severity.WARNING


def raising(error: BaseException) -> Callable[[Console], int]:
    def body(console: Console) -> int:
        raise error

    return body


def test_a_fine_run_says_nothing(capsys: Any) -> None:
    assert run("contrac", Manner(), lambda console: 0) == 0
    assert capsys.readouterr() == ("", "")


def test_errors_in_the_input_are_rendered(capsys: Any) -> None:
    assert run("contrac", Manner(), raising(CompileError([Wrong()]))) == 1
    assert capsys.readouterr().err == "error[CTR0999]: wrong thing\n\n1 error\n"


def test_reported_and_raised_diagnostics_appear_once(capsys: Any) -> None:
    def body(console: Console) -> int:
        console.reporter.report(Odd(what="early"))
        console.reporter.report(Wrong())
        console.reporter.check()
        return 0

    assert run("contrac", Manner(), body) == 1
    assert capsys.readouterr().err.count("CTR099") == 2


def test_warnings_of_earlier_stages_are_not_lost(capsys: Any) -> None:
    def body(console: Console) -> int:
        console.reporter.report(Odd(what="early"))
        raise CompileError([Wrong(what="late")])

    assert run("contrac", Manner(), body) == 1
    error = capsys.readouterr().err
    assert "wrong early" in error
    assert "wrong late" in error
    assert error.endswith("1 error, 1 warning\n")


def test_warnings_alone_are_fine(capsys: Any) -> None:
    def body(console: Console) -> int:
        console.reporter.report(Odd())
        return 0

    assert run("contrac", Manner(), body) == 0
    assert "1 warning" in capsys.readouterr().err
    assert run("contrac", Manner(quiet=True), body) == 0
    assert capsys.readouterr().err == ""


def test_a_tool_that_fails_is_exit_code_3(capsys: Any) -> None:
    error = ToolError([ToolMissing(tool="p4c", purpose="--p4c", fix="install it")])
    assert run("contrac", Manner(), raising(error)) == 3
    assert "'p4c' is not installed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error", [InternalError("a rule is broken"), ZeroDivisionError(), RecursionError("x"), KeyError("k")]
)
def test_our_bugs_never_look_like_the_users(error: Exception, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("CONTRA_DEBUG", raising=False)
    assert run("contrac", Manner(), raising(error)) == 70
    text = capsys.readouterr().err
    assert text.startswith("contrac: internal error: ")
    assert "please report it" in text
    assert "Traceback" not in text


@pytest.mark.parametrize(("verbose", "variable"), [(True, ""), (False, "1")])
def test_the_traceback_is_there_on_request(verbose: bool, variable: str, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("CONTRA_DEBUG", variable)
    assert run("contrac", Manner(verbose=verbose), raising(ZeroDivisionError("here"))) == 70
    assert "Traceback" in capsys.readouterr().err


def test_our_bugs_are_json_too(capsys: Any) -> None:
    assert run("contrac", Manner(error_format="json"), raising(ZeroDivisionError("here"))) == 70
    (entry,) = json.loads(capsys.readouterr().err)["diagnostics"]
    assert entry["severity"] == "internal"


def test_a_missing_dependency_is_named(capsys: Any) -> None:
    assert run("contrac", Manner(), raising(ModuleNotFoundError("No module", name="lark"))) == 3
    assert "'lark'" in capsys.readouterr().err


def test_ctrl_c(capsys: Any) -> None:
    assert run("contrac", Manner(), raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "contrac: interrupted\n"


def test_a_broken_pipe_is_silent(capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(frame.sys, "stdout", io.StringIO())
    assert run("contrac", Manner(), raising(BrokenPipeError())) == 141
    assert capsys.readouterr().err == ""


def test_json_is_one_document_even_without_errors(capsys: Any) -> None:
    def body(console: Console) -> int:
        console.show_new()
        console.reporter.report(Odd())
        console.show_new()
        return 0

    assert run("contrac", Manner(error_format="json"), body) == 0
    assert [d["code"] for d in json.loads(capsys.readouterr().err)["diagnostics"]] == ["CTR0998"]
    assert run("contrac", Manner(error_format="json"), lambda console: 0) == 0
    assert json.loads(capsys.readouterr().err) == {"diagnostics": []}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "terminal", "environment", "expected"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
    ],
)
def test_colour(choice: str, terminal: bool, environment: dict[str, str], expected: bool, monkeypatch: Any) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert use_color(choice, Terminal() if terminal else io.StringIO()) is expected
