"""Whole reports on made-up results: the right numbers, the lost runs, files that programs can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.html_reader import parsed
from support.results_folder import Made, run_id, write_recovery, write_results, write_sizes

from contra.diagnostics import CompileError, Reporter
from contra.experiments.published import figures
from contra.experiments.report import write_report

LOADS = (0.1, 0.5, 0.9)


def times(scheme: str, workload: str, load: float, seed: int) -> float:
    """ECMP as in the paper; Contra 0.8, 0.7, 0.6 of it; seeds 10 % below, at, above."""
    figure = figures("figure-8a" if workload == "web-search" else "figure-8b")[0]
    base = figure.at("ECMP", load)
    assert base is not None
    factor = {0.1: 0.8, 0.5: 0.7, 0.9: 0.6}[load] if scheme != "ECMP" else 1
    return base * 1000 * factor * (1 + 0.1 * (seed - 2))


def made(**changes: object) -> Made:
    return Made(**{"schemes": ("ECMP", "Contra-WSP"), "loads": LOADS, "times": times, **changes})


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("whole") / "results"
    reporter = Reporter()
    write_report(write_results(folder, made()), None, reporter)
    assert reporter.diagnostics == []
    yield folder / "report"


def table_after(text: str, caption: str) -> dict[str, list[str]]:
    """Rows of the Markdown table under a caption, by their first cell."""
    lines = text[text.index(f"\n{caption}") :].split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = {}
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip().strip("*") for cell in line.strip("|").split("|")]
        if not set(cells[0]) <= {"-"}:
            rows[cells[0]] = cells[1:]
    return rows


def test_times_stand_beside_the_papers(report: Path) -> None:
    rows = table_after((report / "report.md").read_text(encoding="utf-8"), "Mean FCT, ms: web search")
    assert rows["load"] == ["ECMP", "paper", "Contra-WSP", "paper"]
    # ECMP at 90 %: 59.67, 66.3, 72.93 ms; deviation 6.63, half 4.3027 * 6.63 / sqrt(3) = 16.47
    assert rows["90 %"] == ["66.3 ± 16.5", "66.3", "39.8 ± 9.9", "46.3"]
    assert rows["10 %"] == ["4.50 ± 1.12", "4.5", "3.60 ± 0.89", "4.2"]


def test_ratios_and_their_mean_stand_beside_the_papers(report: Path) -> None:
    rows = table_after((report / "report.md").read_text(encoding="utf-8"), "Mean FCT over that of ECMP: web search")
    # the paper: 4.2 / 4.5, 7.5 / 13.4, 46.3 / 66.3
    assert rows["10 %"] == ["0.800 ± 0.000", "0.933"]
    assert rows["90 %"] == ["0.600 ± 0.000", "0.698"]
    assert rows["mean over loads"] == ["0.700 ± 0.000", "0.730"]


def test_the_papers_sentences_are_judged(report: Path) -> None:
    text = (report / "report.md").read_text(encoding="utf-8")
    rows = table_after(text, "## Beside the paper")
    web = rows["mean FCT of Contra against ECMP at 90 % load, web search"]
    assert web == ["-30 % (0.7)", "0.698", "0.600 ± 0.000", "yes"]
    cache = rows["mean FCT of Contra against ECMP at 90 % load, cache"]
    assert cache == ["-47 % (0.53)", "0.531", "0.600 ± 0.000", "no"]


def test_overhead_is_of_all_bytes_between_switches(report: Path) -> None:
    text = (report / "report.md").read_text(encoding="utf-8")
    start = text.index("Traffic and paths: web search")
    line = next(line for line in text[start:].split("\n") if re.match(r"\| 10 % +\| Contra-WSP", line))
    # 3 MB of probes and 6 MB of headers in 1009 MB; ECMP sends 1000 MB. The paper has 1.0098 there.
    assert [cell.strip() for cell in line.strip("|").split("|")][2:6] == ["0.297 %", "0.595 %", "1.0090", "1.0098"]


def test_what_determines_the_result_is_there(report: Path) -> None:
    text = (report / "report.md").read_text(encoding="utf-8")
    plain = " ".join(text.split())
    rows = table_after(text, "## What determines the result")
    assert rows["congestion control"] == ["newreno"]
    assert rows["min rto, us"] == ["10000"]
    assert rows["queue packets"] == ["1000"]
    assert rows["probe period, us"] == ["256"]
    assert rows["topology"] == ["fattree-paper"]
    assert rows["contrac"] == ["0.1.0"]
    assert rows["failures"] == ["none"]
    assert rows["flows in each run"] == ["2,000"]
    assert rows["load"] == ["10 %, 50 %, 90 %"]
    assert "smallest cut between all senders and all receivers is full: 40Gbit of payload" in plain
    assert "n = 3" in plain and "2 degrees of freedom" in plain
    assert "contra exp run experiment.toml --out again" in plain
    assert "last byte is acknowledged" in plain


def test_the_offered_load_stands_beside_the_nominal_one(report: Path) -> None:
    rows = table_after((report / "report.md").read_text(encoding="utf-8"), "## Offered load")
    assert "web search" in rows and rows["cache"] == ["90 %", "90.0 %", "89.1 % to 90.9 %"]


def test_pictures_are_there_and_well_formed(report: Path) -> None:
    text = (report / "report.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\((plots/[a-z0-9-]+\.svg)\)", text)
    assert {"plots/fct-mean.svg", "plots/fct-ratio.svg", "plots/fct-p99.svg", "plots/slowdown-cdf.svg"} <= set(linked)
    for name in linked:
        root = ElementTree.parse(report / name).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert (report / name).with_suffix(".png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_page_is_well_formed_and_has_all_pictures_inside(report: Path) -> None:
    found = parsed((report / "report.html").read_text(encoding="utf-8"))
    assert found.tags.count("img") == len(list((report / "plots").glob("*.svg")))
    assert all(value.startswith("data:") for tag, name, value in found.attributes if (tag, name) == ("img", "src"))
    assert all(value for tag, name, value in found.attributes if (tag, name) == ("img", "alt"))


def test_the_same_results_give_the_same_files(report: Path, tmp_path: Path) -> None:
    written = write_report(report.parent, tmp_path / "again", Reporter())
    assert {path.relative_to(tmp_path / "again").as_posix() for path in written} >= {"report.md", "report.html"}
    for path in written:
        assert path.read_bytes() == (report / path.relative_to(tmp_path / "again")).read_bytes(), path.name


def test_lost_runs_are_named_at_the_top_and_not_averaged_away(tmp_path: Path) -> None:
    results = write_results(
        tmp_path / "results",
        made(
            unfinished=frozenset({run_id("ECMP", "web-search", 0.9, 2)}),
            crashed=frozenset({run_id("Contra-WSP", "cache", 0.5, 1)}),
            missing=frozenset({run_id("Contra-WSP", "cache", 0.1, 3)}),
        ),
    )
    write_report(results, None, Reporter())
    text = (results / "report" / "report.md").read_text(encoding="utf-8")
    top = text[: text.index("## ")]
    assert "3 of 36 runs of 'fattree-symmetric' did not finish: the comparison has failed." in top
    assert "Failed: ECMP, web-search, 90 % load, seed 2" in top and "3 of 2,000 flows did not finish" in top
    assert "Failed: Contra-WSP, cache, 50 % load, seed 1" in top and "the programs of the switches disagree" in top
    assert "Not run yet, or interrupted: Contra-WSP, cache, 10 % load, seed 3" in top
    web = table_after(text, "Mean FCT, ms: web search")
    assert web["90 %"][0] == "failed: 1 of 3" and web["50 %"][0].startswith("13.4")
    ratios = table_after(text, "Mean FCT over that of ECMP: web search")
    assert ratios["90 %"] == ["failed", "0.698"] and ratios["mean over loads"][0] == "failed"
    cache = table_after(text, "Mean FCT over that of ECMP: cache")
    assert [cache[name][0] for name in ("10 %", "50 %", "90 %", "mean over loads")] == [
        "failed",
        "failed",
        "0.600 ± 0.000",
        "failed",
    ]
    page = (results / "report" / "report.html").read_text(encoding="utf-8")
    assert "did not finish: the comparison has failed." in page and 'class="lost"' in page


def test_growth_against_a_second_folder(tmp_path: Path) -> None:
    def slower(scheme: str, workload: str, load: float, seed: int) -> float:
        return times(scheme, workload, load, seed) * (4 if scheme == "ECMP" else 1.5)

    failed = made(name="failed", title="Failed link", published="figure-9", times=slower, failures="a1_1-c1@0s")
    first, second = write_results(tmp_path / "failed", failed), write_results(tmp_path / "whole", made())
    write_report(first, tmp_path / "out", Reporter(), against=second)
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert table_after(text, "In this the two differ:") == {
        "setting": ["here", "fattree-symmetric"],
        "failures": ["a1_1-c1@0s", "none"],
    }
    rows = table_after(text, "Mean FCT over that in 'fattree-")
    assert rows["load"] == ["ECMP", "paper", "Contra-WSP", "paper"]
    assert rows["90 %"] == ["4.000 ± 0.000", "3.394", "1.500 ± 0.000", "2.505"]
    assert (tmp_path / "out" / "plots" / "fct-growth.svg").exists()
    assert not (first / "report").exists()


def test_names_that_are_hostile_do_no_harm(tmp_path: Path) -> None:
    schemes = ("<script>alert(1)</script>", "_$x_2$|`*", "E\u202eCMP\x1b[31m", "名前", "x" * 300)
    workload = "[a](javascript:b)\n# c"
    hostile = made(name="<b>n</b>", title="</title><i>", schemes=schemes, workloads=(workload,), loads=(0.5,),
                   seeds=(1, 2), times=lambda *key: 2500.0, published="")  # fmt: skip
    results = write_results(tmp_path / "results", hostile)
    reporter = Reporter()
    written = write_report(results, None, reporter)
    text, page = ((results / "report" / name).read_text(encoding="utf-8") for name in ("report.md", "report.html"))
    found = parsed(page)
    assert not {"script", "i", "b"} & set(found.tags)
    assert all("\x1b" not in each and "\u202e" not in each for each in (text, page))
    assert "\n# c" not in text and "](javascript" not in text.replace("\\](", "")
    for path in written:
        if path.suffix == ".svg":
            ElementTree.parse(path)
            assert "<script" not in path.read_text(encoding="utf-8")


def test_flows_of_a_trace_have_no_load(tmp_path: Path) -> None:
    results = write_results(tmp_path / "results", made(workloads=("trace.csv",), loads=(0.5,), seeds=(1,)))
    for name, old, new in (("plan.json", '"load": 0.5', '"load": null'), ("table.csv", "random,0.5,", "random,,")):
        text = (results / name).read_text(encoding="utf-8")
        assert old in text
        (results / name).write_text(text.replace(old, new), encoding="utf-8")
    write_report(results, None, Reporter())
    text = (results / "report" / "report.md").read_text(encoding="utf-8")
    assert table_after(text, "Mean FCT, ms: trace.csv")["–"] == ["2.86", "2.00"]  # 0.9 of 3.18 ms, and 0.7 of that
    assert "| 50 % |" not in text and "A load of 100 %" not in text


def test_recovery(tmp_path: Path) -> None:
    results = write_recovery(tmp_path / "results", {"Contra-WSP": 800.0, "ECMP": None})
    write_report(results, None, Reporter())
    text = (results / "report" / "report.md").read_text(encoding="utf-8")
    rows = table_after(text, "## Throughput around the cut")
    # back after 801, 802, 803 us: mean 802, half 4.3027 * 1 / sqrt(3) = 2.48
    assert rows["Contra-WSP"] == ["4.25 ± 0.00", "3.19 ± 0.00", "802 ± 2", "0 of 3", "1.000 %"]
    assert rows["ECMP"][2:4] == ["–", "3 of 3"]
    assert "is back within 1000 us" in " ".join(text.split())
    ElementTree.parse(results / "report" / "plots" / "recovery.svg")


def test_state_and_compile_time(tmp_path: Path) -> None:
    state = write_sizes(tmp_path / "state", "state", "figure-7", lambda scheme, switches: 10.0)
    write_report(state, None, Reporter())
    rows = table_after(
        (state / "report" / "report.md").read_text(encoding="utf-8"), "State of the largest switch, kB: fat trees"
    )
    # the paper: 15, 25 and 33 kB on 20 switches
    assert rows["fat-tree-4"] == ["20", "10.0", "15", "0.67", "10.0", "25", "0.40", "10.0", "33", "0.30"]
    compiled = write_sizes(tmp_path / "compile", "compile-time", "figure-6", lambda s, n: n / 100, "random-500-8-1-WP")
    write_report(compiled, None, Reporter())
    text = (compiled / "report" / "report.md").read_text(encoding="utf-8")
    rows = table_after(text, "Time of the whole compilation, s: random graphs")
    assert rows["random-500-8-1"] == ["500", "5.00", "1.73", "2.9", "5.00", "2.19", "2.3", "failed", "2.6", "–"]
    assert "Failed: WP, random-500-8-1, seed 1" in text and "no memory" in text


def test_flows_that_cannot_be_read_are_a_warning_and_are_named(tmp_path: Path) -> None:
    few = made(workloads=("cache",), loads=(0.5,), seeds=(1,))
    results = write_results(tmp_path / "results", few)
    damaged = results / "runs" / f"{run_id('ECMP', 'cache', 0.5, 1)}.flows.csv.gz"
    damaged.write_bytes(damaged.read_bytes()[:-30])
    reporter = Reporter()
    write_report(results, None, reporter)
    assert [each.code for each in reporter.diagnostics] == ["CTR1408"]
    text = (results / "report" / "report.md").read_text(encoding="utf-8")
    assert "cannot be read: the schemes of the runs ECMP-cache-0.5-1" in " ".join(text.split())
    assert (results / "report" / "plots" / "slowdown-cdf.svg").exists()


def test_a_new_report_leaves_no_plots_of_the_old_one(tmp_path: Path) -> None:
    """With another folder beside it there is a plot more; files that no report has made stay."""
    few = made(workloads=("cache",), seeds=(1,))
    results, other, out = (tmp_path / name for name in ("results", "other", "out"))
    plots = out / "plots"
    write_results(results, few)
    write_report(results, out, Reporter(), against=write_results(other, few))
    before = set(plots.iterdir())
    own = {plots / "my-own.svg", plots / "fct-growth.pdf"}
    for path in own:
        path.write_text("", encoding="utf-8")
    written = write_report(results, out, Reporter())
    assert set(plots.iterdir()) == own | {path for path in written if path.parent == plots}
    assert before - set(plots.iterdir()) == {plots / "fct-growth.svg", plots / "fct-growth.png"}


@pytest.mark.parametrize("old", [b"", b"\xff", b"![a](plots/../../kept.svg)\n![a](plots//kept.svg)\n"])
def test_a_report_of_somebody_else_is_no_reason_to_stop_or_to_delete(old: bytes, tmp_path: Path) -> None:
    results = write_results(tmp_path / "results", made(workloads=("cache",), loads=(0.5,), seeds=(1,)))
    (results / "kept.svg").write_text("", encoding="utf-8")
    (results / "report").mkdir()
    (results / "report" / "report.md").write_bytes(old)
    write_report(results, None, Reporter())
    assert (results / "kept.svg").exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    results = write_results(tmp_path / "results", made(workloads=("cache",), loads=(0.5,), seeds=(1,)))
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CompileError) as caught:
        write_report(results, tmp_path / "file", Reporter())
    assert [each.code for each in caught.value.diagnostics] == ["CTR0703"]
