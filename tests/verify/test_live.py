"""`contra verify` on a running network: the daemon's side, asked over its socket, with switches that are stand-ins."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from support.verifying import compiled, loaded

from contra.cli.contra import main as contra
from contra.deploy import testbed
from contra.deploy.answers import answers
from contra.deploy.bringup import LAST, LOOKING
from contra.deploy.control.client import Kind
from contra.deploy.control.desired import held_still
from contra.deploy.control.errors import ControlError, OtherProgram, SwitchDied
from contra.deploy.control.model import Action, EntryKey, Holding, Match
from contra.deploy.daemon.channel import Channel
from contra.deploy.daemon.places import places_of
from contra.deploy.daemon.server import Server
from contra.deploy.plan import Settings, make_plan
from contra.diagnostics import Reporter
from contra.engine.inputs import LinkState


@dataclass
class Switch:
    """Holds what it was given; `failure` instead of an answer."""

    name: str
    holding: Holding
    failure: ControlError | None = None
    trouble: str = field(default="")

    def read(self) -> Holding:
        if self.failure is not None:
            raise self.failure
        return self.holding

    def remove(self, key: EntryKey) -> None:
        self.holding = Holding({each: content for each, content in self.holding.contents.items() if each != key})

    def put(self, key: EntryKey, content: Action) -> None:
        self.holding = Holding({**self.holding.contents, key: content})


@dataclass
class Network:
    """A daemon with its switches."""

    build: Path
    bed: Any
    switches: dict[str, Switch]


def started(build: Path, run: Path) -> Iterator[Network]:
    made = loaded(build)
    places = places_of("contra")
    places.folder.mkdir(parents=True)
    bed: Any = testbed.Testbed(make_plan(made, Settings(), Reporter()), places.folder)
    for index, switch in enumerate(made.switches):
        bed.sessions.append(Switch(switch.switch.name, Holding(bed.expected(index).contents)))
    server = Server(places, answers(bed), LOOKING, LAST)
    asked: list[Channel | None] = []
    thread = threading.Thread(target=lambda: asked.append(server.serve()))
    thread.start()
    yield Network(build, bed, {each.name: each for each in bed.sessions})
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(places.socket))
        channel = Channel(sock)
        channel.send({"do": LAST})
        thread.join()
        server.close()
        channel.close()
    for each in asked:
        assert each is not None
        each.close()
    bed._journal.close()


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setenv("CONTRA_RUN", str(tmp_path / "run"))
    yield from started(compiled(tmp_path), tmp_path / "run")


@pytest.fixture
def secret_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setenv("CONTRA_RUN", str(tmp_path / "run"))
    yield from started(compiled(tmp_path, "waypoint", "abilene", "--authenticate"), tmp_path / "run")


def findings(network: Network, capsys: Any, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code, and the switches that are not equal."""
    code = contra(["verify", str(network.build), "--json", *options])
    said = capsys.readouterr()
    return code, {row["switch"]: row for row in json.loads(said.out)["switches"] if row["status"] != "equal"}


HOP_PORT = "ContraIngress.route.hop_port"
TO_PORT = "ContraIngress.route.to_port"


def hop(number: int) -> EntryKey:
    return EntryKey(HOP_PORT, (Match("hop", "exact", number),))


def test_as_compiled(network: Network, capsys: Any) -> None:
    assert contra(["verify", str(network.build)]) == 0
    said = capsys.readouterr()
    assert said.out.endswith("entries and groups compared: as compiled\n")
    assert said.err == ""


def test_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("CONTRA_RUN", str(tmp_path / "run"))
    assert contra(["verify", str(compiled(tmp_path))]) == 1
    assert "CTR0808" in capsys.readouterr().err


