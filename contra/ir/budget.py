"""Would it fit a switching chip? Stages and accesses of a program, counted from its access plan.

The yardstick is Tofino 1: 12 stages per direction, each register array in one stage and accessed at most once per pass,
4 stateful ALUs a stage with 2 comparators on cells of at most two 32-bit words.
"""

from __future__ import annotations

from dataclasses import dataclass

from contra.diagnostics import InternalError
from contra.ir.model import AccessPlan, Pass, Step, SwitchProgram

MAX_STAGES = 12
MAX_CELLS_PER_STAGE = 4
MAX_COMPARISONS = 2
MAX_CELL_BITS = 64


@dataclass(frozen=True, slots=True)
class Placement:
    """A step and the stage that it ends in, from 1; ingress and egress count separately."""

    step: Step
    stage: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What a program needs, and every rule of the chip that it breaks."""

    placements: tuple[tuple[str, tuple[Placement, ...]], ...]
    """Per pass name, its steps placed."""
    ingress_stages: int
    egress_stages: int
    excesses: tuple[str, ...]
    """Sentences about limits that are not kept; the program still runs on a software switch."""


def violations(plan: AccessPlan) -> list[str]:
    """Breaches of the access discipline: cells out of order, visited twice in a pass, or unknown. Must be none."""
    order = {cell.name: position for position, cell in enumerate(plan.cells)}
    found = []
    for each in plan.passes:
        visited: list[str] = []
        earlier: dict[str, Step] = {}
        for step in each.steps:
            found += [f"{each.name}: {text}" for text in _input_violations(step, earlier)]
            earlier[step.name] = step
            if step.kind != "cell":
                continue
            if step.name not in order:
                found.append(f"{each.name}: {step.name} is not a cell of the program")
                continue
            if step.name in visited:
                found.append(f"{each.name}: {step.name} is accessed twice")
            elif visited and order[visited[-1]] > order[step.name]:
                found.append(f"{each.name}: {step.name} is accessed after {visited[-1]}, against the order of cells")
            visited.append(step.name)
    return found


def _input_violations(step: Step, earlier: dict[str, Step]) -> list[str]:
    found = [
        f"{step.name} needs {name}, which is no earlier step of the pass" for name in step.after if name not in earlier
    ]
    found += [
        f"{step.name} in ingress needs {name} in egress"
        for name in step.after
        if name in earlier and earlier[name].egress and not step.egress
    ]
    return found


def budget(program: SwitchProgram) -> Budget:
    """Place every step as early as its inputs allow, a cell in one stage for all passes, and compare with the chip.

    Raises InternalError where the plan breaks its own order: then there is no such placement.
    """
    plan = program.plan
    broken = violations(plan)
    if broken:
        raise InternalError("; ".join(broken))
    cell_stage: dict[str, int] = {}
    while True:
        placements = tuple((each.name, _place(each, cell_stage)) for each in plan.passes)
        settled = _cell_stages(placements)
        if settled == cell_stage:
            break
        cell_stage = settled
    ingress = max((p.stage for _, row in placements for p in row if not p.step.egress), default=0)
    egress = max((p.stage for _, row in placements for p in row if p.step.egress), default=0)
    return Budget(placements, ingress, egress, tuple(_excesses(program, placements, ingress, egress)))


def _place(each: Pass, cell_stage: dict[str, int]) -> tuple[Placement, ...]:
    stage: dict[str, int] = {}
    egress_of = {step.name: step.egress for step in each.steps}
    for step in each.steps:
        inputs = [stage[name] for name in step.after if egress_of[name] == step.egress]
        least = step.stages + max(inputs, default=0)
        stage[step.name] = max(least, cell_stage.get(step.name, 1)) if step.kind == "cell" else least
    return tuple(Placement(step, stage[step.name]) for step in each.steps)


def _cell_stages(placements: tuple[tuple[str, tuple[Placement, ...]], ...]) -> dict[str, int]:
    stages: dict[str, int] = {}
    for _, row in placements:
        for placed in row:
            if placed.step.kind == "cell":
                name = placed.step.name
                stages[name] = max(stages.get(name, 1), placed.stage)
    return stages


def _excesses(
    program: SwitchProgram,
    placements: tuple[tuple[str, tuple[Placement, ...]], ...],
    ingress: int,
    egress: int,
) -> list[str]:
    found = [
        f"{where} needs {count} stages, the chip has {MAX_STAGES}"
        for where, count in (("ingress", ingress), ("egress", egress))
        if count > MAX_STAGES
    ]
    stages: dict[tuple[bool, int], set[str]] = {}
    for name, row in placements:
        for placed in row:
            if placed.step.kind != "cell":
                continue
            stages.setdefault((placed.step.egress, placed.stage), set()).add(placed.step.name)
            if placed.step.comparisons > MAX_COMPARISONS:
                found.append(f"{name}: {placed.step.name} compares {placed.step.comparisons} times in one access")
    for (_, stage), cells in sorted(stages.items()):
        if len(cells) > MAX_CELLS_PER_STAGE:
            found.append(f"stage {stage} holds {len(cells)} cells, the chip has {MAX_CELLS_PER_STAGE} stateful ALUs")
    found += [
        f"a cell of {cell.name} has {cell.width} bits, the chip's at most {MAX_CELL_BITS}"
        for cell in program.plan.cells
        if cell.width > MAX_CELL_BITS
    ]
    return found


def budget_text(program: SwitchProgram) -> str:
    """The budget as a table for people."""
    result = budget(program)
    lines = [
        f"program {program.name}: {result.ingress_stages} ingress and {result.egress_stages} egress stages "
        f"of {MAX_STAGES}, {len(program.plan.cells)} cells, {program.state_bits / 8000:.1f} kB of state"
    ]
    for name, row in result.placements:
        lines.append(f"  {name}")
        for stage in sorted({placed.stage for placed in row}):
            for egress in (False, True):
                names = [p.step.name for p in row if p.stage == stage and p.step.egress == egress]
                if names:
                    lines.append(f"    {'egress ' if egress else 'stage '}{stage:2}  {', '.join(names)}")
    lines += [f"  beyond the chip: {text}" for text in result.excesses]
    return "\n".join(lines) + "\n"
