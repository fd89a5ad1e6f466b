"""`contra net watch`: snapshots -> a screen. Pure: what is drawn depends on the arguments only.

The screen says at the top what is wrong and what has changed, then how full links are, then the paths, changed ones
first; and at the end of each part what of it did not fit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contra.deploy.state.snapshot import LinkUse, PairPath, Snapshot
from contra.emit.show_table import count
from contra.render import Piece, Row, paint

FRESH = 10.0
"""Seconds for which a changed path stays marked and on top."""
FULL, HIGH = 1.0, 0.8
"""Shares of the capacity from which on a link is red, and yellow."""
_GAP = 2
_LEAST_WIDTH, _LEAST_HEIGHT = 30, 6
_MOST_NAME = 24
_LEAST_BAR, _MOST_BAR = 5, 20
_PERCENT = 6
"""Cells beside a bar: a blank, four digits at most, the sign."""
_VISIBLE = 0.01
"""Share of the capacity from which on a bar is not empty."""
_ABOUT_PROBES = ("PROBE", "UNKNOWN_TAG")
"""Drops that happen in a healthy network too."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """That a pair takes another way than before."""

    at: float
    before: PairPath


@dataclass(frozen=True, kw_only=True)
class History:
    """What snapshots so far have in common: the last one, when paths changed, drops at the last one but one."""

    last: Snapshot | None = None
    changes: Mapping[Pair, Change] = field(default_factory=dict)
    rising: Mapping[str, int] = field(default_factory=dict)
    """Drops between the last two snapshots, by reason."""


def advance(history: History, now: Snapshot) -> History:
    """The history with one more snapshot."""
    if history.last is None:
        return History(last=now)
    known = {(path.source, path.target): path for path in history.last.paths}
    changes = dict(history.changes)
    for path in now.paths:
        pair = (path.source, path.target)
        before = known.get(pair)
        if before is not None and (before.visited, before.end) != (path.visited, path.end):
            changes[pair] = Change(now.at, before)
    past = dict(history.last.drops)
    rising = {name: number - past.get(name, 0) for name, number in now.drops if number > past.get(name, 0)}
    return History(last=now, changes=changes, rising=rising)


@dataclass(frozen=True, slots=True)
class Style:
    """How it is drawn: colours or none, block characters or ASCII."""

    color: bool = False
    ascii: bool = False

    @property
    def full(self) -> str:
        """A full part of a bar."""
        return "#" if self.ascii else "█"

    @property
    def empty(self) -> str:
        """An empty part of a bar."""
        return "." if self.ascii else "·"

    @property
    def more(self) -> str:
        """Stands for what was cut off a name."""
        return "~" if self.ascii else "…"


def screen(history: History, width: int, height: int, style: Style, note: str = "") -> list[str]:
    """The lines of a screen: at most `height`, none wider than `width` cells. `note` is said at the bottom."""
    return [
        "".join(paint(text, name if style.color else "") for text, name in row)
        for row in rows(history, width, height, style, note)
    ]


def rows(history: History, width: int, height: int, style: Style, note: str = "") -> list[Row]:
    """The same, not yet painted."""
    now = history.last
    if width < _LEAST_WIDTH or height < _LEAST_HEIGHT:
        return [[(cut("window too small", width, style), "bad")]][:height]
    if now is None:
        return [[("waiting for the first look at the network", "")]]
    head = _head(history, now, width, style)
    foot: list[Row] = [[(cut(note or "q quits", width, style), "bad" if note else "gutter")]]
    room = height - len(head) - len(foot)
    links = _links(now, width, room if room < _LEAST_HEIGHT else room // 2, style)
    paths = _paths(history, now, width, room - len(links), style)
    body = [*head, *links, *paths]
    body += [[("", "")]] * (height - len(foot) - len(body))
    return [*body, *foot][:height]


# ------------------------------------------------------------------------------------------------ head


def _head(history: History, now: Snapshot, width: int, style: Style) -> list[Row]:
    lost = [path for path in now.paths if path.end]
    fresh = [change for change in history.changes.values() if now.at - change.at <= FRESH]
    down = [link for link in now.links if link.state != "up"]
    first: Row = [(cut(now.title, width, style), "title")]
    facts: list[Piece] = [
        (count(len(now.paths), "pair"), ""),
        (f"{len(lost)} without a way", "error") if lost else ("all have a way", "good"),
    ]
    if fresh:
        facts.append((f"{len(fresh)} changed lately", "warning"))
    facts.append((f"{count(len(down), 'link')} down", "error") if down else ("all links up", "good"))
    lines = [first, _joined(facts, width, style)]
    counted = [(f"{name} {number}", name) for name, number in now.drops if number]
    if counted:
        pieces: list[Piece] = []
        for text, name in sorted(counted, key=lambda pair: (pair[1] in _ABOUT_PROBES, -history.rising.get(pair[1], 0))):
            more = history.rising.get(name, 0)
            color = "warning" if more and name not in _ABOUT_PROBES else ""
            pieces.append((f"{text} (+{more})" if more else text, color))
        lines.append([("dropped: ", ""), *_joined(pieces, width - len("dropped: "), style)])
    lines += [[(cut(text, width, style), "error")] for text in now.troubles[:3]]
    if len(now.troubles) > 3:
        lines.append([(cut(f"and {len(now.troubles) - 3} more switches that cannot be read", width, style), "error")])
    return lines


def _joined(pieces: Sequence[Piece], width: int, style: Style) -> Row:
    """Pieces one after the other, as many as fit."""
    row: Row = []
    left = width
    for number, (text, name) in enumerate(pieces):
        glue = ", " if number else ""
        needed = cells(glue) + cells(text)
        if needed > left:
            if left >= 1 + cells(style.more):
                row.append((" " + style.more, ""))
            break
        row += [(glue, ""), (text, name)]
        left -= needed
    return row


# ------------------------------------------------------------------------------------------------ links


@dataclass(frozen=True, slots=True)
class _Grid:
    """How links stand side by side: cells of a name, of a bar, columns, and cells between them."""

    name: int
    bar: int
    columns: int

    @classmethod
    def of(cls, links: Sequence[LinkUse], width: int, lines: int) -> _Grid:
        """As few columns as show all links in so many lines, with bars as long as there is room for; else as many
        columns as there is room for."""
        name = max((cells(f"{link.a}-{link.b}") for link in links), default=0)
        name = min(name, _MOST_NAME, max(4, width - 2 * (_LEAST_BAR + _PERCENT)))
        most = max(1, (width + _GAP) // (name + 2 * (_LEAST_BAR + _PERCENT) + _GAP))
        columns = min(most, -(-len(links) // max(1, lines)))
        room = (width + _GAP) // columns - _GAP - name
        return cls(name, max(_LEAST_BAR, min(_MOST_BAR, room // 2 - _PERCENT)), columns)


def _links(now: Snapshot, width: int, room: int, style: Style) -> list[Row]:
    """Links, those that are down first, then the fullest; both directions of each."""
    if room < 2 or not now.links:
        return []
    grid = _Grid.of(now.links, width, room - 1)
    ordered = sorted(now.links, key=lambda link: (link.state == "up", -max(link.there or 0.0, link.back or 0.0)))
    shown = ordered[: grid.columns * (room - 1)]
    title = "Links: load there and back"
    if len(shown) < len(ordered):
        title += f"; {len(ordered) - len(shown)} less full ones are not shown"
    title += f" ({now.measured})" if now.measured else ""
    items = [_link(link, grid, style) for link in shown]
    lines: list[Row] = [[(cut(title, width, style), "note")], *_columns(items, grid.columns, width, style)]
    return [*lines, [("", "")]] if len(lines) < room else lines


def _link(link: LinkUse, grid: _Grid, style: Style) -> Row:
    title: Piece = (pad(f"{link.a}-{link.b}", grid.name, style), "" if link.state == "up" else "error")
    if link.state != "up":
        return [title, (" " + pad(link.state, 2 * (grid.bar + _PERCENT) - 1, style), "error")]
    return [title, *_bar(link.there, grid.bar, style), *_bar(link.back, grid.bar, style)]


def _bar(load: float | None, size: int, style: Style) -> Row:
    if load is None:
        return [(" " * (size + _PERCENT - 1) + "?", "")]
    filled = min(size, max(round(load * size), int(load >= _VISIBLE)))
    color = "error" if load >= FULL else "warning" if load >= HIGH else "good"
    return [
        (" ", ""),
        (style.full * filled, color),
        (style.empty * (size - filled), "gutter"),
        (f"{min(load, 9.99):>{_PERCENT - 1}.0%}", "" if load < HIGH else color),
    ]


# ------------------------------------------------------------------------------------------------ paths


def _paths(history: History, now: Snapshot, width: int, room: int, style: Style) -> list[Row]:
    """Pairs: changed lately, without a way, the others; as many as fit, side by side where the window is wide.

    Where more have changed than can be explained, those without a way come first.
    """
    if room < 2 or not now.paths:
        return []
    fresh = {pair: change for pair, change in history.changes.items() if now.at - change.at <= FRESH}
    explained = len(fresh) if len(fresh) <= (room - 1) // 2 else 0  # with what was before, on lines of their own

    def order(path: PairPath) -> tuple[bool, bool, float, bool]:
        change = fresh.get((path.source, path.target))
        return (not explained and not path.end, change is None, -change.at if change else 0.0, not path.end)

    ordered = sorted(now.paths, key=order)
    lines = [_fit(_path(path, fresh, now.at, explain=True), width, style) for path in ordered[:explained]]
    rest = [_path(path, fresh, now.at) for path in ordered[explained:]]
    widest = min(width, max((sum(cells(text) for text, _ in row) for row in rest), default=width))
    columns = max(1, (width + _GAP) // (widest + _GAP))
    shown = rest[: columns * (room - 1 - len(lines))]
    title = "Paths of new packets"
    if len(shown) < len(rest):
        title += f"; {len(rest) - len(shown)} of {len(ordered)} pairs are not shown"
        left_out = sum(bool(path.end) for path in ordered[explained + len(shown) :])
        title += f", {left_out} of them without a way" if left_out else ""
    padded = [_padded(_fit(row, widest, style), widest) for row in shown]
    head: Row = [(cut(title, width, style), "note")]
    return [head, *lines, *_columns(padded, columns, width, style)]


def _path(path: PairPath, fresh: Mapping[Pair, Change], now: float, explain: bool = False) -> Row:
    change = fresh.get((path.source, path.target))
    row: Row = [("* ", "warning") if change else ("  ", "")]
    if path.end:
        row += [(f"{path.source} to {path.target}: ", ""), (f"{path.end} at {path.visited[-1]}", "error")]
    else:
        row.append((" ".join(path.visited), "warning" if change else ""))
    if explain and change is not None:
        before = "dropped" if change.before.end else " ".join(change.before.visited)
        row.append((f"  for {now - change.at:.0f} s, before: {before}", "gutter"))
    return row


def _columns(items: Sequence[Row], columns: int, width: int, style: Style) -> list[Row]:
    """Items of equal width side by side, downwards first."""
    height = -(-len(items) // columns)
    lines = []
    for line in range(height):
        row: Row = []
        for column, place in enumerate(range(line, len(items), height)):
            row += [(" " * _GAP, "")] * bool(column) + items[place]
        lines.append(_fit(row, width, style))
    return lines


def _padded(row: Row, width: int) -> Row:
    return [*row, (" " * (width - sum(cells(text) for text, _ in row)), "")]


# ------------------------------------------------------------------------------------------------ text


def cells(text: str) -> int:
    """How many cells of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cell, text))


def _cell(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, width: int, style: Style) -> str:
    """The text in at most `width` cells, control characters replaced."""
    clean = "".join(char if char.isprintable() else "?" for char in text)
    if cells(clean) <= width:
        return clean
    room, kept = width - cells(style.more), ""
    for char in clean:
        room -= _cell(char)
        if room < 0:
            break
        kept += char
    return (kept + style.more)[: max(0, width)]


def pad(text: str, width: int, style: Style) -> str:
    """The text in exactly `width` cells."""
    short = cut(text, width, style)
    return short + " " * (width - cells(short))


def _fit(row: Row, width: int, style: Style) -> Row:
    """A row of at most `width` cells."""
    fitted: Row = []
    left = width
    for text, name in row:
        if left <= 0:
            break
        short = cut(text, left, style)
        fitted.append((short, name))
        left -= cells(short)
    return fitted
