"""The network that `contra net up` runs, as a place for faults."""

from __future__ import annotations

from pathlib import Path

from contra.chaos.altering import altering_of
from contra.chaos.experiment import Look
from contra.chaos.inject import Scene
from contra.chaos.network import LiveNetwork
from contra.deploy.control.desired import desired
from contra.deploy.daemon.places import places_of
from contra.deploy.plan import make_plan
from contra.diagnostics import Reporter
from contra.engine.build import load
from contra.verify.snapshot import take_snapshot


def live_scene(folder: Path, name: str, reporter: Reporter) -> tuple[Scene, Look]:
    """The running network of a build, and a way to look at it.

    Raises CompileError where it does not run or is of another build, ToolError where this user may not enter it.
    """
    build = load(folder.resolve(), reporter)
    places = places_of(name)
    network = LiveNetwork(places)
    network.require(folder)
    plan = make_plan(build, network.settings, reporter)
    from contra.deploy.control.p4runtime import load_pipeline

    pipelines = {row.program: load_pipeline(row.p4info, row.json) for row in plan.switches}
    names = [pipelines[row.program].names for row in plan.switches]
    holdings = [desired(build, plan, index) for index in range(len(plan.switches))]
    altering = altering_of(network, names, [row.device_id for row in plan.switches], reporter)
    scene = Scene(network=network, build=build, holdings=holdings, names=names, altering=altering)
    return scene, lambda other: take_snapshot(places, other, Reporter())
