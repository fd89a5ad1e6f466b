"""`contra chaos`: faults put into a running network on purpose, and how well they are diagnosed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from contra.cli.arguments import file_name, whole
from contra.cli.frame import INPUT_ERROR, OK, Console
from contra.cli.remote import told

if TYPE_CHECKING:
    from contra.chaos.experiment import Trial

FAULTS = ("table-full", "agent-crash", "drop-writes", "corrupt", "stale", "cut-push")
ALL = "all"
_MOST_RUNS = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra chaos`."""
    parser.add_argument("build", type=file_name, metavar="BUILD", help="that the running network has")
    parser.add_argument("--fault", choices=(*FAULTS, ALL), default=ALL, help="what to break; all: one after the other")
    parser.add_argument("--seed", type=whole(0, 2**63 - 1), default=0, metavar="N", help="of what is drawn (0)")
    parser.add_argument("--runs", type=whole(1, _MOST_RUNS), default=1, metavar="N", help="faults to inject (1)")
    parser.add_argument("--switches", type=whole(1, 10_000), metavar="N", help="break the first N switches only")
    parser.add_argument("--name", default="contra", metavar="NAME", help="of the network, where several run (contra)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Break, look, score, mend; exit code 1 if a first guess was wrong."""
    return told(_broken, arguments, console)


def _broken(arguments: argparse.Namespace, console: Console) -> int:
    from contra.chaos.experiment import trials
    from contra.chaos.faults import Fault
    from contra.chaos.live import live_scene

    wanted = FAULTS if arguments.fault == ALL else (arguments.fault,)
    scene, look = live_scene(arguments.build, arguments.name, console.reporter)
    console.show_new()
    only = range(len(scene.holdings))[: arguments.switches]
    done: list[Trial] = []
    for trial in trials(scene, look, [Fault(each) for each in wanted], arguments.seed, arguments.runs, only):
        done.append(trial)
        if not arguments.json:
            sys.stdout.write(_line(trial))
            sys.stdout.flush()
    sys.stdout.write(json.dumps(_document(done), indent=2, ensure_ascii=False) + "\n" if arguments.json else _sum(done))
    return OK if all(each.right for each in done) else INPUT_ERROR


def _line(trial: Trial) -> str:
    truth, guess = trial.truth, trial.guess
    said = "nothing" if guess is None else f"{guess.switch} {guess.cause.value}"
    verdict = "right" if trial.right else f"WRONG: {said}"
    times = f"{trial.looking_s:.1f} s"
    return f"{trial.number:3}  {truth.fault.value:<11}  {truth.switch}: {truth.told}; {verdict}, {times}\n"


def _sum(done: Sequence[Trial]) -> str:
    right = sum(each.right for each in done)
    longest = max((each.looking_s for each in done), default=0.0)
    return f"{right} of {len(done)} named by the first guess; longest look {longest:.1f} s\n"


def _document(done: Sequence[Trial]) -> dict[str, Any]:
    return {"runs": [each.json() for each in done], "right": sum(each.right for each in done)}
