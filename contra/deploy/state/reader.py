"""Everything that is shown of a running network, from one source of its state: what `contra net` asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from contra.deploy.plan import Plan
from contra.deploy.state.decode import Decoder, states_of
from contra.deploy.state.model import NetworkView, SwitchView
from contra.deploy.state.query import QuerySource, Transport
from contra.deploy.state.routes import LiveRoute, live_routes
from contra.deploy.state.snapshot import Place, Snapshot, take
from contra.deploy.state.source import EVERYTHING, ROUTING, ByWidth, StateSource, read_network, read_switch
from contra.deploy.state.thrift import WIDEST, Connect, ThriftSource
from contra.diagnostics import Diagnostic
from contra.engine.build import Build
from contra.engine.inputs import LinkState
from contra.engine.policy import policy_of


def source_of(
    plan: Plan, transport: Transport, counters: Callable[[int], Sequence[int]], connect: Connect | None = None
) -> StateSource:
    """How the state of a deployment is read: over Thrift where it has that, by query packets otherwise, and where a
    cell is too wide for Thrift.

    `connect` opens Thrift connections; needed where the switches live in another network namespace.
    """
    queries = QuerySource(plan.build, transport, counters)
    if not plan.settings.thrift:
        return queries
    ports = [switch.thrift_port for switch in plan.switches]
    return ByWidth(plan.build, ThriftSource(plan.build, ports, connect), queries, WIDEST)


@dataclass(frozen=True)
class Look:
    """A network as it was read, the routes that its switches choose, and why some switches could not be read."""

    view: NetworkView
    routes: tuple[LiveRoute, ...]
    failures: Mapping[int, tuple[Diagnostic, ...]]

    @property
    def converged(self) -> bool:
        """Whether all switches could be read and packets of every pair arrive."""
        return not self.failures and all(each.route.path is not None for each in self.routes)


class StateReader:
    """Looks at the network of a build, again and again. Its looks follow the switches' clocks, so keep it.

    Raises CompileError where the policy of the build cannot be read.
    """

    def __init__(self, build: Build, source: StateSource) -> None:
        self.build = build
        self._source = source
        self._policy = policy_of(build)
        self._decoder = Decoder(build)

    def switch(self, switch: int) -> SwitchView:
        """All that is shown of one switch. Raises `Unreadable`."""
        return self._decoder.switch(read_switch(self._source, self.build, switch, EVERYTHING))

    def look(self, states: Sequence[LinkState] | None = None, *, drops: bool = True) -> Look:
        """The network and its routes, ranked with metrics `states`, or with the present ones."""
        reading = read_network(self._source, self.build, ROUTING, drops=drops)
        view = self._decoder.network(reading)
        given = states_of(self.build, view) if states is None else states
        return Look(view, tuple(live_routes(self.build, self._policy, view, given)), reading.failures)

    def snapshot(
        self, look: Look, title: str, *, loads: Mapping[Place, float] | None = None, cut: Iterable[int] = ()
    ) -> Snapshot:
        """A look as `watch` shows it; see `contra.deploy.state.snapshot.take`."""
        return take(
            self.build,
            look.view,
            look.routes,
            title=title,
            at=time.monotonic(),
            loads=loads,
            cut=cut,
            failures=look.failures,
        )
