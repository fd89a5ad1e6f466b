"""Whole experiments, run as a user runs them: by the command, in processes, through interruptions and full disks."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pickle
import shutil
import signal
import statistics
import subprocess
import sys
import time
import types
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from contra.cli.contra import main

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-c", "from contra.cli.contra import main; raise SystemExit(main())", "exp"]
TIMES = {"seconds", "cpu_seconds"}
"""All that may differ between two runs of one id."""
TEXT = """
name = "tiny"
topology = {{ generate = "leaf-spine", leaves = 3, spines = 2, hosts_per_leaf = 2 }}
workloads = ["cache", "20kB"]
loads = [0.2, 0.6]
seeds = {seeds}
flows = {flows}
senders = ["h1_*", "h2_*"]
receivers = ["h3_*"]

[[scheme]]
name = "MU"
policy = "minimize((path.len, path.util))"

[[scheme]]
name = "ECMP"
baseline = "ecmp"
"""


def write(folder: Path, seeds: str = "[1]", flows: int = 30, more: str = "") -> Path:
    path = folder / "tiny.toml"
    path.write_text(TEXT.format(seeds=seeds, flows=flows) + more, encoding="utf-8")
    return path


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    words = [*COMMAND, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=170, env=environment, **options)


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "table.csv").open(newline="", encoding="utf-8") as file:
        return [{key: text for key, text in row.items() if key not in TIMES} for row in csv.DictReader(file)]


def flows(folder: Path, row: dict[str, str]) -> list[dict[str, str]]:
    text = gzip.decompress((folder / "runs" / f"{row['run']}.flows.csv.gz").read_bytes()).decode()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished experiment."""
    folder = tmp_path_factory.mktemp("runs")
    done = run("run", write(folder), "--jobs", 2, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    assert "8 runs in table.csv" in done.stdout
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [f"{n} of 8 runs" for n in range(1, 9)]
    return folder / "out"


def test_the_table_says_what_the_flows_say(results: Path) -> None:
    """Every column about flows, computed once more from the lists, without numpy."""
    for row in table(results):
        listed = flows(results, row)
        times = sorted(int(flow["fct_ns"]) / 1000 for flow in listed)
        assert len(listed) == int(row["flows"]) == int(row["finished"]) == 30
        assert float(row["fct_mean_us"]) == pytest.approx(statistics.fmean(times), abs=0.01)
        assert float(row["fct_p50_us"]) == pytest.approx(statistics.median(times), abs=0.01)
        assert times[-2] <= float(row["fct_p99_us"]) <= times[-1]
        small = [int(flow["fct_ns"]) / 1000 for flow in listed if int(flow["size"]) <= 100_000]
        assert float(row["fct_small_mean_us"]) == pytest.approx(statistics.fmean(small), abs=0.01)
        for column in ("retransmitted", "timeouts", "late"):
            assert int(row[column]) == sum(int(flow[column]) for flow in listed)
        sent = sum(int(flow["size"]) for flow in listed)
        offered = 8e9 * sent / max(int(flow["start_ns"]) for flow in listed)
        assert float(row["offered_bps"]) == pytest.approx(offered, rel=1e-6)
        assert float(row["offered_load"]) == pytest.approx(offered / 20e9, rel=1e-4)  # the receivers' own links


def test_no_flow_is_faster_than_light(results: Path) -> None:
    for row in table(results):
        assert min(float(flow["slowdown"]) for flow in flows(results, row)) >= 1
        assert float(row["slowdown_mean"]) >= 1


def test_one_packet_alone_takes_what_it_must(tmp_path: Path) -> None:
    """Handshake and data, each a round trip; every switch stores whole packets: by hand, to the nanosecond."""
    (tmp_path / "one.csv").write_text("start_ns,source,target,bytes\n0,h1_1,h3_1,1000\n", encoding="utf-8")
    text = write(tmp_path).read_text(encoding="utf-8").replace('workloads = ["cache", "20kB"]', 'trace = "one.csv"')
    text = text.replace("loads = [0.2, 0.6]\n", "")
    (tmp_path / "tiny.toml").write_text(text, encoding="utf-8")
    done = run("run", tmp_path / "tiny.toml", "--only", "scheme=ECMP", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (row,) = table(tmp_path / "out")
    (flow,) = flows(tmp_path / "out", row)
    # Four links of 10 us and 10 Gbit/s: SYN, SYN-ACK, the data behind the ACK, the acknowledgement.
    least, most = 4 * (40_000 + 4 * 48) + 4 * 800, 4 * (40_000 + 4 * 100) + 5 * 1100
    assert least <= int(flow["fct_ns"]) <= most
    assert row["workload"] == "one.csv"
    assert row["load"] == row["offered_load"] == ""


def test_every_scheme_had_the_same_flows(results: Path) -> None:
    by_point: dict[Any, list[Any]] = {}
    for row in table(results):
        listed = [(f["start_ns"], f["source"], f["target"], f["size"]) for f in flows(results, row)]
        by_point.setdefault((row["workload"], row["load"]), []).append(listed)
    assert len(by_point) == 4
    assert all(one == other for one, other in by_point.values())


def test_overhead_is_counted(results: Path) -> None:
    for row in table(results):
        if row["scheme"] == "ECMP":
            assert (row["probe_bytes"], row["header_bytes"]) == ("0", "0")
        else:
            assert int(row["probe_bytes"]) > 0
            assert 0 < int(row["header_bytes"]) < int(row["data_bytes"]) / 10
        assert float(row["hops_mean"]) == 3  # leaf, spine, leaf
        assert int(row["data_bytes"]) > 2 * 30 * 20_000 * (row["workload"] == "20kB")


def test_jobs_do_not_change_results(results: Path, tmp_path: Path) -> None:
    done = run("run", write(tmp_path), "--jobs", 1, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert table(tmp_path / "out") == table(results)
    one, other = (
        [path.read_bytes() for path in sorted(each.glob("runs/*.gz"))] for each in (results, tmp_path / "out")
    )
    assert one == other


def test_a_list_of_flows_can_be_run_again(results: Path, tmp_path: Path) -> None:
    """The trace of a run gives the same completion times."""
    row = next(row for row in table(results) if (row["scheme"], row["workload"], row["load"]) == ("MU", "20kB", "0.6"))
    shutil.copy(results / "runs" / f"{row['run']}.flows.csv.gz", tmp_path / "again.csv.gz")
    text = (
        write(tmp_path).read_text(encoding="utf-8").replace('workloads = ["cache", "20kB"]', 'trace = "again.csv.gz"')
    )
    (tmp_path / "tiny.toml").write_text(text.replace("loads = [0.2, 0.6]\n", ""), encoding="utf-8")
    done = run("run", tmp_path / "tiny.toml", "--only", "scheme=MU", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (again,) = table(tmp_path / "out")
    assert again["fct_mean_us"] == row["fct_mean_us"]
    assert again["packet_hops"] == row["packet_hops"]


# ------------------------------------------------------------------------------------------------ interruptions


def interrupted(folder: Path, number: int) -> tuple[int, str, int]:
    """Start a long experiment, send a signal when the second run is there; exit code, stderr, finished runs."""
    out = folder / "out"
    words = [*COMMAND, "run", str(write(folder, seeds="[1, 2, 3]", flows=150)), "--jobs", "2", "--out", str(out)]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    limit = time.monotonic() + 120
    while len(list(out.glob("runs/*[0-9a-f].json"))) < 2 and time.monotonic() < limit and process.poll() is None:
        time.sleep(0.02)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    _, said = process.communicate(timeout=60)
    limit = time.monotonic() + 20
    while _alive(process.pid) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not _alive(process.pid), "workers were left behind"
    return process.returncode, said, len(list(out.glob("runs/*[0-9a-f].json")))


def _alive(group: int) -> bool:
    """Whether a process of the group is left that is more than a zombie."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[2] == str(group) and fields[0] not in "ZX":
            return True
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_an_interruption_keeps_finished_runs_and_the_next_goes_on(tmp_path: Path, number: int, code: int) -> None:
    status, said, finished = interrupted(tmp_path, number)
    assert status == code, said
    assert 2 <= finished < 24
    assert f"interrupted: {finished} of 24 runs are finished" in said.replace("\n", " ")
    assert "go on with: " in said
    assert "Traceback" not in said
    assert len(table(tmp_path / "out")) == finished
    done = run("run", tmp_path / "tiny.toml", "--jobs", 2, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "24 runs in table.csv" in done.stdout  # and table.parquet, where pyarrow is
    assert f", {finished} of them finished earlier" in done.stdout
    assert len(table(tmp_path / "out")) == 24
    shutil.rmtree(tmp_path / "out" / "runs")
    again = run("run", tmp_path / "tiny.toml", "--jobs", 2, "--only", "seed=2", "--out", tmp_path / "out2")
    assert again.returncode == 0
    kept = [row for row in table(tmp_path / "out") if row["seed"] == "2"]
    assert table(tmp_path / "out2") == kept


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="needs root")
def test_a_full_disk(tmp_path: Path) -> None:
    """A small file system: what is finished when it is full is whole, and with room the rest is done."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("cannot mount")
    try:
        path = write(tmp_path, seeds="[1, 2, 3]", flows=5000)
        path.write_text(path.read_text(encoding="utf-8").replace('"cache", ', ""), encoding="utf-8")
        done = run("run", path, "--jobs", 2, "--only", "seed=1", "--out", disk / "out")
        assert done.returncode == 0, done.stderr
        filler, usage = disk / "filler", os.statvfs(disk)
        # One build after the other is replaced; that leaves room for a few lists of flows.
        needed = max(map(_size, (disk / "out" / "builds").iterdir())) + 100_000
        filler.write_bytes(bytes(usage.f_bavail * usage.f_frsize - needed))
        done = run("run", path, "--jobs", 2, "--out", disk / "out")
        assert done.returncode == 1
        assert "CTR1536" in done.stderr, done.stderr
        assert "no space left on device" in done.stderr
        kept = sorted(disk.glob("out/runs/*.json"))
        assert 4 <= len(kept) < 12
        assert f"{len(kept)} of 12 runs are kept" in done.stderr
        assert all(json.loads(each.read_text(encoding="utf-8"))["row"]["run"] == each.stem for each in kept)
        filler.unlink()
        done = run("run", path, "--jobs", 2, "--out", disk / "out")
        assert done.returncode == 0, done.stderr
        assert f"{len(kept)} of them finished earlier" in done.stdout
    finally:
        subprocess.run(["umount", disk], check=True)


def _size(folder: Path) -> int:
    """Bytes of the pages that the files of a folder take."""
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*") if path.is_file())


# ------------------------------------------------------------------------------------------------ failures


def test_unfinished_flows_fail_the_command(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text('limit = "10us"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    done = run("run", path, "--jobs", 2, "--out", tmp_path / "out", "--only", "workload=cache", "--only", "load=0.6")
    assert done.returncode == 1
    assert "CTR1538" in done.stderr
    for row in table(tmp_path / "out"):
        assert int(row["finished"]) < int(row["flows"]) == 30
        assert row["fct_mean_us"] == row["fct_p99_us"] == row["slowdown_mean"] == ""


def test_links_down_from_the_start(tmp_path: Path) -> None:
    """ECMP is compiled without the link, the policy's network keeps it and finds out; nothing is lost after that."""
    path = write(tmp_path, more='[[failure]]\nlink = "l1-sp1"\n')
    done = run("run", path, "--jobs", 2, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    sizes = {}
    for name in ("MU", "ECMP"):
        (build,) = (tmp_path / "out" / "builds").glob(f"*-{name}")
        sizes[name] = len(json.loads((build / "topology.json").read_text(encoding="utf-8"))["links"])
    assert sizes == {"MU": 6, "ECMP": 5}
    assert {row["failures"] for row in table(tmp_path / "out")} == {"l1-sp1@0s"}
    assert all(row["finished"] == "30" for row in table(tmp_path / "out"))


def test_a_network_that_falls_apart(tmp_path: Path) -> None:
    more = '[[failure]]\nlink = "l1-sp1"\n[[failure]]\nlink = "l1-sp2"\n'
    done = run("run", write(tmp_path, more=more), "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "CTR1531" in done.stderr and "CTR1530" in done.stderr
    assert "'l1' cannot be reached" in done.stderr


def test_hula_wants_a_tree(tmp_path: Path) -> None:
    text = 'name = "x"\ntopology = "abilene"\npairs = 2\nworkloads = ["20kB"]\nloads = [0.1]\n'
    (tmp_path / "x.toml").write_text(text + '[[scheme]]\nbaseline = "hula"\n', encoding="utf-8")
    done = run("run", tmp_path / "x.toml", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "scheme 'hula' cannot be built for 'abilene'" in done.stderr
    assert "x.toml:6:" in done.stderr
    assert "CTR1603" in done.stderr


RECOVERY = """
name = "cut"
kind = "recovery"
topology = { generate = "leaf-spine", leaves = 2, spines = 2, hosts_per_leaf = 2 }
pairs = [["h1_1", "h2_1"], ["h1_2", "h2_2"]]
rate = "4Gbit"
duration = "12ms"
bin = "50us"
[[scheme]]
name = "MU"
policy = "minimize((path.len, path.util))"
[[scheme]]
name = "SP"
baseline = "shortest-path"
[[failure]]
link = "l1-sp1"
at = "6ms"
"""


def test_recovery(tmp_path: Path) -> None:
    """A switch that hears no probes for 3 periods of 256 us goes round; shortest path never does."""
    (tmp_path / "cut.toml").write_text(RECOVERY, encoding="utf-8")
    done = run("run", tmp_path / "cut.toml", "--jobs", 2, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    rows = {row["scheme"]: row for row in table(tmp_path / "out")}
    assert float(rows["MU"]["throughput_before_bps"]) == pytest.approx(4e9, rel=0.01)
    assert 600 <= float(rows["MU"]["recovery_us"]) <= 1100
    assert rows["SP"]["recovery_us"] == ""
    series = json.loads((tmp_path / "out" / "runs" / f"{rows['SP']['run']}.json").read_text(encoding="utf-8"))["series"]
    assert 11_950 < series["time_us"][-1] <= 12_000
    assert len(series["time_us"]) == len(series["throughput_bps"])
    assert series["throughput_bps"][-1] < 3e9


@pytest.mark.slow
def test_compile_times(tmp_path: Path) -> None:
    text = 'name = "ct"\nkind = "compile-time"\nrepeats = 2\n'
    text += 'topologies = ["diamond", { generate = "ring", switches = 6 }]\n'
    schemes = '[[scheme]]\nname = "MU"\npolicy = "minimize(path.util)"\n[[scheme]]\nbaseline = "ecmp"\n'
    (tmp_path / "ct.toml").write_text(text + schemes, encoding="utf-8")
    done = run("run", tmp_path / "ct.toml", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    rows = table(tmp_path / "out")
    assert [row["switches"] for row in rows] == ["4", "4", "6", "6"]
    for row in rows:
        assert 0 < float(row["compile_min_s"]) <= float(row["compile_s"]) <= float(row["compile_max_s"])
    assert not (tmp_path / "out" / "builds").exists()


# ------------------------------------------------------------------------------------------------ elsewhere


def test_a_cluster_gives_the_same_results(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through Dask where it is installed."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        out = tmp_path / "out"
        code = main(["exp", "run", str(write(tmp_path)), "--cluster", cluster.scheduler_address, "--out", str(out)])
    assert code == 0, capsys.readouterr().err
    assert table(out) == table(results)


class Elsewhere(ThreadPoolExecutor):
    """Workers that are handed bytes, as over a network; they see no folder of results."""

    def submit(self, fn: Any, /, *args: Any, **named: Any) -> Future[Any]:
        assert not any(isinstance(each, Path) for each in args)
        fn, args = pickle.loads(pickle.dumps((fn, args)))
        return super().submit(lambda: pickle.loads(pickle.dumps(fn(*args, **named))))


def test_a_cluster_needs_no_common_disk(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The scheduler is a stand-in; what goes to its workers and comes back is what goes to Dask's."""
    asked: list[Any] = []

    class Client:
        def __init__(self, address: str, **options: Any) -> None:
            asked.append(address)
            if address.startswith("bad"):
                raise OSError("Timed out trying to connect to bad:1 after 10 s")

        def get_executor(self, **options: Any) -> Elsewhere:
            return Elsewhere(1)

        def close(self) -> None:
            asked.append("closed")

    monkeypatch.setitem(sys.modules, "distributed", types.SimpleNamespace(Client=Client))  # type: ignore[arg-type]
    only = ["--only", "workload=20kB"]
    out = tmp_path / "out"
    assert main(["exp", "run", str(write(tmp_path)), *only, "--cluster", "tcp://head:8786", "--out", str(out)]) == 0
    assert table(out) == [row for row in table(results) if row["workload"] == "20kB"]
    assert asked == ["tcp://head:8786", "closed"]
    assert main(["exp", "run", str(write(tmp_path)), "--cluster", "bad:1", "--out", str(tmp_path / "other")]) == 1
    said = capsys.readouterr().err
    assert "CTR1539" in said and "Timed out trying to connect" in said and "dask scheduler" in said


def test_a_cluster_without_dask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["exp", "run", str(write(tmp_path)), "--cluster", "tcp://x:1", "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "CTR1539" in said
    assert "pip install 'contrac[cluster]'" in said
