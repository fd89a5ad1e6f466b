"""What a packet costs BMv2 under our programs, against a plain L3 program: packets per second of one switch.

Same switch binary, same frames, same run, programs in turns; links are not shaped. See `one_switch`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

from contra.deploy.network.switches import command
from contra.deploy.plan import Settings, SwitchPlan, make_plan
from contra.diagnostics import Reporter
from contra.engine.build import Build, load
from experiments.cases import ANYWHERE
from experiments.net import CONTRAC, CommandFailed, environment
from experiments.net import run as run_command
from experiments.options import TESTBED, Options
from experiments.report import Result, say

POLICIES = ("sp", "mu", "wsp", "ca")
TURNS = 3
SECONDS = 2.0
L3 = "plain L3"
SWITCH = 1
_TOPOLOGY = TESTBED / "topologies" / "line.json"
_LIMIT_S = 1200.0


def run(options: Options) -> Result:
    """Compile all programs, measure them in turns."""
    folder = options.out / "builds" / "speed"
    folder.mkdir(parents=True, exist_ok=True)
    programs = [_l3(folder)]
    row: SwitchPlan | None = None
    for policy in options.policies or POLICIES:
        build = _compiled(folder, policy)
        row = make_plan(build, _settings(options), Reporter()).switches[SWITCH]
        programs.append(_program(policy, build, row))
    assert row is not None
    say(f"speed: {', '.join(program['name'] for program in programs)}, in turns")
    found = _measure(options, row, programs, folder)
    rows = table_of(found)
    return Result(
        "speed: packets per second through one switch, links not shaped",
        rows,
        all(each["lost"] == 0 for each in found),
        {"measured": found, "command": command(row, _settings(options), 510, folder)},
        ["first: from a host, shim put on; transit: between switches; last: to a host, shim taken off",
         "ratio: of the medians, to that of the plain L3 program on the same way"],
    )  # fmt: skip


def table_of(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Medians over the turns, and their ratio to the plain program's."""
    rates: dict[tuple[str, str], list[float]] = defaultdict(list)
    for each in found:
        rates[each["program"], each["way"]].append(each["per_second"])
    programs = list(dict.fromkeys(each["program"] for each in found))
    rows = []
    for program in programs:
        row: dict[str, Any] = {"program": program}
        for way in ("first", "transit", "last"):
            own, plain = median(rates[program, way]), median(rates[L3, way])
            row |= {f"{way}/s": own, f"{way} ratio": own / plain}
        rows.append(row)
    return rows


def _measure(options: Options, row: SwitchPlan, programs: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """In a namespace of its own, which ends with the process."""
    plan = {
        "command": command(row, _settings(options), 510, folder)[3:],
        "server": f"127.0.0.1:{row.grpc_port}",
        "device": row.device_id,
        "journal": str(folder / "journal.jsonl"),
        "interfaces": dict(row.interfaces),
        "turns": options.repeats or TURNS,
        "seconds": options.seconds or SECONDS,
        "programs": programs,
    }
    script = Path(__file__).parent / "one_switch.py"
    done = subprocess.run(
        ["unshare", "--net", sys.executable, str(script)],
        input=json.dumps(plan), env=environment(), capture_output=True, text=True, check=False, timeout=_LIMIT_S,
    )  # fmt: skip
    if done.returncode != 0:
        raise CommandFailed(f"one_switch: {done.stderr}")
    return list(json.loads(done.stdout))


def _settings(options: Options) -> Settings:
    return Settings(grpc_base=options.grpc_port, thrift_base=options.thrift_port)


def _compiled(folder: Path, policy: str) -> Build:
    target = folder / policy
    run_command([*CONTRAC, str(ANYWHERE[policy]), str(_TOPOLOGY), "-o", str(target), "--p4c", "-q"])
    return load(target.resolve(), Reporter())


def _program(policy: str, build: Build, row: SwitchPlan) -> dict[str, Any]:
    manifest = json.loads((build.folder / "manifest.json").read_text(encoding="utf-8"))
    return {
        "name": policy,
        "build": str(build.folder),
        "json": str(row.json),
        "p4info": str(row.p4info),
        "period_s": manifest["constants"]["probe_period_us"] / 1e6,
        "classes": len(manifest["probe_classes"]),
    }


def _l3(folder: Path) -> dict[str, Any]:
    """The plain program, compiled by the same p4c."""
    target, p4info = folder / "l3.json", folder / "l3.p4info.txtpb"
    run_command(
        ["p4c-bm2-ss", "--p4v", "16", str(TESTBED / "l3.p4"), "-o", str(target), "--p4runtime-files", str(p4info)]
    )
    return {"name": L3, "build": "", "json": str(target), "p4info": str(p4info)}
