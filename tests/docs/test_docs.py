"""The console blocks of the README and of docs/*.md are run, in order, in one fresh folder per page.

Lines that start with `$ ` are commands (a trailing backslash continues one); each must end with 0, or with the
N of a comment `# exit N` behind it. What is shown below a command, if anything, has to be its output; `...` stands for
lines left out, blank lines do not count, and times and hashes may differ. The word after `console` says what a block
needs: `p4c`, `bmv2`, `setup` (changes the machine: not run). A block ```LANGUAGE file NAME``` is written to that file
first.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.exists()]
SHARED = ("topologies", "examples")
"""Folders of the checkout that the commands may use."""

FENCE = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.M | re.S)
EXIT = re.compile(r"#\s*exit\s+(\d+)\s*$")
VARIES = re.compile(r"\d+\.\d+ s\b|\b[0-9a-f]{64}\b")
"""What a page shows as it was once: times, hashes."""
TIMEOUT_S = 120


@dataclass(frozen=True)
class Block:
    """A fenced block that does something."""

    page: Path
    line: int
    words: tuple[str, ...]
    body: str

    @property
    def file(self) -> str | None:
        """The file that it is the content of."""
        return self.words[2] if len(self.words) == 3 and self.words[1] == "file" else None

    @property
    def commands(self) -> list[tuple[str, int, list[str]]]:
        """Commands with their expected exit status and the lines that are shown of their output."""
        found: list[tuple[str, int, list[str]]] = []
        for line in self.body.replace("\\\n", " ").split("\n"):
            if line.startswith("$ "):
                found.append((line[2:], int(m[1]) if (m := EXIT.search(line)) else 0, []))
            elif found and line.strip():
                found[-1][2].append(line)
        return found


def blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            words = tuple(match["info"].split())
            block = Block(page, text.count("\n", 0, match.start()) + 1, words, match["body"])
            if words[0] == "console" or block.file:
                yield block


BLOCKS = list(blocks())


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """A fresh folder for each page, with copies of what the checkout shares."""
    made = {}
    for page in PAGES:
        made[page] = tmp_path_factory.mktemp(page.stem)
        for name in SHARED:
            shutil.copytree(ROOT / name, made[page] / name)
    return made


def skip_reason(block: Block) -> str:
    needs = {"p4c": ("p4c-bm2-ss", "p4c"), "bmv2": ("simple_switch", "simple_switch_grpc"), "dot": ("dot",)}
    for word in block.words[1:]:
        if word == "setup":
            return "changes the machine"
        if word in needs and not any(map(shutil.which, needs[word])):
            return f"{word} is not installed"
    return ""


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.page.name}:{block.line}")
def test_block(block: Block, folders: dict[Path, Path]) -> None:
    if reason := skip_reason(block):
        pytest.skip(reason)
    folder = folders[block.page]
    if block.file:
        (folder / block.file).write_text(block.body, encoding="utf-8")
        return
    environment = dict(os.environ, PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    environment.update(
        XDG_CACHE_HOME=str(folder.parent / "cache"), NO_COLOR="1", PYTHONPATH=str(ROOT), PYTHONUNBUFFERED="1"
    )
    for command, expected, shown in block.commands:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == expected, f"$ {command}\n{done.stdout}"
        wrong = difference(shown, done.stdout)
        assert not wrong, f"$ {command}\n{wrong}\n{done.stdout}"


def difference(shown: list[str], output: str) -> str:
    """What is wrong with the lines that a page shows of an output; empty if nothing is."""
    real = [same(line) for line in output.split("\n") if line.strip()]
    at, gap = 0, False
    for line in shown:
        if line.strip() == "...":
            gap = True
            continue
        where = real.index(same(line), at) if same(line) in real[at:] else -1
        if where < 0 or (where > at and not gap):
            return f"does not print this, or not here: {line}"
        at, gap = where + 1, False
    return f"prints more: {real[at]}" if shown and not gap and at < len(real) else ""


def same(line: str) -> str:
    """A line of output without what varies from run to run."""
    return VARIES.sub("?", line.rstrip())


@pytest.mark.parametrize(
    ("shown", "right"),
    [
        (["a", "b", "c"], True),
        (["a", "...", "c"], True),
        (["...", "b", "..."], True),
        ([], True),
        (["...", "c", "..."], True),
        (["a", "c"], False),
        (["a", "b"], False),
        (["b", "c"], False),
        (["...", "c", "b"], False),
        (["a", "b", "c", "d"], False),
    ],
)
def test_shown_lines_are_compared_with_all_of_the_output(shown: list[str], right: bool) -> None:
    assert (difference(shown, "a\n\nb\nc\n") == "") is right


def test_console_blocks_have_commands() -> None:
    empty = [f"{b.page.name}:{b.line}" for b in BLOCKS if b.words[0] == "console" and not b.commands]
    assert not empty


def test_relative_links_lead_somewhere() -> None:
    broken = []
    for page in [*PAGES, *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "bmv2-testbed/README.md"))]:
        prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)", prose):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert not broken
