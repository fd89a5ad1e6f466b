"""The screens of `contra net watch`: golden pictures, and what must hold at every size."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from unicodedata import east_asian_width

import pytest
from engine.support.builds import built
from engine.support.corpus import text_of
from engine.support.nets import net

from contra.deploy.state.model import NetworkView
from contra.deploy.state.snapshot import Counted, LinkUse, PairPath, Snapshot, counted_of, measured, snapshot_of, take
from contra.deploy.state.watch import FRESH, History, Style, advance, rows, screen

GOLDEN = Path(__file__).parent / "golden"
NAMES = ["STTL", "SNVA", "LOSA", "DNVR", "KSCY", "HSTN", "CHIN", "IPLS", "ATLA", "WASH", "NYCM"]
ENDS = [
    "-".join(pair)
    for pair in (
        *(("STTL", "SNVA"), ("STTL", "DNVR"), ("SNVA", "LOSA"), ("SNVA", "DNVR"), ("LOSA", "HSTN"), ("DNVR", "KSCY")),
        *(("KSCY", "HSTN"), ("KSCY", "IPLS"), ("HSTN", "ATLA"), ("CHIN", "IPLS"), ("CHIN", "NYCM"), ("IPLS", "ATLA")),
        *(("ATLA", "WASH"), ("WASH", "NYCM")),
    )
]


def path(names: str, end: str = "", target: str = "", rank: str = "2") -> PairPath:
    visited = tuple(names.split())
    return PairPath(visited[0], target or visited[-1], visited, end, rank)


def abilene(at: float = 10.0) -> Snapshot:
    """Eleven switches: loads from nothing to too much, one link cut, one dead, one unknown."""
    loads = [0.0, 0.004, 0.012, 0.2, 0.35, 0.449, 0.5, 0.62, 0.79, 0.8, 0.95, 1.0, 1.31, 12.5]
    links = []
    for number, ends in enumerate(ENDS):
        a, b = ends.split("-")
        state = {3: "cut", 8: "down"}.get(number, "up")
        back = None if number == 6 else loads[-1 - number]
        links.append(LinkUse(a, b, loads[number], back, state))
    paths = [path(f"{a} {b}") for a in NAMES for b in NAMES if a != b]
    return Snapshot(
        title="abilene: 11 switches, 14 links, 11 hosts; up for 0:02:11",
        at=at,
        links=tuple(links),
        paths=tuple(paths),
        drops=(("NO_ROUTE", 12), ("TTL", 0), ("UNKNOWN_TAG", 0), ("PROBE", 3301)),
        measured="bytes counted",
    )


def changed() -> History:
    """A few pairs have changed, at different times; one lost its way; drops grow."""
    first = abilene()
    later = {("STTL", "NYCM"): path("STTL DNVR KSCY IPLS CHIN NYCM"), ("SNVA", "HSTN"): path("SNVA LOSA HSTN")}
    second = replace(first, at=14.0, paths=tuple(later.get((p.source, p.target), p) for p in first.paths))
    last = {("ATLA", "HSTN"): path("ATLA IPLS", "no path known", "HSTN", "inf")}
    third = replace(
        second,
        at=17.0,
        paths=tuple(last.get((p.source, p.target), p) for p in second.paths),
        drops=(("NO_ROUTE", 19), ("TTL", 0), ("UNKNOWN_TAG", 0), ("PROBE", 3350)),
        troubles=("the state of switch 'WASH' cannot be read over Thrift: Connection refused",),
    )
    return advance(advance(advance(History(), first), second), third)


def wide() -> History:
    """Names of two cells a character, and names that are too long."""
    labels = ["東京", "大阪", "A" * 60, "e\u0301", "evil\x1b[2J"]
    links = tuple(LinkUse(a, b, 0.5, 0.9, "up") for a, b in pairwise(labels))
    paths = tuple(path(" ".join([a.replace(" ", "_"), b])) for a in labels for b in labels if a != b)
    shot = Snapshot(
        title="東京" * 60, at=1.0, links=links, paths=paths, drops=(("NO_ROUTE", 5),), troubles=("x" * 300,)
    )
    return advance(History(), shot)


SIZES = ((80, 24), (200, 50), (60, 14))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", ["calm", "changed"])
def test_pictures(golden: Callable[[Path, str], None], scene: str, size: tuple[int, int]) -> None:
    history = advance(History(), abilene()) if scene == "calm" else changed()
    text = "\n".join(screen(history, *size, Style()))
    golden(GOLDEN / f"{scene}-{size[0]}x{size[1]}.txt", "\n".join(line.rstrip() for line in text.split("\n")) + "\n")


def test_colours(golden: Callable[[Path, str], None]) -> None:
    """Each piece with its style, as the renderer gets them."""
    lines = [
        json.dumps([piece for piece in row if piece[0]], ensure_ascii=False) for row in rows(changed(), 80, 24, Style())
    ]
    golden(GOLDEN / "colours.txt", "\n".join(lines) + "\n")
    painted = screen(changed(), 80, 24, Style(color=True))
    plain = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in painted]
    assert plain == screen(changed(), 80, 24, Style())
    assert any("\x1b[" in line for line in painted)


def cells(line: str) -> int:
    """Cells of a line, counted here anew."""
    return sum((east_asian_width(char) in "WF") + (char != "\u0301") for char in line)


@pytest.mark.parametrize("history", [History(), advance(History(), abilene()), changed(), wide()])
def test_every_size(history: History) -> None:
    """Nothing is wider or higher than the window, and no control character gets through."""
    random = Random(1)
    sizes = [(w, h) for w in (0, 1, 5, 29, 30, 31, 41, 80, 81, 133, 400) for h in (0, 1, 5, 6, 7, 8, 11, 24, 60)]
    for width, height in sizes + [(random.randint(1, 300), random.randint(1, 90)) for _ in range(60)]:
        for style in (Style(), Style(ascii=True)):
            lines = screen(history, width, height, style)
            assert len(lines) <= height
            assert all(cells(line) <= max(width, 0) for line in lines if history.last or width > 40), (width, height)
            assert all(line.isprintable() for line in lines)


def numbers(text: str, pattern: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("size", [(80, 24), (80, 40), (120, 30), (60, 14), (200, 50), (300, 90)])
def test_what_is_left_out_is_said(size: tuple[int, int]) -> None:
    history = advance(History(), abilene())
    text = "\n".join(screen(history, *size, Style(ascii=True)))
    shown = sum(re.search(rf"{ends} +([.#]+ +\d+%|cut|down)", text) is not None for ends in ENDS)
    assert shown + numbers(text, r"(\d+) less full ones") == len(ENDS)
    body = text.split("Paths of new packets", 1)[1]
    pairs = sum(f"  {a} {b} " in f"{body} ".replace("\n", " \n") for a in NAMES for b in NAMES if a != b)
    assert pairs + numbers(text, r"(\d+) of \d+ pairs are not shown") == 110


def test_changes_come_first_and_grow_old() -> None:
    history = changed()
    text = screen(history, 80, 40, Style())
    start = next(number for number, line in enumerate(text) if line.startswith("Paths"))
    assert text[start + 1].startswith("* ATLA to HSTN: no path known at IPLS  for 0 s, before: ATLA HSTN")
    assert text[start + 2].startswith("* STTL DNVR KSCY IPLS CHIN NYCM  for 3 s, before: STTL NYCM")
    assert text[start + 3].startswith("* SNVA LOSA HSTN")
    assert not any(line.startswith("*") for line in text[start + 4 :])
    assert history.last is not None
    old = advance(history, replace(history.last, at=14.0 + FRESH + 0.1))
    text = screen(old, 80, 40, Style())
    assert sum(line.startswith("*") for line in text) == 1
    assert "1 changed lately" in text[1]


def test_the_worst_links_come_first() -> None:
    text = screen(advance(History(), abilene()), 60, 14, Style())
    start = next(number for number, line in enumerate(text) if line.startswith("Links"))
    assert text[start + 1].split() == ["SNVA-DNVR", "cut"]
    assert text[start + 2].split() == ["HSTN-ATLA", "down"]


def test_drops_of_data_before_those_of_probes() -> None:
    line = next(line for line in screen(changed(), 80, 24, Style()) if line.startswith("dropped"))
    assert line == "dropped: NO_ROUTE 19 (+7), PROBE 3350 (+49)"


def test_snapshots_survive_json() -> None:
    shot = changed().last
    assert shot is not None
    assert snapshot_of(json.loads(json.dumps(shot.json()))) == shot
    with pytest.raises((KeyError, TypeError, ValueError)):
        snapshot_of({**shot.json(), "links": [{"a": 1}]})


def test_loads_from_counters() -> None:
    """1 Mbit/s, half a second: 62500 bytes are all of it."""
    capacity = {(0, 1): 1_000_000, (1, 1): 1_000_000, (2, 1): 1_000_000}
    before = Counted(10.0, {(0, 1): 500, (1, 1): 900_000, (2, 1): 7})
    after = Counted(10.5, {(0, 1): 63_000, (1, 1): 100, (2, 1): 7, (3, 1): 9})
    assert measured(before, after, capacity) == {(0, 1): 1.0, (2, 1): 0.0}
    assert measured(after, after, capacity) == {}


def test_where_nearly_all_has_changed_those_without_a_way_come_first() -> None:
    first = abilene()
    lost = replace(first.paths[-1], visited=first.paths[-1].visited[:1], end="loop")
    moved = [replace(each, visited=(each.source, "SNVA", each.target)) for each in first.paths[:-1]]
    history = advance(advance(History(), first), replace(first, at=11.0, paths=(*moved, lost)))
    lines = screen(history, 80, 24, Style())
    title = next(number for number, line in enumerate(lines) if line.startswith("Paths of new packets"))
    assert lines[title + 1].startswith(f"* {lost.source} to {lost.target}: loop at {lost.source}")
    assert "without a way" not in lines[title]


def test_parallel_links_are_named_by_their_ports() -> None:
    made = built(text_of("p1_shortest_path"), net("A-B A-B B-C", "A C"))
    shot = take(made.build, NetworkView(switches={}), (), title="", at=0.0)
    ports = [(link.a_port, link.b_port) for link in made.build.topology.links]
    assert [(link.a, link.b) for link in shot.links] == [
        (f"A:{ports[0][0]}", f"B:{ports[0][1]}"),
        (f"A:{ports[1][0]}", f"B:{ports[1][1]}"),
        ("B", "C"),
    ]


def test_counts_cross_a_process_boundary() -> None:
    counted = Counted(12.5, {(0, 1): 2**40, (3, 2): 0})
    assert counted_of(json.loads(json.dumps(counted.json()))) == counted
