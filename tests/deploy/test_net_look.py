"""`contra net show` and `watch`, against switches of the embedded engine behind the daemon's socket."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from deploy.state.test_terminal import Terminal
from engine.support.builds import Built, built
from engine.support.corpus import text_of
from engine.support.nets import net
from support.engine_state import EngineSource

from contra.cli.contra import main as contra
from contra.cli.contrac import main as contrac
from contra.deploy import testbed
from contra.deploy.answers import answers
from contra.deploy.bringup import LAST, LOOKING
from contra.deploy.daemon.channel import Channel
from contra.deploy.daemon.places import places_of
from contra.deploy.daemon.server import Server
from contra.deploy.network import preflight
from contra.deploy.network.counters import Traffic
from contra.deploy.plan import Plan, Settings, make_plan
from contra.deploy.state.errors import SwitchSilent, Unreadable
from contra.deploy.state.query import QuerySource
from contra.deploy.state.reader import StateReader
from contra.deploy.state.source import ByWidth
from contra.diagnostics import Reporter
from contra.engine.inputs import at_rest
from contra.engine.routes import routes
from contra.engine.simulation import Simulation
from contra.render import ENTER_SCREEN

REPO = Path(__file__).parent.parent.parent
RING = net("A-B B-C C-D D-A", "A C D")
COMMAND = [sys.executable, "-c", "import sys; from contra.cli.contra import main; sys.exit(main())", "net"]


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """`contra net` in a process of its own."""
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=120, check=False, cwd=REPO)


def missing() -> str | None:
    """Why a real network cannot be made here, or None."""
    if os.geteuid() != 0:
        return "needs root (network namespaces)"
    absent = [tool for tool in (*preflight.TOOLS, "p4c-bm2-ss") if shutil.which(tool) is None]
    return f"{', '.join(absent)} not installed" if absent else None


REASON = missing()


class Source(EngineSource):
    """Switches that can be dead."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(simulation)
        self.dead: set[int] = set()

    def read(self, switch: int, cell: str) -> Any:
        if switch in self.dead:
            raise Unreadable([SwitchSilent(switch="B", way="over Thrift", reason="Connection refused")])
        return super().read(switch, cell)


@dataclass
class Interfaces:
    """A network of which all is known that `watch` asks for: what its interfaces have sent, and what is cut."""

    plan: Plan
    sent: dict[str, int] = field(default_factory=dict)
    cut: frozenset[tuple[int, int]] = frozenset()
    broken: bool = False

    def interface_counters(self) -> Mapping[str, Traffic]:
        if self.broken:
            raise RuntimeError("the network is not up")
        names = [name for row in self.plan.switches for _, name in row.interfaces]
        return {name: Traffic(0, 0, self.sent.get(name, 0), 0) for name in names}


@dataclass
class Running:
    """A daemon."""

    made: Built
    simulation: Simulation
    bed: Any
    source: Source
    interfaces: Interfaces
    server: Server

    def __post_init__(self) -> None:
        self.asked: list[Channel | None] = []
        self.thread = threading.Thread(target=lambda: self.asked.append(self.server.serve()))
        self.thread.start()

    def end(self) -> None:
        """As `contra net down` does it."""
        if self.asked:
            return
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(places_of("contra").socket))
            channel = Channel(sock)
            channel.send({"do": LAST})
            self.thread.join()
            self.server.close()
            channel.close()
        for each in self.asked:
            assert each is not None
            each.close()


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("CONTRA_RUN", str(tmp_path / "run"))
    made = built(text_of("p8_congestion_aware"), RING)
    simulation = made.simulation()
    simulation.network.run(6 * simulation.period_ps)
    (tmp_path / "build").mkdir()
    build = replace(made.build, folder=tmp_path / "build")
    plan = make_plan(build, Settings(), Reporter())
    places = places_of("contra")
    places.folder.mkdir(parents=True)
    bed: Any = testbed.Testbed(plan, places.folder)
    source, interfaces = Source(simulation), Interfaces(plan)
    bed._reader, bed.network, bed.started = StateReader(build, source), interfaces, 1.0
    server = Server(places, answers(bed), LOOKING, LAST)
    started = Running(made, simulation, bed, source, interfaces, server)
    yield started
    started.end()
    bed._journal.close()


