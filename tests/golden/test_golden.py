"""What each stage makes of five small builds, file by file.

After a change that is meant: pytest --update-golden, then read the diff before you commit it. The P4 is what users
open, so its diff is worth reading.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contra.cli.contrac import main

HERE = Path(__file__).parent
SWITCH = {"figure5": "B", "ca-diamond": "A", "keyed-diamond": "A", "mu-diamond": "A", "wp-fattree-k4": "a1_1"}
"""The switch whose entries are kept, per case."""
OPTIONS = {"keyed-diamond": ["--authenticate"]}
PARTS = ("explain.txt", "product.json", "destination.p4", "transit.p4", "runtime.json", "manifest.json")


def made(case: str, out: Path, capfd: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The kept files of a build, made as a user makes it; a part that the case does not have is left out."""
    assert main(["policy.ctr", "topology.json", "-o", str(out), "--explain", "--quiet", *OPTIONS.get(case, [])]) == 0
    paths = {
        "product.json": out / "graph" / "product.json",
        "destination.p4": out / "programs" / "destination.p4",
        "transit.p4": out / "programs" / "transit.p4",
        "runtime.json": out / "switches" / SWITCH[case] / "runtime.json",
        "manifest.json": out / "manifest.json",
    }
    texts = {name: path.read_text(encoding="utf-8") for name, path in paths.items() if path.exists()}
    return {"explain.txt": capfd.readouterr().out, **texts}


def test_every_case_is_known() -> None:
    assert {path.parent.name for path in HERE.glob("*/policy.ctr")} == set(SWITCH)


@pytest.mark.parametrize("case", SWITCH)
def test_golden(
    case: str,
    golden: Callable[[Path, str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(HERE / case)
    texts = made(case, tmp_path / "build", capfd)
    folder = HERE / case / "expected"
    for name in PARTS:
        if name in texts:
            golden(folder / name, texts[name])
    assert {path.name for path in folder.iterdir()} == set(texts)


def test_the_fat_tree_has_both_roles_and_the_others_one() -> None:
    """So that both programs are seen."""
    roles = {case: set(json.loads((HERE / case / "expected/manifest.json").read_text())["programs"]) for case in SWITCH}
    assert roles.pop("wp-fattree-k4") == {"destination", "transit"}
    assert set(map(frozenset, roles.values())) == {frozenset({"destination"})}
