"""Faults come and go: each is a context in which the fault is there, and after which it is mended.

Nothing is written to the journal but what the controller writes by itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contra.chaos.altering import Altering
from contra.chaos.choose import alteration, choose_in_change
from contra.chaos.errors import InjectionFailed, NotMended
from contra.chaos.faults import Choice, Fault, Truth
from contra.chaos.network import Failed, RunningNetwork
from contra.chaos.variant import make_variant
from contra.deploy.control.desired import desired
from contra.deploy.control.model import Action, EntryKey, Holding
from contra.deploy.control.names import Names
from contra.deploy.control.words import content_words, key_words
from contra.deploy.errors import ToolError
from contra.deploy.plan import make_plan
from contra.diagnostics import CompileError, Reporter
from contra.engine.build import Build, load

if TYPE_CHECKING:
    from contra.chaos.proxy import Tampering

Mend = list[Callable[[], None]]
"""What takes a fault back; the last comes first."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """Where faults are injected."""

    network: RunningNetwork
    build: Build
    holdings: Sequence[Holding]
    """What each switch should hold."""
    names: Sequence[Names]
    """Of the program of each switch."""
    altering: Altering

    def name(self, switch: int) -> str:
        """Of a switch."""
        return self.build.switches[switch].switch.name


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that is there."""

    truth: Truth
    build: Path
    """What a diagnosis has to look at: the build that should be running now."""


@contextmanager
def injected(scene: Scene, choice: Choice) -> Iterator[Injected]:
    """Break the network, and mend it in the end.

    Raises CompileError: CTR1903 where the fault does not come about, CTR1904 where it cannot be mended.
    """
    by_fault = {
        Fault.TABLE_FULL: _less_room,
        Fault.AGENT_CRASH: _crash,
        Fault.DROP_WRITES: _drop,
        Fault.CORRUPT: _corrupt,
        Fault.STALE: _stale,
        Fault.CUT_PUSH: _cut,
    }
    mend: Mend = []
    try:
        try:
            found = by_fault[choice.fault](scene, choice, mend)
        except Failed as failure:
            name = scene.name(choice.switch)
            diagnostic = InjectionFailed(fault=choice.fault.value, switch=name, reason=str(failure))
            raise CompileError([diagnostic]) from None
        yield found
    finally:
        _mend(scene, choice, mend)


def _mend(scene: Scene, choice: Choice, mend: Mend) -> None:
    try:
        while mend:
            mend.pop()()
    except Failed as failure:
        name = scene.name(choice.switch)
        raise ToolError([NotMended(fault=choice.fault.value, switch=name, reason=str(failure))]) from None


def _less_room(scene: Scene, choice: Choice, mend: Mend) -> Injected:
    from contra.chaos.tampering import LessRoom

    tampering = LessRoom(choice.table, choice.size, admits=choice.admits)
    _, folder = _pushed(scene, choice, lambda chosen: tampering, mend)
    told = f"table {choice.table} has room for {choice.size}" + (", says nothing" if not choice.admits else "")
    return _injected(scene, choice, told, folder)


def _drop(scene: Scene, choice: Choice, mend: Mend) -> Injected:
    from contra.chaos.tampering import Dropping

    choice, folder = _pushed(scene, choice, lambda chosen: Dropping(chosen.keys, scene.names[chosen.switch]), mend)
    told = f"{len(choice.keys)} writes dropped, as {min(map(key_words, choice.keys))}"
    return _injected(scene, choice, told, folder)


def _crash(scene: Scene, choice: Choice, mend: Mend) -> Injected:
    from contra.chaos.tampering import Breaking

    def breaking(chosen: Choice) -> Tampering:
        return Breaking(chosen.after, lambda: scene.network.kill(chosen.switch))

    choice, folder = _pushed(scene, choice, breaking, mend)
    if choice.changing:
        mend.append(lambda: scene.network.refill(choice.switch))
    return _injected(scene, choice, f"killed after {choice.after} updates", folder)


def _cut(scene: Scene, choice: Choice, mend: Mend) -> Injected:
    from contra.chaos.tampering import Breaking

    choice, folder = _pushed(scene, choice, lambda chosen: Breaking(chosen.after), mend)
    return _injected(scene, choice, f"connection cut after {choice.after} updates", folder)


def _stale(scene: Scene, choice: Choice, mend: Mend) -> Injected:
    from contra.chaos.tampering import Breaking

    choice, folder = _pushed(scene, choice, lambda chosen: Breaking(0), mend)
    return _injected(scene, choice, "not reached", folder)


def _corrupt(scene: Scene, choice: Choice, mend: Mend) -> Injected:
    (key,) = choice.keys
    content = scene.holdings[choice.switch].contents[key]
    assert isinstance(key, EntryKey)
    assert isinstance(content, Action)
    change = alteration(choice.seed, key, content, scene.names[choice.switch])
    mend.append(lambda: scene.network.apply(scene.build.folder))
    scene.altering(choice.switch, change)
    told = f"{key_words(key)}: {content_words(change.content)} instead of {content_words(content)}"
    return _injected(scene, choice, told, scene.build.folder)


def _injected(scene: Scene, choice: Choice, told: str, folder: Path) -> Injected:
    told += " of a change" if choice.changing else ""
    name = scene.name(choice.switch)
    return Injected(Truth(fault=choice.fault, switch=name, table=choice.table, keys=choice.keys, told=told), folder)


def _pushed(scene: Scene, choice: Choice, tampering: Callable[[Choice], Tampering], mend: Mend) -> tuple[Choice, Path]:
    """Have the controller write through a proxy; what was chosen in the end, and the build that should be there now.

    That the controller notices what is wrong is no failure of ours.
    """
    network = scene.network
    if choice.changing:
        folder, after = _variant(scene, choice, mend)
        choice = choose_in_change(choice, scene.holdings, after)
    if choice.changing:
        mend.append(lambda: network.apply(scene.build.folder))
        with _through(scene, choice.switch, tampering(choice)), suppress(Failed):
            network.apply(folder)
        return choice, folder
    mend.append(lambda: network.refill(choice.switch))
    with _through(scene, choice.switch, tampering(choice)), suppress(Failed):
        network.refill(choice.switch)
    return choice, scene.build.folder


def _variant(scene: Scene, choice: Choice, mend: Mend) -> tuple[Path, list[Holding]]:
    """Another build, as long as the fault is there, and what the switches should hold of it."""
    reporter = Reporter()
    folder = make_variant(scene.build, scene.network.folder / f"chaos-{choice.seed}", choice.seed)
    mend.append(lambda: shutil.rmtree(folder, ignore_errors=True))
    other = load(folder, reporter)
    plan = make_plan(other, scene.network.settings, reporter)
    return folder, [desired(other, plan, index) for index in range(len(other.switches))]


@contextmanager
def _through(scene: Scene, switch: int, tampering: Tampering) -> Iterator[None]:
    """The controller reaches a switch through a proxy for a while."""
    from contra.chaos.proxy import Proxy

    proxy = Proxy(scene.network.address(switch), tampering)
    try:
        scene.network.reach(switch, proxy.address)
        yield
    finally:
        try:
            scene.network.reach(switch, None)
        finally:
            proxy.close()
