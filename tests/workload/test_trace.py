"""Flows from a file: every form that is read, and what is said about the others."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from contra.diagnostics import CompileError, Reporter
from contra.source import SourceFile
from contra.workload.model import Flow, Traffic
from contra.workload.trace import read_trace, read_trace_file

HOSTS = ("h1", "h2", "h3")


def read(text: str) -> Traffic:
    return read_trace(SourceFile("trace.csv", text), HOSTS, "net", Reporter())


def said(text: str) -> list[tuple[str, str, int]]:
    """Code, title and line of each message."""
    with pytest.raises(CompileError) as caught:
        read(text)
    return [(d.code, d.title_text(), d.span.line if d.span else 0) for d in caught.value.diagnostics]


def test_rows_come_in_order_of_start() -> None:
    traffic = read("start,source,target,bytes\n2us,h1,h2,1000\n500ns,h2,h3,20\n")
    assert traffic.flows == (Flow("h2", "h3", 20, 500), Flow("h1", "h2", 1000, 2000))
    assert traffic.offered_bps == pytest.approx(8 * 1020 / 2e-6)


def test_columns_go_by_name() -> None:
    text = "\ufeff# flows\n\nsize,fct_ns,target,source,start_ns\r\n64,9,h3,h1,1500\r\n"
    assert read(text).flows == (Flow("h1", "h3", 64, 1500),)


def test_packed(tmp_path: Path) -> None:
    path = tmp_path / "flows.csv.gz"
    path.write_bytes(gzip.compress(b"start_ns,source,target,size\n0,h1,h2,5\n"))
    assert read(read_trace_file(path).text).flows == (Flow("h1", "h2", 5, 0),)
    assert read(read_trace_file(path).text).offered_bps == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("CTR1504", "the trace 'trace.csv' has no flows", 0)]),
        ("start,source,target,bytes\n", [("CTR1504", "the trace 'trace.csv' has no flows", 0)]),
        ("start,source,bytes\n", [("CTR1502", "the trace has no column 'target' in its first line", 1)]),
        ("start,source,target,bytes\n1us,h1,h9,5\n", [("CTR1503", "there is no host 'h9' in 'net'", 2)]),
        ("start,source,target,bytes\n1us,h1,h1,5\n", [("CTR1502", "a flow from 'h1' to itself", 2)]),
        ("start,source,target,bytes\n1us,h1,h2,0\n", [("CTR1502", "a flow of '0' bytes", 2)]),
        ("start,source,target,bytes\n1us,h1,h2,1e3\n", [("CTR1502", "a flow of '1e3' bytes", 2)]),
        ("start,source,target,bytes\n1us,h1\n", [("CTR1502", "a row of 2 values", 2)]),
        (
            "start,source,target,bytes\n5,h1,h2,9\n",
            [("CTR1502", "'5' has no unit: a time is written as in 5s", 2)],
        ),
        ("start_ns,source,target,bytes\n-5,h1,h2,9\n", [("CTR1502", "a start of '-5'", 2)]),
        (
            "start_ns,source,target,bytes\n1,h1,h2,x\n2,h1,h7,1\n3,h2,h1,4\n",
            [("CTR1502", "a flow of 'x' bytes", 2), ("CTR1503", "there is no host 'h7' in 'net'", 3)],
        ),
    ],
)
def test_messages(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert said(text) == expected


def test_a_near_name_is_offered() -> None:
    with pytest.raises(CompileError) as caught:
        read_trace(
            SourceFile("t.csv", "start_ns,source,target,bytes\n0,h1_11,h2_2,3\n"), ("h1_11", "h2_22"), "n", Reporter()
        )
    assert caught.value.diagnostics[0].help_texts() == ("did you mean 'h2_22'?",)


def test_thousands_of_errors_end_early() -> None:
    assert len(said("start,source,target,bytes\n" + "1us,h1,h2,0,\n1us,h2,h1,x\n" * 5000)) == 100
