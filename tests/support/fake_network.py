"""A network of fake P4Runtime switches with a controller of ours: what `contra net up` has, without BMv2 and Mininet.

The switches are gRPC servers of this process (`p4runtime_server`); sessions, writer and journal are the real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from support.control import QUICK
from support.p4info_of import pipeline_of
from support.p4runtime_server import FakeServer

from contra.chaos.altering import by_controller
from contra.chaos.inject import Scene
from contra.chaos.network import Failed
from contra.deploy.control.client import Address
from contra.deploy.control.desired import desired
from contra.deploy.control.dump import holding_json
from contra.deploy.control.fleet import LOOKERS, on_all, try_all
from contra.deploy.control.journal import Event, Journal, journal_path, revision_of
from contra.deploy.control.model import Holding
from contra.deploy.control.p4runtime import connect
from contra.deploy.control.session import SwitchSession
from contra.deploy.plan import Settings, make_plan
from contra.diagnostics import CompileError, Reporter
from contra.engine.build import Build, load
from contra.source import SourceFile
from contra.verify.seen import Snapshot
from contra.verify.snapshot import snapshot_of, snapshot_text

AGAIN = replace(QUICK, connect_s=0.3)
"""While entries are written: where a connection has broken, it stays so until the fault is over."""
NAME = "fake"


class FakeNetwork:
    """A `RunningNetwork`, and the snapshots that its daemon would take."""

    def __init__(self, folder: Path, run: Path) -> None:
        self.folder, self.settings = run, Settings(name=NAME, scale=Fraction(1))
        self._change_to(folder)
        self.servers = [FakeServer(1 + index) for index in range(len(self.build.switches))]
        self.alive = [True] * len(self.servers)
        self.sessions = [self._session(index) for index in range(len(self.servers))]

    def start(self) -> None:
        on_all(len(self.sessions), self._fill)
        self.note("up")

    def stop(self) -> None:
        for session, server in zip(self.sessions, self.servers, strict=True):
            session.close()
            server.kill()
        self.journal.close()

    def _change_to(self, folder: Path) -> None:
        reporter = Reporter()
        self.build: Build = load(folder, reporter)
        reporter.check()
        plan = make_plan(self.build, self.settings, reporter)
        self.expected: list[Holding] = [desired(self.build, plan, index) for index in range(len(plan.switches))]
        self.journal = Journal(journal_path(folder), NAME, revision_of(self.build.manifest.file.text))

    def _session(self, index: int) -> SwitchSession:
        built = self.build.switches[index]
        where = Address(target=self.servers[index].address, device_id=1 + index)
        pipeline, program = pipeline_of(built.program.typed), built.program.row.name
        return SwitchSession(built.switch.name, where, pipeline, program, self.journal, connect, deadlines=QUICK)

    def _fill(self, index: int) -> None:
        session = self.sessions[index]
        session.deadlines = QUICK
        session.connect()
        session.push()
        self._write(index)

    def _write(self, index: int) -> None:
        session = self.sessions[index]
        session.deadlines = AGAIN
        session.apply(self.expected[index])

    def note(self, action: str, switch: str = "", outcome: str = "ok", **what: str) -> None:
        self.journal.write([Event(switch=switch, action=action, object=what, outcome=outcome)])

    def name(self, switch: int) -> str:
        return self.build.switches[switch].switch.name

    # ------------------------------------------------------------------------------------------ RunningNetwork

    def address(self, switch: int) -> str:
        return self.servers[switch].address

    def thrift_port(self, switch: int) -> int | None:
        return None

    def reach(self, switch: int, target: str | None) -> None:
        session = self.sessions[switch]
        address = replace(session.target.address, target=target or self.address(switch))
        session.deadlines = QUICK
        with _failing():
            session.reach(address, now=self.alive[switch])

    def refill(self, switch: int) -> None:
        self.note("restart", outcome="ok", switch_name=self.name(switch))
        self.sessions[switch].close()
        self.servers[switch].restart()
        self.alive[switch] = True
        with _failing():
            self._fill(switch)

    def apply(self, build: Path) -> None:
        before = self.build.folder
        self.journal.close()
        self._change_to(build)
        for session in self.sessions:
            session.write_to(self.journal)
        self.note("apply", build=str(self.build.folder), **{"from": str(before)})
        with _failing():
            on_all(len(self.sessions), self._write)

    def kill(self, switch: int) -> None:
        self.servers[switch].kill()
        self.alive[switch] = False
        self.note("exit", self.name(switch), outcome="-9")

    # ------------------------------------------------------------------------------------------ looking

    def holdings(self) -> str:
        """The text of a snapshot, as the daemon would take it."""
        found, failures = try_all(range(len(self.sessions)), lambda at: self.sessions[at].read(), workers=LOOKERS)
        switches = {}
        for index in range(len(self.sessions)):
            if index in found:
                switches[self.name(index)] = holding_json(found[index], self.expected[index])
            else:
                first = failures[index][0]
                switches[self.name(index)] = {"error": {"code": first.code, "message": first.title_text()}}
        content = {
            "schema": 1,
            "revision": revision_of(self.build.manifest.file.text),
            "taken": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "deployment": {"name": NAME, "build": str(self.build.folder), "scale": "1", "held": []},
            "switches": switches,
        }
        return snapshot_text(content)

    def look(self, build: Build) -> Snapshot:
        return snapshot_of(SourceFile("the fake network", self.holdings()), build, Reporter())

    def scene(self) -> Scene:
        names = [pipeline_of(each.program.typed).names for each in self.build.switches]
        return Scene(
            network=self,
            build=self.build,
            holdings=self.expected,
            names=names,
            altering=lambda switch, change: by_controller(self.address(switch), 1 + switch, change, names[switch]),
        )


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except CompileError as error:
        raise Failed(str(error)) from None


@contextmanager
def fake_network(build: Path, run: Path) -> Iterator[FakeNetwork]:
    """A fake network of a build that is up, and taken down at the end."""
    network = FakeNetwork(build, run)
    try:
        network.start()
        yield network
    finally:
        network.stop()
