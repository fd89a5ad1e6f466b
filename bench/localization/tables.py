"""The tables of docs/localization.md, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.localization import small, speed
from bench.localization.faults import FELLOWS, WAYS, Noise
from bench.localization.policynet import LOW, SHARED
from bench.localization.runs import BY_ENTRY, METHODS, Point, Result, Tally, run_all

LOGS = (Noise(0), Noise(10), Noise(50, 0.1))
"""The logs that the aims are for."""
ALL_FAULTS = tuple(range(1, 11))
SOME_FAULTS = (1, 2, 3, 5, 7, 10)
FEW_FAULTS = (1, 5, 10)
BUILDS = (
    "fattree-k4/congestion",
    "fattree-k4/waypoints",
    "fattree-k6/waypoints",
    "zoo:Abilene/waypoints",
    "zoo:Geant2012/waypoints",
    "zoo:Uunet/congestion",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is run."""

    runs: int
    seed: int
    workers: int
    quick: bool

    def faults(self, wanted: tuple[int, ...]) -> tuple[int, ...]:
        """Numbers of faults."""
        return FEW_FAULTS if self.quick else wanted

    def results(
        self, networks: Iterable[str], faults: tuple[int, ...], logs: Iterable[Noise], ways: tuple[str, ...] = WAYS
    ) -> list[Result]:
        """All points."""
        numbers = self.faults(faults)
        logs = tuple(logs)
        points = [
            Point(network, number, noise, self.runs, self.seed, ways=ways)
            for network in networks
            for noise in logs
            for number in numbers
        ]
        return list(run_all(points, self.workers))


def sharing(plan: Plan, name: str) -> Iterator[str]:
    """Tables of a policy network: a row for each number of faults, a table for each log."""
    results = plan.results([name], ALL_FAULTS, LOGS)
    for noise in LOGS:
        yield f"\n**{name}, log: {noise}**\n"
        yield from head(["faults", *METHODS, "contra, classes", "contra, of those that show"])
        for result in results:
            if result.point.noise == noise:
                yield row([str(result.point.faults), *accuracies(result.tallies)])
        everything = pooled(result.tallies for result in results if result.point.noise == noise)
        yield row(["all", *accuracies(everything)])


def builds(plan: Plan) -> Iterator[str]:
    """Tables of Contra builds: by network, and by number of faults."""
    names = BUILDS[1:4:2] if plan.quick else BUILDS
    results = plan.results(names, SOME_FAULTS, LOGS)
    for noise in LOGS:
        mine = [result for result in results if result.point.noise == noise]
        columns = [*METHODS, "contra, classes", "contra, of those that show"]
        yield f"\n**Contra builds, log: {noise}**\n"
        yield from head(["build", *columns])
        for name in names:
            yield row([name, *accuracies(pooled(r.tallies for r in mine if r.point.network == name))])
        yield ""
        yield from head(["faults, all builds", *columns])
        for number in plan.faults(SOME_FAULTS):
            yield row([str(number), *accuracies(pooled(r.tallies for r in mine if r.point.faults == number))])
        yield row(["all", *accuracies(pooled(r.tallies for r in mine))])


def logs(plan: Plan) -> Iterator[str]:
    """What the log is worth: none at all, fresh innocent entries, and such that are spread over a day."""
    kinds = (Noise(0, 1.0), Noise(50, 0.1), Noise(50, 0.1, aged=True), Noise(100, 0.1))
    yield "\n**What the log is worth**\n"
    yield from head(["network", "log", *METHODS, "contra, classes", "contra, of those that show"])
    for name in (SHARED.name, LOW.name, "fattree-k6/waypoints"):
        results = plan.results([name], FEW_FAULTS, kinds)
        for noise in kinds:
            tallies = pooled(result.tallies for result in results if result.point.noise == noise)
            yield row([name, "none" if noise.lost == 1 else str(noise), *accuracies(tallies)])


