"""The folder of results, without running anything: workers that fail, die or are told what to answer."""

from __future__ import annotations

import csv
import errno
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contra.diagnostics import CompileError, Reporter
from contra.experiments import runner
from contra.experiments.execute import Failed
from contra.experiments.plan import selected
from contra.experiments.read import read_spec
from contra.experiments.runner import Means, Progress, Summary, Watcher, run_experiment
from contra.experiments.store import Store
from contra.experiments.tasks import Outcome, Run
from contra.source import SourceFile

TEXT = """
name = "small"
kind = "state"
topologies = ["diamond", "figure5"]
seeds = [1, 2]
[[scheme]]
name = "MU"
policy = "minimize(path.util)"
[[scheme]]
name = "SP"
policy = "minimize(path.len)"
"""
Answer = Callable[[Run], Outcome | Failed]


class Inline(Executor):
    """Does at once what it is given; an answer that is BrokenProcessPool kills it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.dead = False

    def submit(self, fn: Any, /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.dead:
            raise BrokenProcessPool("it is dead")
        try:
            future.set_result(self.answer(args[0]))
        except BrokenProcessPool as error:
            self.dead = True
            future.set_exception(error)
        return future


def fine(run: Run) -> Outcome:
    return Outcome(measures={"flows": 5, "finished": 5, "words": run.words}, flows=b"list", series={"t": [1]})


def do(
    folder: Path,
    answer: Answer = fine,
    text: str = TEXT,
    only: list[str] | None = None,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> tuple[Summary, list[str]]:
    """Run it; the summary, and the codes of what was reported."""

    @contextmanager
    def workers() -> Iterator[Executor]:
        yield Inline(answer)

    reporter = Reporter()
    spec = read_spec(SourceFile("x.toml", text), reporter)
    means = Means(workers=workers, jobs=2)
    summary = run_experiment(spec, selected(spec, only or []), folder, means, reporter, Watcher(progress=watch))
    return summary, [diagnostic.code for diagnostic in reporter.diagnostics]


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "table.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def refused(folder: Path, **options: Any) -> tuple[str, str]:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} if folder.is_dir() else {}
    with pytest.raises(CompileError) as caught:
        do(folder, **options)
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} if folder.is_dir() else {}
    assert before == after
    return caught.value.diagnostics[0].code, caught.value.diagnostics[0].title_text()


def test_everything_that_a_folder_holds(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "results"
    summary, codes = do(folder)
    assert (summary.fine, summary.earlier, len(summary.rows), codes) == (True, 0, 8, [])
    assert (folder / "experiment.toml").read_text(encoding="utf-8") == TEXT
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert [run["run"] for run in plan["runs"]] == [row["run"] for row in table(folder)]
    for row in table(folder):
        kept = json.loads((folder / "runs" / f"{row['run']}.json").read_text(encoding="utf-8"))
        assert {key: "" if value is None else str(value) for key, value in kept["row"].items()} == {
            **row, "authenticate": "False"
        }  # fmt: skip
        assert kept["series"] == {"t": [1]}
        assert (folder / "runs" / f"{row['run']}.flows.csv.gz").read_bytes() == b"list"
    assert not list(folder.rglob("*.new"))


def test_finished_runs_are_not_done_again(tmp_path: Path) -> None:
    done: list[str] = []

    def answer(run: Run) -> Outcome:
        done.append(run.id)
        return fine(run)

    do(tmp_path, answer)
    first = table(tmp_path)
    (tmp_path / "runs" / f"{done[3]}.json").unlink()
    summary, _ = do(tmp_path, answer)
    assert (summary.earlier, done[8:]) == (7, [done[3]])
    assert table(tmp_path) == first


def test_a_damaged_run_is_done_again(tmp_path: Path) -> None:
    summary, _ = do(tmp_path)
    ids = [row["run"] for row in summary.rows]
    (tmp_path / "runs" / f"{ids[0]}.json").write_text("{", encoding="utf-8")
    (tmp_path / "runs" / f"{ids[1]}.json").write_text('{"row": {"run": "another"}}', encoding="utf-8")
    summary, codes = do(tmp_path)
    assert (summary.earlier, codes) == (6, ["CTR1541", "CTR1541"])


def test_a_run_that_fails_does_not_keep_the_others(tmp_path: Path) -> None:
    def answer(run: Run) -> Outcome | Failed:
        return Failed("ValueError: no", "Traceback\n  line") if run.labels["scheme"] == "SP" else fine(run)

    summary, codes = do(tmp_path, answer)
    assert (summary.failed, summary.fine, codes) == (4, False, ["CTR1537"] * 4)
    rows = table(tmp_path)
    assert [row["error"] for row in rows] == ["", "ValueError: no"] * 4
    assert [row["flows"] for row in rows] == ["5", ""] * 4
    failed = json.loads((tmp_path / "runs" / f"{rows[1]['run']}.failed.json").read_text(encoding="utf-8"))
    assert (failed["scheme"], failed["error"], failed["traceback"]) == ("SP", "ValueError: no", ["Traceback", "  line"])
    summary, codes = do(tmp_path)  # the next time they are tried again
    assert (summary.earlier, summary.fine, codes) == (4, True, [])
    assert not list(tmp_path.glob("runs/*.failed.json"))


def test_a_run_that_kills_its_worker_is_found_out(tmp_path: Path) -> None:
    """All that were under way are tried alone; only the culprit fails."""
    tried: list[str] = []

    def answer(run: Run) -> Outcome:
        tried.append(run.words)
        if run.words == "SP diamond seed 1":
            raise BrokenProcessPool("killed")
        return fine(run)

    summary, codes = do(tmp_path, answer)
    assert (summary.failed, len(summary.rows), codes) == (1, 8, ["CTR1537"])
    assert tried.count("SP diamond seed 1") == 2
    assert [row["words"] for row in table(tmp_path)].count("") == 1


def test_unfinished_flows_are_told(tmp_path: Path) -> None:
    def answer(run: Run) -> Outcome:
        return Outcome(measures={"flows": 5, "finished": 3 if run.labels["seed"] == 2 else 5})

    summary, codes = do(tmp_path, answer)
    assert (summary.unfinished, summary.failed, summary.fine, codes) == (4, 0, False, ["CTR1538"])
    summary, codes = do(tmp_path, answer)  # they are results all the same
    assert (summary.earlier, summary.unfinished, codes) == (8, 4, ["CTR1538"])


def test_part_of_the_grid_first(tmp_path: Path) -> None:
    do(tmp_path, only=["scheme=SP", "seed=1"])
    assert len(table(tmp_path)) == 2
    summary, _ = do(tmp_path, only=["topology=diamond"])
    assert (len(summary.rows), summary.earlier) == (5, 2)
    summary, _ = do(tmp_path)
    assert (len(summary.rows), summary.earlier) == (8, 5)


def test_progress_counts_up(tmp_path: Path) -> None:
    seen: list[Progress] = []
    do(tmp_path, only=["seed=1"])
    do(tmp_path, watch=seen.append)
    assert [(each.done, each.total, each.earlier) for each in seen] == [(n, 8, 4) for n in range(4, 9)]
    assert seen[0].remaining_s is None
    assert seen[-1].remaining_s == 0
    assert Progress(6, 10, 4, 3.0).remaining_s == 6.0


# ------------------------------------------------------------------------------------------------ refused


def test_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    do(tmp_path)
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    (tmp_path / "plan.json").write_text(json.dumps({**plan, "contrac_version": "0.0.9"}), encoding="utf-8")
    code, title = refused(tmp_path)
    assert code == "CTR1533"
    assert "0.0.9" in title


def test_another_experiment(tmp_path: Path) -> None:
    do(tmp_path)
    code, title = refused(tmp_path, text=TEXT.replace('"small"', '"large"'))
    assert code == "CTR1534"
    assert "'small'" in title and "'large'" in title


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"contrac_version": "0.1.0", "runs": 5}', "[" * 100_000])
def test_a_plan_that_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "plan.json").write_text(content, encoding="utf-8")
    assert refused(tmp_path)[0] == "CTR1532"


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x", encoding="utf-8")
    code, title = refused(tmp_path)
    assert code == "CTR1532"
    assert "thesis.tex" in title
    assert refused(tmp_path / "thesis.tex")[0] == "CTR1532"


def test_two_at_a_time(tmp_path: Path) -> None:
    with Store(tmp_path, "small"), pytest.raises(CompileError) as caught:
        do(tmp_path)
    assert caught.value.diagnostics[0].code == "CTR1535"
    do(tmp_path)


def test_a_scheme_that_cannot_be_built(tmp_path: Path) -> None:
    text = TEXT + '[[scheme]]\nname = "bad"\npolicy = "minimize(path.utl)"\n'
    with pytest.raises(CompileError) as caught:
        do(tmp_path, text=text)
    codes = [diagnostic.code for diagnostic in caught.value.diagnostics]
    assert codes.count("CTR1530") == 2  # one for each network
    assert any(code.startswith("CTR03") for code in codes)
    assert len(do(tmp_path, text=text, only=["scheme=MU,SP"])[0].rows) == 8


# ------------------------------------------------------------------------------------------------ a full disk


def test_a_full_disk_keeps_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Path.write_bytes
    room = 12

    def write_bytes(self: Path, data: bytes) -> int:
        nonlocal room
        if self.name.endswith(".new"):
            room -= 1
            if room < 0:
                written(self, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))
        return written(self, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(CompileError) as caught:
        do(tmp_path)
    (diagnostic,) = [each for each in caught.value.diagnostics if each.code == "CTR1536"]
    assert "no space left on device" in diagnostic.title_text()
    assert diagnostic.note_texts() == ("5 of 8 runs are kept, and whole",)
    assert not list(tmp_path.rglob("*.new"))
    monkeypatch.undo()
    summary, _ = do(tmp_path)
    assert (summary.earlier, summary.fine) == (5, True)


def test_the_runner_does_what_execute_says() -> None:
    assert runner.execute.__module__ == "contra.experiments.execute"
