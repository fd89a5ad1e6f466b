"""The access discipline of system and hardware rules, read off the generated text and held against the access plan.

A small parser of its own turns a program into the sequence of register accesses, over all branches, of every pass; the
plan is the list of cells and passes in the intermediate representation.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.emit.v1model import p4_text, policy_text
from contra.ir.model import Role, SwitchProgram
from contra.options import ProtocolOptions

ROOT = Path(__file__).resolve().parents[2]
SHAPES = {
    "one tag, one class": "minimize(path.len)",
    "load": "minimize(path.util)",
    "latency": "minimize((path.lat, path.util))",
    "classes": "minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))",
    "tags": "minimize(if .* c1 .* then path.util else inf)",
    "tags and classes": "minimize(if .* c1 .* then path.util else path.lat)",
    "inf by load": "minimize(if path.util < .5 then path.util else inf)",
    "authenticated": "minimize(if .* c1 .* then path.util else path.len)",
    "clamps": "minimize(if .* c1 .* then max(path.len, 3) else min(2 * path.len + 7, 200))",
}


def programs(policy: str, folder: Path, options: ProtocolOptions) -> list[tuple[SwitchProgram, str]]:
    source = folder / "policy.ctr"
    source.write_text(policy)
    topology = str(ROOT / "topologies" / "fattree-k4.json")
    request = CompileRequest(policy=source, topology=topology, last_stage="lower", options=options)
    done = compile(request, Reporter())
    assert done.deployment is not None and done.source is not None
    text = policy_text(done.source)
    return [(p, p4_text(p, done.deployment.clauses, text)) for p in done.deployment.programs]


@pytest.fixture(scope="module", params=SHAPES)
def generated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[SwitchProgram, str]]:
    options = ProtocolOptions(authenticate=request.param == "authenticated")
    return programs(SHAPES[request.param], tmp_path_factory.mktemp("shape"), options)


def bare(text: str) -> str:
    """The program without comments."""
    return re.sub(r"//[^\n]*", "", re.sub(r"/\*.*?\*/", "", text, flags=re.S))


def controls(text: str) -> dict[str, str]:
    """The apply block of every control, which is the last block of its body."""
    found = {}
    for match in re.finditer(r"^control (\w+)\(.*?^}", bare(text), re.M | re.S):
        found[match[1]] = match[0].rsplit("apply {", 1)[1] if match[0].count("apply {") else ""
    return found


def accesses(text: str, control: str) -> list[tuple[str, str]]:
    """(register, read or write) in text order, calls of other controls unfolded."""
    bodies = controls(text)
    source = bare(text)
    body = re.search(rf"^control {control}\(.*?^}}", source, re.M | re.S)
    assert body
    kinds = {name: kind for kind, name in re.findall(r"^    (\w+)\(\) (\w+);", body[0], re.M)}
    found = []
    for name, verb in re.findall(r"(\w+)\.(read|write|apply)\(", bodies[control]):
        if verb != "apply":
            found.append((name, verb))
        elif kinds.get(name) in bodies:
            found += accesses(text, kinds[name])
    return found


def cells_of(found: list[tuple[str, str]]) -> list[str]:
    return list(dict.fromkeys(name for name, _ in found))


def planned(program: SwitchProgram, name: str, egress: bool) -> list[str]:
    each = next(p for p in program.plan.passes if p.name == name)
    return [step.name for step in each.steps if step.kind == "cell" and step.egress == egress]


def written(program: SwitchProgram, name: str, egress: bool) -> set[str]:
    each = next(p for p in program.plan.passes if p.name == name)
    return {step.name for step in each.steps if step.kind == "cell" and step.egress == egress and step.writes}


def passes(program: SwitchProgram, text: str) -> dict[tuple[str, bool], list[tuple[str, str]]]:
    """Accesses of the text, by pass of the plan and by whether they are in egress."""
    found = {("decide", False): accesses(text, "Decide"), ("forward", False): accesses(text, "Route")}
    if program.role is Role.DESTINATION:
        found["forward", False] = accesses(text, "Enter") + found["forward", False]
        found["originate", False] = accesses(text, "Originate")
    found["hello", False] = accesses(text, "Hello")
    # v1model reads cells of egress in ingress where a chip would go through egress: all of `measure`, a part of `query`
    found["measure", True] = accesses(text, "Measure")
    egress = {cell.name for cell in program.plan.cells if cell.egress}
    queries = accesses(text, "Query")
    found["query", False] = [access for access in queries if access[0] not in egress]
    found["query", True] = [access for access in queries if access[0] in egress]
    found["forward", True] = accesses(text, "ContraEgress")
    return found


def test_every_pass_visits_the_planned_cells_in_the_planned_order(generated: list[tuple[SwitchProgram, str]]) -> None:
    for program, text in generated:
        for (name, egress), found in passes(program, text).items():
            assert cells_of(found) == planned(program, name, egress), (program.name, name)


def test_cells_are_written_exactly_where_the_plan_says(generated: list[tuple[SwitchProgram, str]]) -> None:
    for program, text in generated:
        for (name, egress), found in passes(program, text).items():
            assert {cell for cell, verb in found if verb == "write"} == written(program, name, egress), name


def test_a_cell_is_read_once_then_written_at_most_once(generated: list[tuple[SwitchProgram, str]]) -> None:
    for program, text in generated:
        for (name, _), found in passes(program, text).items():
            for cell in cells_of(found):
                verbs = [verb for each, verb in found if each == cell]
                assert verbs in (["read"], ["read", "write"], ["write"]), (program.name, name, cell, verbs)
            groups = [cell for i, (cell, _) in enumerate(found) if i == 0 or found[i - 1][0] != cell]
            assert len(groups) == len(set(groups)), f"{name}: accesses of two cells are interleaved: {groups}"


def test_order_of_cells_is_one_total_order(generated: list[tuple[SwitchProgram, str]]) -> None:
    for program, text in generated:
        declared = re.findall(r"^register<bit<\d+>>\(\d+\) (\w+);", bare(text), re.M)
        assert declared == [cell.name for cell in program.plan.cells]
        for found in passes(program, text).values():
            positions = [declared.index(cell) for cell in cells_of(found)]
            assert positions == sorted(positions)


def test_every_access_is_part_of_a_pass(generated: list[tuple[SwitchProgram, str]]) -> None:
    """No register is touched in a control that the passes do not cover."""
    for program, text in generated:
        covered = sum(len(found) for found in passes(program, text).values())
        assert covered == len(re.findall(r"\w+\.(?:read|write)\(", bare(text)))


def test_arithmetic_is_what_a_chip_has(generated: list[tuple[SwitchProgram, str]]) -> None:
    """No multiplication, division, remainder; shifts by constants; one relation per condition (hardware rules 3, 4)."""
    for _, text in generated:
        code = re.sub(r"#include <.*>", "", bare(text))
        assert not re.search(r"[%/]|(?<!\() \* ", code)
        assert "*" not in code
        assert "&&&" in code or "&&" not in code
        assert not re.search(r"\|\||(?<!&)&&(?!&)", code)
        for amount in re.findall(r"(?:<<|(?<!>)>>) *([A-Za-z_0-9.\[\]:]+)", code):
            assert re.fullmatch(r"\d+|[A-Z_]+", amount), amount
        for condition in re.findall(r"\bif \((.*)\) \{", code):
            relations = re.findall(
                r"==|!=|<=|>=|(?<![<>])<(?![<])|(?<![<>])>(?![>])", re.sub(r"bit<\d+>", "", condition)
            )
            assert len(relations) + condition.count(".hit") + condition.count(".miss") + condition.count("isValid") == 1


def test_indices_are_concatenations(generated: list[tuple[SwitchProgram, str]]) -> None:
    """A register index is a plain name or field: routes are concatenated, never computed (hardware rule 4)."""
    for _, text in generated:
        for index in re.findall(r"\.(?:read\(\w+, |write\()(?:\(bit<32>\) )?([^,()]+)[,)]", bare(text)):
            assert re.fullmatch(r"[\w.]+", index.strip()), index
        for route in re.findall(r"route_t route = (.*);", bare(text)):
            assert re.fullmatch(r"[\w.\[\]:]+( \+\+ [\w.]+)*", route)


def test_header_fields_are_read_only_where_they_are_valid(generated: list[tuple[SwitchProgram, str]]) -> None:
    """The controls that read probe or shim are applied under a test of that header, in every program."""
    for _, text in generated:
        body = controls(text)["ContraIngress"]
        for control, header in (("measure", "probe"), ("decide", "probe"), ("relay", "shim"), ("route", "shim")):
            before = body.split(f"{control}.apply(")[0]
            guard = before.rfind(f"hdr.{header}.isValid()")
            assert guard >= 0 and before[guard:].count("}") <= before[guard:].count("{")


def test_inf_is_all_ones(generated: list[tuple[SwitchProgram, str]]) -> None:
    for program, text in generated:
        found = re.search(r"const bit<(\d+)> INF = (0x[0-9a-f]+);", text)
        assert (found is not None) == program.has_best
        if found:
            assert int(found[2], 16) == (1 << int(found[1])) - 1
