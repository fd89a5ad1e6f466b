"""A running network of a build as one object: started, looked at, changed, stopped.

It may be used by several threads. What went wrong is raised as CompileError or ToolError, in the words of the user.
"""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from contra.deploy.control.client import Address, Pipeline, Tls
from contra.deploy.control.clock import ProbeClock
from contra.deploy.control.desired import Adjustments, desired, held_still
from contra.deploy.control.fleet import LOOKERS, on_all, try_all
from contra.deploy.control.journal import Event, Journal, journal_path, revision_of
from contra.deploy.control.model import Difference, Holding
from contra.deploy.control.session import SwitchSession
from contra.deploy.control.writer import Applied
from contra.deploy.errors import NotConverged, OtherNetwork, OtherShape, WaysInTables
from contra.deploy.network.network import Network
from contra.deploy.network.switches import Exit
from contra.deploy.plan import Plan
from contra.deploy.state.model import SwitchView
from contra.deploy.state.query import Mailboxes
from contra.deploy.state.reader import StateReader, source_of
from contra.deploy.state.routes import LiveRoute
from contra.deploy.state.snapshot import Counted, Place, Snapshot, measured
from contra.deploy.state.source import StateSource
from contra.diagnostics import CompileError, Diagnostic
from contra.engine.build import Build
from contra.engine.inputs import LinkState

Say = Callable[[str], None]
CONVERGE_PERIODS = 24
"""So long pairs may take to find a path, before the user is told of those that did not."""
_LEAST_WAIT_S = 10.0


def _quiet(text: str) -> None:
    """For those who do not want to know."""


