"""Faults one after the other: each is injected, looked for by somebody who does not know of it, scored, and mended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contra.chaos.choose import choose
from contra.chaos.errors import NotAsCompiled
from contra.chaos.faults import Choice, Fault, Truth
from contra.chaos.inject import Scene, injected
from contra.diagnose.investigate import Investigation, investigate
from contra.diagnose.model import Verdict
from contra.diagnostics import CompileError, Reporter
from contra.engine.build import Build, load
from contra.verify import Report
from contra.verify.network import verify
from contra.verify.seen import Snapshot
from contra.words import few

Look = Callable[[Build], Snapshot]
"""Reads all switches of the running network."""
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A fault and its diagnosis."""

    number: int
    seed: int
    truth: Truth
    guess: Verdict | None
    """The first verdict; None if there is none."""
    place: int
    """Number of the first verdict that is right, from 1; 0 if none is."""
    injecting_s: float
    looking_s: float
    """Reading all switches, check, localization and diagnosis together."""

    @property
    def right(self) -> bool:
        """Whether the first guess is."""
        return self.place == 1

    def json(self) -> dict[str, Any]:
        """For programs."""
        truth, guess = self.truth, self.guess
        return {
            "run": self.number,
            "seed": self.seed,
            "fault": truth.fault.value,
            "switch": truth.switch,
            "injected": truth.told,
            "expected": truth.cause.value,
            "guess": None if guess is None else {"switch": guess.switch, "cause": guess.cause.value},
            "right": self.right,
            "place": self.place,
            "injecting_s": round(self.injecting_s, 3),
            "looking_s": round(self.looking_s, 3),
        }


def trials(
    scene: Scene, look: Look, faults: Sequence[Fault], seed: int, runs: int, only: Sequence[int] = ()
) -> Iterator[Trial]:
    """Run after run, each with the next fault of the list and a seed of its own.

    Raises CompileError: CTR1902 if the network is broken before a run, and what `injected` raises.
    """
    for number in range(runs):
        require_whole(scene.build, look(scene.build))
        own = seed + number
        choice = choose(faults[number % len(faults)], own, scene.holdings, only)
        yield _trial(scene, look, choice, number + 1, own)


def _trial(scene: Scene, look: Look, choice: Choice, number: int, seed: int) -> Trial:
    begun = time.monotonic()
    with injected(scene, choice) as fault:
        there = time.monotonic()
        found = _looked_at(fault.build, look)
        done = time.monotonic()
        verdicts = found.diagnosis.verdicts
        places = (at for at, verdict in enumerate(verdicts, 1) if is_right(verdict, fault.truth))
        return Trial(
            number=number,
            seed=seed,
            truth=fault.truth,
            guess=verdicts[0] if verdicts else None,
            place=next(places, 0),
            injecting_s=there - begun,
            looking_s=done - there,
        )


def _looked_at(folder: Path, look: Look) -> Investigation:
    """What an operator finds out, who has the build, its journal and the switches, and nothing else."""
    reporter = Reporter()
    build = load(folder, reporter)
    return investigate(build, look(build), reporter)


def is_right(verdict: Verdict, truth: Truth) -> bool:
    """Whether a verdict names the cause, the switch, and the table or the entries if the fault has them."""
    same = verdict.cause is truth.cause and verdict.switch == truth.switch
    return same and truth.table in ("", verdict.table) and truth.keys <= set(verdict.keys)


def require_whole(build: Build, snapshot: Snapshot) -> None:
    """Raise CompileError (CTR1902) unless all switches hold what they should."""
    report = verify(build, snapshot)
    if not report.good:
        raise CompileError([NotAsCompiled(differing=_differing(report), build=str(build.folder))])


def _differing(report: Report) -> str:
    bad = [f"{each.switch} ({each.status.value})" for each in report.switches if not each.good]
    return few(bad, _SHOWN)
