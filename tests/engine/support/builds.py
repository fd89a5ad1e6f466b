"""Policy text and network -> a build that runs, by way of the files that a user would have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import chdir
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.support.nets import Net

from contra.check.model import CheckedPolicy
from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.engine.build import Build
from contra.engine.policy import policy_of
from contra.engine.simulation import Settings, Simulation, assemble, open_build
from contra.options import ProtocolOptions
from contra.p4.executable import Executable
from contra.p4.typed import Program

DEFAULT = ProtocolOptions()
STRICT = Settings(strict=True)
Edit = Callable[[str], str]
"""P4 text -> changed P4 text."""


def unchanged(text: str) -> str:
    """No edit."""
    return text


@dataclass(frozen=True, eq=False)
class Built:
    """A build, its programs, its policy."""

    build: Build
    executables: Mapping[Program, Executable]
    policy: CheckedPolicy
    settings: Settings

    def simulation(self) -> Simulation:
        """In a network of its own, with the topology's metrics."""
        return assemble(self.build, self.executables, self.settings)


@lru_cache(maxsize=64)
def built(
    policy: str,
    net: Net,
    settings: Settings = STRICT,
    options: ProtocolOptions = DEFAULT,
    edit: Edit = unchanged,
) -> Built:
    """Compile, write, edit the P4 where asked to, and load. Files have the same names every time, so that compiled
    programs are found again."""
    with TemporaryDirectory() as folder, chdir(folder):
        Path("p.ctr").write_text(policy, encoding="utf-8")
        Path("t.json").write_text(net.json(), encoding="utf-8")
        compile(CompileRequest(policy=Path("p.ctr"), topology="t.json", out=Path("b"), options=options), Reporter())
        changes = 0
        for path in Path("b", "programs").glob("*.p4"):
            text = path.read_text(encoding="utf-8")
            changes += edit(text) != text
            path.write_text(edit(text), encoding="utf-8")
        if edit is not unchanged and not changes:
            raise LookupError(f"'{edit}' fits no program")
        build, executables = open_build(Path("b"), Reporter(), settings)
        return Built(build, executables, policy_of(build), settings)