class Testbed:
    """The network of a plan on real switches. `start` and `stop` belong to one thread."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        """`folder` is that of the running network: ledger, logs, socket."""
        self.plan, self.build, self.folder = plan, plan.build, folder
        self.network = Network(plan, folder, on_exit=self._exited)
        self.adjustments = Adjustments(probe_key=_probe_key(plan))
        self.held: Sequence[LinkState] = ()
        """Link metrics held still; empty while they are measured."""
        self.started = 0.0
        self.took: dict[str, float] = {}
        self.unconverged: Diagnostic | None = None
        self._journal = Journal(journal_path(self.build.folder), plan.settings.name, _revision(self.build))
        self._boxes = Mailboxes(len(plan.switches), lambda switch, packet: self.sessions[switch].packet_out(packet))
        self.sessions: list[SwitchSession] = []
        self._by_thrift = False
        self._source = self._find_source()
        self._reader = StateReader(self.build, self._source)

    # ------------------------------------------------------------------------------------------ life

    def start(self, say: Say = _quiet) -> None:
        """Everything, until every pair has a path; nothing is left behind when it fails."""
        begun = time.monotonic()
        try:
            self.network.start(lambda what, done, total: say(f"starting {what}: {done} of {total}"))
            self._lap("network", begun)
            begun = time.monotonic()
            self._load(say)
            self._lap("entries", begun)
            begun = time.monotonic()
            destinations = self.build.topology.destinations
            period = self.build.manifest.constants.probe_period_us
            self.clock = ProbeClock(
                destinations if self.learns else (), period, lambda switch: self.sessions[switch].tick()
            )
            self.clock.start()
            self._note("up", {"build": str(self.build.folder), "scale": str(self.plan.scale)})
            self._await_paths(say)
            self._lap("convergence", begun)
        except BaseException:
            self.stop(say)
            raise
        self.started = time.time()

    def stop(self, say: Say = _quiet) -> None:
        """Take everything down; may be called at any time."""
        say("taking down the network")
        if hasattr(self, "clock"):
            self.clock.stop()
        try_all(range(len(self.sessions)), lambda index: self.sessions[index].close())
        self._source.close()
        self.network.stop()
        self._note("down", {})
        self._journal.close()

    def _lap(self, what: str, begun: float) -> None:
        self.took[what] = time.monotonic() - begun

    def _load(self, say: Say) -> None:
        """Connect to all switches, push programs, write entries."""
        from contra.deploy.control import p4runtime

        pipelines: dict[str, Pipeline] = {}
        for row in self.plan.switches:
            if row.program not in pipelines:
                pipelines[row.program] = p4runtime.load_pipeline(row.p4info, row.json)
        tls = _tls(self.plan.settings.tls)
        for index, row in enumerate(self.plan.switches):
            address = Address(target=f"127.0.0.1:{row.grpc_port}", device_id=row.device_id, tls=tls)
            session = SwitchSession(
                row.switch.name,
                address,
                pipelines[row.program],
                row.program,
                self._journal,
                p4runtime.connect,
                self._boxes.sink(index),
            )
            self.sessions.append(session)
        count = len(self.sessions)
        progress = _progress(say, "filling switches")
        on_all(count, self._fill, progress, lambda index: self.sessions[index].abort())
        self._open_state()

    def _fill(self, index: int) -> None:
        session = self.sessions[index]
        session.connect()
        session.push()
        session.apply(self.expected(index))

    @property
    def trouble(self) -> list[str]:
        """What is wrong and was no reason to stop, in words."""
        names = [row.switch.name for row in self.plan.switches]
        lines = [f"{name}: {why}" for name, each in zip(names, self.sessions, strict=True) if (why := each.trouble)]
        failure = self._journal.failure
        return lines if failure is None else [*lines, failure.title_text()]

    def _open_state(self) -> None:
        """From now on state is read as the switches that run allow."""
        settings, first = self.plan.settings, self.plan.switches[0]
        self._by_thrift = settings.thrift and _thrift_installed() and _answers(first.thrift_port)
        self._source = self._find_source()
        self._reader = StateReader(self.build, self._source)

    def _find_source(self) -> StateSource:
        plan = replace(self.plan, settings=replace(self.plan.settings, thrift=self._by_thrift))
        return source_of(plan, self._boxes, lambda switch: self.sessions[switch].counter("drops"))

    @property
    def learns(self) -> bool:
        """Whether the switches learn routes from probes."""
        return self.build.manifest.learns

    def _check_learns(self) -> None:
        if not self.learns:
            raise CompileError([WaysInTables(scheme=self.build.manifest.scheme, build=str(self.build.folder))])

    @property
    def reads(self) -> str:
        """How state is read."""
        return "over Thrift" if self._by_thrift else "by query packets"

    # ------------------------------------------------------------------------------------------ looking

    def expected(self, index: int) -> Holding:
        """What a switch should hold."""
        return desired(self.build, self.plan, index, self.adjustments)

    def switch(self, index: int) -> SwitchView:
        """All that is shown of one switch. Raises ToolError where it does not answer."""
        return self._reader.switch(index)

    def routes(self, states: Sequence[LinkState] | None = None) -> Sequence[LiveRoute]:
        """The path of every pair, ranked with `states`, else with metrics held still, else with the present ones.

        Raises CompileError (CTR0823) where switches learn none.
        """
        self._check_learns()
        return self._reader.look(states or self.held or None, drops=False).routes

    def snapshot(self, since: Counted | None = None) -> tuple[Snapshot, Counted]:
        """The network as `watch` shows it, and the bytes that it goes by, to be given as `since` the next time.

        Links are as full as they were since then; without `since`, while the switches were read. Raises CompileError
        (CTR0823) where switches learn no routes.
        """
        self._check_learns()
        reader, before = self._reader, since or self._counted()
        look = reader.look(self.held or None)
        now = self._counted()
        loads = measured(before, now, {place: capacity for place, _, capacity in self._senders()})
        cut = {link for link, _ in self.network.cut}
        return reader.snapshot(look, self._title(), loads=loads, cut=cut), now

    def _title(self) -> str:
        up = timedelta(seconds=int(time.time() - self.started))
        held = "; metrics held still" if self.held else ""
        return f"{self.plan.settings.name}: {self.build.topology.name}, up for {up}; state read {self.reads}{held}"

    def _counted(self) -> Counted:
        """What the switches have sent to each other."""
        rows = self.network.interface_counters()
        return Counted(
            time.monotonic(), {place: rows[name].sent_bytes for place, name, _ in self._senders() if name in rows}
        )

    def _senders(self) -> Iterator[tuple[Place, str, int]]:
        """The directions of all links between switches: where each leaves, its interface, its capacity."""
        for row in self.network.plan.links:
            ends = ((row.link.a, row.link.a_port), (row.link.b, row.link.b_port))
            yield from ((place, name, row.capacity) for place, name in zip(ends, row.interfaces, strict=True))

    def verify(self, say: Say = _quiet) -> tuple[dict[int, Difference], dict[int, tuple[Diagnostic, ...]]]:
        """Per switch, how what it holds differs from what it should; and why some could not be asked."""
        progress = _progress(say, "reading back")
        return try_all(
            range(len(self.sessions)), lambda i: self.sessions[i].verify(self.expected(i)), progress, workers=LOOKERS
        )

    def holdings(self, say: Say = _quiet) -> tuple[dict[int, Holding], dict[int, tuple[Diagnostic, ...]]]:
        """All that each switch holds; and why some could not be asked."""
        progress = _progress(say, "reading back")
        return try_all(range(len(self.sessions)), lambda index: self.sessions[index].read(), progress, workers=LOOKERS)

    @property
    def revision(self) -> str:
        """Of the build that is deployed."""
        return _revision(self.build)

    @property
    def allowed_pairs(self) -> int:
        """Ordered pairs of destination switches that the policy allows a path."""
        count = len(self.build.topology.destinations)
        unreachable = json.loads(self.build.manifest.file.text)["unreachable_pairs"]
        return count * (count - 1) - int(unreachable)

    # ------------------------------------------------------------------------------------------ changing

    def fail(self, link: int, sender: int | None = None) -> None:
        """Cut a link, or one direction of it."""
        self.network.fail(link, sender)
        self._note("link_down", {"link": self.link_name(link)})

    def heal(self, link: int) -> None:
        """Mend a link."""
        self.network.heal(link)
        self._note("link_up", {"link": self.link_name(link)})

    def restart(self, switch: int) -> Applied:
        """Kill a switch, start it again, fill it."""
        name = self.plan.switches[switch].switch.name
        self._note("restart", {"switch": name})
        self.sessions[switch].close()
        self.network.restart(switch)
        session = self.sessions[switch]
        session.connect()
        session.push()
        return session.apply(self.expected(switch))

    def reach(self, switch: int, target: str | None) -> None:
        """Go to a switch by another address, where something stands between; None: straight again.

        What the switch holds stays. The journal has nothing of it: for the controller it is the same switch.
        """
        own = f"127.0.0.1:{self.plan.switches[switch].grpc_port}"
        session = self.sessions[switch]
        address = replace(session.target.address, target=target or own)
        session.reach(address, now=self.network.switch_alive(switch))

    def hold(self, states: Sequence[LinkState]) -> int:
        """Hold link metrics still, or none if there are no states; the number of entries that were written."""
        self.held = tuple(states)
        self.adjustments = replace(self.adjustments, held=held_still(self.build.topology, states))
        done = on_all(len(self.sessions), lambda index: self.sessions[index].apply(self.expected(index)))
        self._note("hold", {"links": len(states)})
        return sum(each.inserted + each.modified + each.deleted for each in done)

    def apply(self, build: Build, plan: Plan, say: Say = _quiet) -> list[Applied]:
        """Change to another compilation of the same program shape: entries only, the difference only."""
        self._check_shape(plan)
        before = self.plan, self.build
        self.plan = replace(plan, settings=self.plan.settings)
        self.build = build
        self._reader = StateReader(build, self._source)
        self._journal.close()
        self._journal = Journal(journal_path(build.folder), plan.settings.name, _revision(build))
        for session in self.sessions:
            session.write_to(self._journal)
        self._note("apply", {"build": str(build.folder), "from": str(before[1].folder)})
        progress = _progress(say, "changing switches")
        return on_all(len(self.sessions), lambda index: self.sessions[index].apply(self.expected(index)), progress)

    def _check_shape(self, plan: Plan) -> None:
        """Raise CompileError unless the switches, ports and programs are those that run."""
        from contra.deploy.control import p4runtime

        here = [(row.switch.name, row.interfaces) for row in self.plan.switches]
        there = [(row.switch.name, row.interfaces) for row in plan.switches]
        if here != there or [row.host.name for row in self.plan.hosts] != [row.host.name for row in plan.hosts]:
            raise CompileError([OtherNetwork(build=str(plan.build.folder))])
        for old, new in {
            (a.program, b.program): (a, b) for a, b in zip(self.plan.switches, plan.switches, strict=True)
        }.values():
            if not p4runtime.same_shape((old.p4info, old.json), (new.p4info, new.json)):
                raise CompileError([OtherShape(build=str(plan.build.folder), program=new.program)])

    def link_name(self, link: int) -> str:
        """A-B, with ports where links are parallel."""
        row, switches = self.build.topology.links[link], self.build.topology.switches
        a, b = switches[row.a].label, switches[row.b].label
        parallel = sum({each.a, each.b} == {row.a, row.b} for each in self.build.topology.links) > 1
        return f"{a}:{row.a_port}-{b}:{row.b_port}" if parallel else f"{a}-{b}"

    # ------------------------------------------------------------------------------------------ inside

    def _await_paths(self, say: Say) -> None:
        """Until every pair that may has a path, two looks in a row; at once where switches learn none."""
        if not self.learns:
            return
        constants = self.build.manifest.constants
        period = constants.probe_period_us / 1e6
        deadline = time.monotonic() + max(_LEAST_WAIT_S, CONVERGE_PERIODS * period)
        seen = False
        while True:
            found = self.routes()
            routed = sum(each.route.path is not None for each in found)
            say(f"converging: {routed} of {self.allowed_pairs} pairs have a path")
            if routed >= self.allowed_pairs and seen:
                return
            seen = routed >= self.allowed_pairs
            if time.monotonic() > deadline:
                lacking = [
                    f"{each.route.source} to {each.route.target}: {each.text}" for each in found if not each.route.path
                ]
                if routed < self.allowed_pairs:
                    self.unconverged = NotConverged(routed=routed, allowed=self.allowed_pairs, lacking=tuple(lacking))
                return
            time.sleep(min(1.0, period))

    def _exited(self, end: Exit) -> None:
        name = self.plan.switches[end.switch].switch.name
        self._journal.write([Event(switch=name, action="exit", outcome=str(end.code), message=end.log[-500:])])

    def _note(self, action: str, what: Mapping[str, Any]) -> None:
        self._journal.write([Event(switch="", action=action, object=what)])


def _progress(say: Say, what: str) -> Callable[[int, int], None]:
    return lambda done, total: say(f"{what}: {done} of {total}")


def _revision(build: Build) -> str:
    return revision_of(build.manifest.file.text)


def _probe_key(plan: Plan) -> tuple[int, int] | None:
    """The key of this deployment, for programs that authenticate probes."""
    if not plan.build.manifest.constants.authenticate:
        return None
    file = plan.settings.probe_key
    key = bytes.fromhex(file.read_text(encoding="ascii").strip()) if file is not None else secrets.token_bytes(8)
    return int.from_bytes(key[:4], "little"), int.from_bytes(key[4:8], "little")


def _tls(folder: Path | None) -> Tls | None:
    if folder is None:
        return None
    own = folder / "client.crt"
    return Tls(folder / "ca.crt", own, folder / "client.key") if own.exists() else Tls(folder / "ca.crt")


def _answers(port: int) -> bool:
    """Whether anybody listens: a switch that was built without Thrift takes the option and does not."""
    with socket.socket() as sock:
        sock.settimeout(1.0)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def _thrift_installed() -> bool:
    from importlib.util import find_spec

    return find_spec("thrift") is not None
