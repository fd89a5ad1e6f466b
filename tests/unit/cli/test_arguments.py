"""Option values: what is taken, and what is said about the rest."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from contra.cli import arguments
from contra.cli.contra import main as contra
from contra.cli.contrac import main as contrac


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("256ms", 256_000), ("200us", 200), ("200 µs", 200), ("1s", 1_000_000), ("0.5ms", 500), ("60s", 60_000_000)],
)
def test_periods(text: str, microseconds: int) -> None:
    assert arguments.period(text) == microseconds


@pytest.mark.parametrize(
    "text", ["", "0ms", "5", "ms", "-1ms", "1.5us", "61s", "1e3ms", "9" * 10**6 + "ms", "0.0000001s", "1h", "\0"]
)
def test_no_periods(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as error:
        arguments.period(text)
    assert len(str(error.value)) < 200 or text.startswith("9")


@pytest.mark.parametrize("text", ["2", "1024", "65536"])
def test_slots(text: str) -> None:
    assert arguments.slots(text) == int(text)


@pytest.mark.parametrize("text", ["0", "1", "3", "1000", "65537", "131072", "-2", "2.0", "", "x", "9" * 5000])
def test_no_slots(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        arguments.slots(text)


def test_slots_suggest_the_powers_around() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="such as 512 or 1024"):
        arguments.slots("1000")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--chek"], "did you mean '--check'?"),
        (["--probe-period", "0ms"], "outside 1us .. 60s"),
        (["--probe-period", "fast"], "expected a time such as 256ms"),
        (["--flowlet-slots", "1000"], "power of two"),
        (["--flowlet-timeout", "5s"], "longer than table entries live"),
        (["--expiry", "0"], "whole number from 1 to 64"),
        (["--failure", "x"], "whole number from 1 to 64"),
        (["--loop-threshold", "255"], "whole number from 1 to 254"),
        (["--emit", "p5"], "unknown part 'p5'"),
        (["--emit", "graphs"], "did you mean 'graph'?"),
        (["--emit", ","], "expected some of"),
        (["--capacity", "fast"], "--capacity"),
        (["--latency", "12 parsec"], "--latency"),
        (["--dump-after", "everything"], "--dump-after"),
        (["--stats=xml"], "--stats"),
        (["--p4c", "--check"], "--p4c needs the files"),
        (["--p4c", "--emit", "graph"], "add p4 to --emit"),
        (["third"], "unexpected argument 'third'"),
    ],
)
def test_wrong_usage(option: list[str], said: str, capsys: Any) -> None:
    assert contrac(["policy.ctr", "topo.json", *option]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert err.endswith("try 'contrac --help'\n")
    assert out == ""


def test_missing_arguments(capsys: Any) -> None:
    assert contrac([]) == 2
    assert "POLICY, TOPOLOGY" in capsys.readouterr().err
    assert contrac(["policy.ctr"]) == 2


@pytest.mark.parametrize("main", [contrac, contra])
def test_version_and_help(main: Any, capsys: Any) -> None:
    from contra import __version__

    assert main(["--version"]) == 0
    assert capsys.readouterr().out.split()[1] == __version__
    assert main(["--help"]) == 0
    assert "usage:" in capsys.readouterr().out


def test_an_unknown_command_is_named(capsys: Any) -> None:
    assert contra(["shwo"]) == 2
    assert "did you mean 'show'?" in capsys.readouterr().err
    assert contra([]) == 2


@pytest.mark.parametrize("command", ["fmt", "topo", "show", "graph", "doctor", "completion"])
def test_every_command_has_help(command: str, capsys: Any) -> None:
    assert contra([command, "--help"]) == 0
    assert f"usage: contra {command}" in capsys.readouterr().out