def elements(plan: Plan) -> Iterator[str]:
    """Whether the methods of the papers fare better where every entry is an element."""
    names = BUILDS[1:2] if plan.quick else BUILDS[1:6:2]
    yield "\n**Contra builds, every entry an element**\n"
    yield from head(["log", "elements", *METHODS])
    for noise in LOGS:
        for ending, words in (("", "(switch, product node, destination)"), (BY_ENTRY, "entries")):
            results = plan.results([name + ending for name in names], FEW_FAULTS, [noise])
            tallies = pooled(result.tallies for result in results)
            yield row([str(noise), words, *(accuracy(tallies[method]) for method in METHODS)])


def parts(plan: Plan) -> Iterator[str]:
    """How faults in part are parted: does it matter that method contra knows some of the ways?"""
    noise = LOGS[-1]
    yield f"\n**Faults in part, log: {noise}**\n"
    yield from head(["network", "parted by", *METHODS, "contra, classes", "contra, of those that show"])
    for name in (SHARED.name, LOW.name, BUILDS[2]):
        for way in (*WAYS, FELLOWS):
            results = plan.results([name], FEW_FAULTS, [noise], (way,))
            yield row([name, way, *accuracies(pooled(result.tallies for result in results))])


def minimum(plan: Plan) -> Iterator[str]:
    """Suspects against the exact minimum."""
    cases = 100 if plan.quick else 400
    yield f"\n**Small networks, {cases} cases: classes named, against the fewest that do**\n"
    yield from head(["method", "as many", "within one"])
    for method, against in small.compare(cases, plan.seed).items():
        yield row([method, f"{against.equal:.1%}", f"{against.within_one:.1%}"])


def times(plan: Plan) -> Iterator[str]:
    """Seconds."""
    sizes = (30, 500) if plan.quick else (30, 200, 500, 2000)
    yield "\n**Seconds, the longest of three**\n"
    yield from head(["switches", "entries", "elements", "objects", "faults", *speed.METHODS])
    for timed in speed.measure(sizes, plan.seed):
        numbers = (timed.switches, timed.entries, timed.elements, timed.objects, timed.faults)
        yield row([*(f"{number:,}" for number in numbers), *(f"{each:.2f}" for each in timed.seconds.values())])
    yield "\n**Seconds for Contra builds, from entries to hypothesis**\n"
    yield from head(["build", "switches", "entries", "risk model", *speed.METHODS])
    for name in ("fattree-k20/congestion", "fattree-k40/congestion")[: 1 if plan.quick else 2]:
        done = speed.look(name)
        numbers = f"{done.switches:,}", f"{done.entries:,}", f"{done.model_s:.2f}"
        yield row([name, *numbers, *(f"{each:.2f}" for each in done.seconds.values())])


TABLES: dict[str, Callable[[Plan], Iterator[str]]] = {
    "shared": lambda plan: sharing(plan, SHARED.name),
    "low": lambda plan: sharing(plan, LOW.name),
    "builds": builds,
    "logs": logs,
    "elements": elements,
    "parts": parts,
    "minimum": minimum,
    "speed": times,
}


def pooled(rows: Iterable[dict[str, Tally]]) -> dict[str, Tally]:
    """All runs of several points as one."""
    found: dict[str, Tally] = {}
    for tallies in rows:
        for method, tally in tallies.items():
            found.setdefault(method, Tally()).add(tally)
    return found


def accuracies(tallies: dict[str, Tally]) -> Iterator[str]:
    """Of all methods; then ours by classes, and of the faults that show."""
    yield from (accuracy(tallies[method]) for method in METHODS)
    ours = tallies["contra"]
    yield f"{ours.recall_classes:.3f} / {ours.precision_classes:.3f}"
    yield f"{ours.recall_seen:.3f}"


def accuracy(tally: Tally) -> str:
    """Recall / precision."""
    return f"{tally.recall:.3f} / {tally.precision:.3f}"


def head(cells: Sequence[str]) -> Iterator[str]:
    """The head of a table."""
    yield row(cells)
    yield "|" + "---|" * len(cells)


def row(cells: Iterable[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"