def test_broken_by_hand(network: Network, capsys: Any) -> None:
    kscy = network.switches["KSCY"]
    weight = dict(kscy.holding.contents[hop(2)].parameters)["weight"]  # type: ignore[union-attr]
    kscy.remove(hop(1))
    kscy.put(hop(2), Action(TO_PORT, (("port", 3), ("weight", weight))))
    code, found = findings(network, capsys)
    assert code == 1
    [missing, altered] = found.pop("KSCY")["findings"]
    assert not found
    assert (missing["kind"], missing["key"]["match"]) == ("missing", {"hop": 1})
    assert altered["fields"] == [{"part": "parameter", "name": "port", "expected": 2, "found": 3}]
    for each in (missing, altered):
        assert not each["direct"]  # a link serves the clauses of the product nodes that are reached over it
        [clause] = [place for place in each["policy"] if place["kind"] == "clause"]
        assert clause["text"] == "path.util"


def test_switches_that_do_not_tell(network: Network, capsys: Any) -> None:
    gone = SwitchDied(switch="CHIN", doing="reading its entries", reason="Socket closed")
    other = OtherProgram(switch="ATLA", program="destination", reasons=("it runs no program at all",))
    network.switches["CHIN"].failure = ControlError(Kind.DIED, gone)
    network.switches["ATLA"].failure = ControlError(Kind.WRONG_PIPELINE, other)
    network.switches["NYCM"].remove(hop(1))
    code, found = findings(network, capsys)
    assert code == 1
    statuses = {name: (row["status"], row["code"]) for name, row in found.items()}
    assert statuses == {
        "CHIN": ("unreachable", "CTR1110"),
        "ATLA": ("other program", "CTR1104"),
        "NYCM": ("differs", None),
    }
    assert len(found["NYCM"]["findings"]) == 1


def test_what_was_saved_says_the_same(network: Network, tmp_path: Path, capsys: Any) -> None:
    network.switches["KSCY"].remove(hop(1))
    network.switches["CHIN"].failure = ControlError(
        Kind.DIED, SwitchDied(switch="CHIN", doing="reading", reason="Socket closed")
    )
    saved = tmp_path / "saved.json"
    live = findings(network, capsys, "--save", str(saved))
    assert findings(network, capsys, "--snapshot", str(saved)) == live
    assert json.loads(saved.read_text())["deployment"]["scale"] == str(network.bed.plan.scale)


def test_metrics_that_are_held_are_as_they_should_be(network: Network, capsys: Any) -> None:
    states = [LinkState(link=0, forward=True, up=True, util=Fraction(1, 4), latency_ns=0, attributes=())]
    topology = network.bed.build.topology
    network.bed.adjustments = replace(network.bed.adjustments, held=held_still(topology, states))
    for index, switch in enumerate(network.switches.values()):
        switch.holding = Holding(network.bed.expected(index).contents)
    assert findings(network, capsys) == (0, {})


def test_a_build_that_was_compiled_anew(network: Network, tmp_path: Path, capsys: Any) -> None:
    policy = tmp_path / "waypoint.ctr"
    policy.write_text(policy.read_text().replace("DNVR + KSCY", "DNVR + CHIN"))
    from contra.cli.contrac import main as contrac

    assert contrac([str(policy), str(tmp_path / "abilene.json"), "-o", str(network.build), "-q"]) == 0
    assert contra(["verify", str(network.build)]) == 1
    said = capsys.readouterr()
    assert "CTR1703" in said.err
    assert "missing" in said.out


def test_keys_of_probes_are_compared_and_never_written(secret_network: Network, tmp_path: Path, capsys: Any) -> None:
    key = secret_network.bed.adjustments.probe_key
    saved = tmp_path / "saved.json"
    assert findings(secret_network, capsys, "--save", str(saved)) == (0, {})
    assert not any(str(part) in saved.read_text() for part in key)
    kscy = secret_network.switches["KSCY"]
    [place] = [
        each for each in kscy.holding.contents if isinstance(each, EntryKey) and each.table.endswith("probe_key")
    ]
    action = kscy.holding.contents[place]
    assert isinstance(action, Action)
    kscy.put(place, Action(action.name, tuple((name, 77_123_456) for name, _ in action.parameters)))
    assert contra(["verify", str(secret_network.build)]) == 1
    text = capsys.readouterr().out
    assert "default action of probe_key: the key of probes is another one" in text
    assert not any(str(part) in text for part in (*key, 77_123_456))