def out(capsys: Any, *words: str) -> str:
    assert contra(["net", *words]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return str(said.out)


def test_show(running: Running, capsys: Any) -> None:
    text = out(capsys, "show", "A")
    assert text.startswith("Switch A, number 0, as it is now\n")
    assert re.search(r"^ +1 +\d+ +switch B +up ", text, re.M)
    assert "New packets (BestT" in text


def test_show_as_json(running: Running, capsys: Any) -> None:
    found = json.loads(out(capsys, "show", "A", "--json"))
    expected = routes(running.simulation, running.made.policy, at_rest(running.made.build.topology))
    first = {each.target: each.path[1] for each in expected if each.source == "A"}
    next_hops = {(row["dst"], row["tag"], row["pid"]): row["next"] for row in found["routes"]}
    best = {row["dst"]: next_hops[row["dst"], row["tag"], row["pid"]] for row in found["best"]}
    assert best == first
    assert [(row["neighbour"], row["state"]) for row in found["links"]] == [("B", "up"), ("D", "up")]


def test_show_what_is_not_there(running: Running, capsys: Any) -> None:
    assert contra(["net", "show", "AB"]) == 1
    said = capsys.readouterr().err
    assert "the network has no switch 'AB'" in said
    assert "CTR0816" in said


def test_show_a_dead_switch(running: Running, capsys: Any) -> None:
    running.source.dead.add(1)
    assert contra(["net", "show", "B"]) == 3
    said = capsys.readouterr().err
    assert "the state of switch 'B' cannot be read over Thrift: Connection refused" in said
    assert "contra net restart B" in said


def test_watch_once(running: Running, capsys: Any) -> None:
    text = out(capsys, "watch", "--once", "--every", "100ms")
    assert text.startswith("contra: ")
    assert "state read by query packets" in text.splitlines()[0]
    assert "6 pairs, all have a way, all links up" in text
    for each in routes(running.simulation, running.made.policy, at_rest(running.made.build.topology)):
        assert re.search(rf"(^| ){' '.join(each.path)}( |$)", text, re.M)


def test_watch_says_what_is_cut_and_who_is_dead(running: Running, capsys: Any) -> None:
    running.interfaces.cut = frozenset({(2, 2)})
    running.source.dead.add(1)
    text = out(capsys, "watch", "--once", "--every", "100ms")
    assert re.search(r"^C-D +cut", text, re.M)
    assert "the state of switch 'B' cannot be read over Thrift" in text


def test_loads_are_bytes_between_two_looks(running: Running) -> None:
    """A sends half of what its link to B carries, B a tenth; between the first two looks only."""
    link = running.bed.plan.links[0]
    assert {link.link.a, link.link.b} == {0, 1}
    _, first = running.bed.snapshot()
    running.interfaces.sent.update(dict(zip(link.interfaces, (10**9, 2 * 10**8), strict=True)))
    shot, second = running.bed.snapshot(first)
    seconds = second.at - first.at
    assert shot.links[0].there == pytest.approx(8 * 10**9 / seconds / link.capacity)
    assert shot.links[0].back == pytest.approx(8 * 2 * 10**8 / seconds / link.capacity)
    assert (shot.links[1].there, shot.links[1].back) == (0.0, 0.0)
    assert running.bed.snapshot(second)[0].links[0].there == 0.0


@pytest.mark.skipif(find_spec("thrift") is None, reason="thrift is not installed")
@pytest.mark.parametrize(("wanted", "listens"), [(True, True), (True, False), (False, True)])
def test_thrift_where_the_switches_listen(running: Running, wanted: bool, listens: bool) -> None:
    """A switch that was built without Thrift takes the option all the same."""
    bed = running.bed
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        if listens:
            sock.listen()
        first = replace(bed.plan.switches[0], thrift_port=sock.getsockname()[1])
        settings = replace(bed.plan.settings, thrift=wanted)
        bed.plan = replace(bed.plan, settings=settings, switches=(first, *bed.plan.switches[1:]))
        bed._open_state()
    assert bed.reads == ("over Thrift" if wanted and listens else "by query packets")
    assert isinstance(bed._source, ByWidth if wanted and listens else QuerySource)


@pytest.mark.parametrize("every", ["0s", "99ms", "2h", "fast", "-1s"])
def test_a_time_between_looks_that_is_none(every: str, capsys: Any) -> None:
    assert contra(["net", "watch", f"--every={every}"]) == 2
    assert "--every" in capsys.readouterr().err


def test_watch_needs_a_terminal(running: Running, capsys: Any) -> None:
    assert contra(["net", "watch"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "--once" in said.err


def test_watch_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("CONTRA_RUN", str(tmp_path))
    assert contra(["net", "watch", "--once"]) == 1
    assert "CTR0808" in capsys.readouterr().err


@pytest.fixture
def terminal(running: Running) -> Iterator[Terminal]:
    made = Terminal([*COMMAND, "watch", "--every", "100ms"])
    made.until(ENTER_SCREEN)
    yield made
    made.close()


def test_watch_in_a_terminal(running: Running, terminal: Terminal) -> None:
    terminal.until("all links up")
    running.interfaces.cut = frozenset({(0, 0)})
    terminal.until("1 link down")
    running.interfaces.broken = True  # as while it is taken down
    terminal.until("no answer for")
    running.interfaces.broken = False
    terminal.until("q quits")
    terminal.key("q")
    terminal.ended()
    assert terminal.process.returncode == 0


def test_watch_ends_with_the_network(running: Running, terminal: Terminal) -> None:
    terminal.until("all links up")
    running.end()
    terminal.ended()
    assert terminal.process.returncode == 1
    assert "no network 'contra' is running" in terminal.heard


# ------------------------------------------------------------------------------------------------ real switches


@pytest.mark.testbed
@pytest.mark.slow
@pytest.mark.skipif(REASON is not None, reason=str(REASON))
@pytest.mark.skipif(find_spec("p4runtime_sh") is None, reason="p4runtime-shell is not installed")
def test_real_switches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three switches in a line, the middle one cut off: what is shown of them before and after."""
    monkeypatch.setenv("CONTRA_RUN", str(tmp_path / "run"))
    build = line_of_three(tmp_path)
    started = command("up", str(build), "--isolate", "--grpc-port", "52071", "--thrift-port", "52171")
    assert started.returncode == 0, started.stderr
    try:
        found = json.loads(command("show", "A", "--json").stdout)
        routes_there = {row["dst"]: (row["next"], row["metrics"], row["alive"]) for row in found["routes"]}
        assert routes_there == {"B": ("B", {"len": 1}, True), "C": ("B", {"len": 2}, True)}
        assert [(row["neighbour"], row["state"]) for row in found["links"]] == [("B", "up")]
        assert found["drops"]["NO_ROUTE"] == 0
        traffic = subprocess.Popen(
            [*COMMAND, "traffic", "hA", "hC", "--udp", "--rate", "2Mbit", "--for", "6s"], cwd=REPO
        )
        try:
            busy = loads(command("watch", "--once", "--every", "3s").stdout)
        finally:
            assert traffic.wait(60) == 0
        assert busy["A-B"][0] >= 5  # of 20 Mbit/s: 2 Mbit/s of payload are at least 10 %
        assert busy["A-B"][1] <= 2
        assert busy["B-C"][0] >= 5
        assert command("fail", "B-C").returncode == 0
        text = until("4 without a way", "watch", "--once")  # between A, B and C
        assert re.search(r"^B-C +cut", text, re.M)
        assert command("heal").returncode == 0
        until("6 pairs, all have a way", "watch", "--once")
    finally:
        assert command("down").returncode == 0


def until(wanted: str, *words: str) -> str:
    """What a command prints as soon as a text is in it."""
    end = time.monotonic() + 60
    while wanted not in (text := command(*words).stdout):
        assert time.monotonic() < end, text
    return text


def line_of_three(folder: Path) -> Path:
    """A - B - C, a host each, the shortest path."""
    topology = {
        "switches": {name: {} for name in "ABC"},
        "hosts": {f"h{name}": {"switch": name, "capacity": "10Gbit", "latency": "1us"} for name in "ABC"},
        "links": [{"ends": list(ends), "capacity": "10Gbit", "latency": "1us"} for ends in ("AB", "BC")],
    }
    (folder / "t.json").write_text(json.dumps(topology))
    (folder / "p.ctr").write_text("minimize(path.len)\n")
    assert contrac([str(folder / "p.ctr"), str(folder / "t.json"), "-o", str(folder / "build")]) == 0
    return folder / "build"


def loads(text: str) -> dict[str, tuple[int, int]]:
    """Per link its load there and back in percent, as `watch` prints it."""
    rows = re.findall(r"(\w+-\w+) [^ \w]+ +(\d+)% [^ \w]+ +(\d+)%", text)
    return {name: (int(there), int(back)) for name, there, back in rows}
