"""All switches of a deployment at once: the same step at each, in parallel, and what failed at all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

from contra.deploy.control.client import Address, Deadlines, PacketSink, Pipeline, Tls
from contra.deploy.control.clock import OnChange, ProbeClock
from contra.deploy.control.errors import NotCompiled
from contra.deploy.control.journal import Journal, journal_path, revision_of
from contra.deploy.control.model import Difference, Holding
from contra.deploy.control.session import SwitchSession, Target
from contra.deploy.control.writer import Applied
from contra.deploy.errors import ToolError
from contra.deploy.plan import Plan
from contra.diagnostics import Diagnostic, shown

WORKERS = 8
"""Switches that are dealt with at once: P4Runtime mostly waits, but the messages are made in Python."""
DESTINATION = "destination"
"""The role whose switches start probes."""

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
"""Told after each switch: its name, how many are done, how many there are."""


def targets(plan: Plan, host: str = "127.0.0.1") -> tuple[Target, ...]:
    """The switches of a plan as the control plane sees them; each distinct program is read once.

    Raises ToolError (CTR1114) if a program was not compiled by p4c.
    """
    tls = None if plan.settings.tls is None else certificates(plan.settings.tls)
    pipelines = {each.program: _pipeline(each.program, each.p4info, each.json) for each in reversed(plan.switches)}
    failures = [each for each in pipelines.values() if isinstance(each, Diagnostic)]
    if failures:
        raise ToolError(failures)
    return tuple(
        Target(
            name=each.switch.name,
            program=each.program,
            address=Address(target=f"{host}:{each.grpc_port}", device_id=each.device_id, tls=tls),
            pipeline=pipeline,
        )
        for each in plan.switches
        if isinstance(pipeline := pipelines[each.program], Pipeline)
    )


def certificates(folder: Path) -> Tls:
    """The certificates of a folder: ca.crt, and client.crt with client.key where there are."""
    certificate, key = folder / "client.crt", folder / "client.key"
    both = certificate.exists() and key.exists()
    return Tls(folder / "ca.crt", certificate if both else None, key if both else None)


def _pipeline(program: str, p4info: Path, json: Path) -> Pipeline | NotCompiled:
    from contra.deploy.control.p4runtime import load_pipeline

    try:
        return load_pipeline(p4info, json)
    except OSError as error:
        return NotCompiled(program=program, reason=f"'{error.filename}': {error.strerror}")
    except ValueError as error:
        return NotCompiled(program=program, reason=f"'{p4info}' cannot be read: {shown(str(error))}")


def open_fleet(plan: Plan, deadlines: Deadlines | None = None) -> Fleet:
    """A fleet of a plan, with the journal of its build. Nothing is connected yet. Raises ToolError."""
    build = plan.build
    sessions_of = targets(plan)
    journal = Journal(journal_path(build.folder), plan.settings.name, revision_of(build.manifest.file.text))
    roles = {name: row.role for name, row in build.manifest.programs.items()}
    sources = frozenset(each.name for each in sessions_of if roles[each.program] == DESTINATION)
    return Fleet([SwitchSession(each, journal, deadlines) for each in sessions_of], journal, sources)


class Fleet:
    """The sessions of all switches, in the order of the topology. Ends with `close`, or as a context."""

    def __init__(
        self, sessions: Sequence[SwitchSession], journal: Journal, sources: frozenset[str], workers: int = WORKERS
    ) -> None:
        self.sessions = tuple(sessions)
        self.journal = journal
        self.sources = sources
        """Names of the switches that start probes."""
        self._workers = workers

    def each(
        self,
        step: Callable[[SwitchSession], T],
        progress: Progress | None = None,
        only: Sequence[SwitchSession] | None = None,
    ) -> list[T]:
        """Do a step at each switch (or at some); what it returned, in their order.

        All are tried; raises ToolError with every failure. If it is interrupted, what is under way is cut short.
        """
        chosen = self.sessions if only is None else tuple(only)
        if not chosen:
            return []
        with ThreadPoolExecutor(min(self._workers, len(chosen)), thread_name_prefix="switch") as pool:
            jobs = {pool.submit(step, session): session for session in chosen}
            try:
                self._await(jobs, progress)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for session in chosen:
                    session.abort()
                raise
        failures = [d for job in jobs if isinstance(error := job.exception(), ToolError) for d in error.diagnostics]
        if failures:
            raise ToolError(failures)
        return [job.result() for job in jobs]

    def _await(self, jobs: Mapping[Future[T], SwitchSession], progress: Progress | None) -> None:
        for number, job in enumerate(as_completed(jobs), start=1):
            error = job.exception()
            if error is not None and not isinstance(error, ToolError):
                raise error
            if progress is not None:
                progress(jobs[job].name, number, len(jobs))

    # ------------------------------------------------------------------------------------------- steps

    def bring_up(self, holdings: Sequence[Holding], progress: Progress | None = None) -> list[Applied]:
        """Connect, push and fill every switch, and read it back."""
        wanted = self._by_session(holdings)

        def step(session: SwitchSession) -> Applied:
            session.connect()
            return session.load(wanted[session])

        return self.each(step, progress)

    def apply(self, holdings: Sequence[Holding], progress: Progress | None = None) -> list[Applied]:
        """Change what every switch holds, pipelines untouched. No switch is written to before all were found ready."""
        wanted = self._by_session(holdings)
        self.each(SwitchSession.check_program)
        return self.each(lambda session: session.apply(wanted[session]), progress)

    def verify(self, holdings: Sequence[Holding], progress: Progress | None = None) -> dict[str, Difference]:
        """How each switch differs from what it should hold, by name; those that do not differ are there too."""
        wanted = self._by_session(holdings)
        found = self.each(lambda session: session.verify(wanted[session]), progress)
        return {session.name: difference for session, difference in zip(self.sessions, found, strict=True)}

    def _by_session(self, holdings: Sequence[Holding]) -> dict[SwitchSession, Holding]:
        return dict(zip(self.sessions, holdings, strict=True))

    def clock(self, period_us: int, on_change: OnChange) -> ProbeClock:
        """A clock for the switches that start probes."""
        return ProbeClock([each for each in self.sessions if each.name in self.sources], period_us, on_change)

    # ----------------------------------------------------------------------------------------- packets

    def send(self, switch: int, packet: bytes) -> None:
        """Send a packet-out, header in front. Raises ControlError."""
        self.sessions[switch].packet_out(packet)

    def subscribe(self, reason: int, sinks: Sequence[PacketSink]) -> Callable[[], None]:
        """Have packet-ins of one reason given to a sink per switch, until what is returned is called."""
        ends = [session.subscribe(reason, sink) for session, sink in zip(self.sessions, sinks, strict=True)]

        def end() -> None:
            for each in ends:
                each()

        return end

    def close(self) -> None:
        """End all connections, and the journal."""
        for session in self.sessions:
            session.close()
        self.journal.close()

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[SwitchSession]:
        return iter(self.sessions)
