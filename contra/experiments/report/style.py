"""How pictures look: one colour and one marker for each scheme, in all pictures of a report.

The colours are those of Okabe and Ito, which people with any kind of colour vision can tell apart; the markers say the
same once more, for print without colour.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from contra.experiments.published import plain_scheme
from contra.experiments.report.document import Picture, clean

RC: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.parse_math": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": "#777777",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": "#333333",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "xtick.labelcolor": "#333333",
    "ytick.labelcolor": "#333333",
    "grid.color": "#e2e2e2",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "svg.hashsalt": "contra",
}
KNOWN = {
    "contrawsp": ("#0072B2", "o"),
    "contramu": ("#0072B2", "o"),
    "contrawp": ("#56B4E9", "p"),
    "contraca": ("#56B4E9", "h"),
    "ecmp": ("#D55E00", "s"),
    "hula": ("#009E73", "^"),
    "letflow": ("#CC79A7", "D"),
    "spain": ("#E69F00", "v"),
    "sp": ("#555555", "X"),
    "mu": ("#0072B2", "o"),
    "ca": ("#D55E00", "s"),
    "wp": ("#009E73", "^"),
}
"""Colour and marker of the schemes that the paper or contrac itself has."""
OTHERS = (
    ("#56B4E9", "P"),
    ("#999999", "<"),
    ("#7B4EA3", ">"),
    ("#8C6D31", "d"),
    ("#0072B2", "*"),
    ("#D55E00", "P"),
    ("#009E73", "X"),
)
"""Of the others, in turn."""
LONGEST_NAME = 26
PANEL_WIDTH, PANEL_HEIGHT = 5.2, 3.9
MOST_ACROSS = 2
INCHES_A_SIGN, INCHES_A_LETTER = 0.62, 0.088
"""What an entry of a legend takes besides its letters, and each of them, at the size of the font."""


@dataclass(frozen=True, slots=True)
class Look:
    """Of a scheme."""

    colour: str
    marker: str


def looks(schemes: Sequence[str]) -> dict[str, Look]:
    """The look of each scheme; the same scheme looks the same whatever others there are, as far as colours reach."""
    found: dict[str, Look] = {}
    taken: set[tuple[str, str]] = set()
    for scheme in schemes:
        known = KNOWN.get(plain_scheme(scheme))
        if known and known not in taken:
            found[scheme] = Look(*known)
            taken.add(known)
    free = [pair for pair in OTHERS if pair[0] not in {colour for colour, _ in taken}] or list(OTHERS)
    for number, scheme in enumerate(scheme for scheme in schemes if scheme not in found):
        found[scheme] = Look(*free[number % len(free)])
    return found


def name_text(name: str, longest: int = LONGEST_NAME) -> str:
    """A name for a legend: short, one line, and never taken for an order to matplotlib."""
    text = clean(name)
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    return f" {text}" if text.startswith("_") else text


def panel_title(label: str) -> str:
    """The label of a panel above it, with a capital letter."""
    text = name_text(label, 2 * LONGEST_NAME)
    return text[:1].upper() + text[1:]


@contextmanager
def drawing() -> Iterator[None]:
    """Pictures are drawn and saved within this. A letter that the font lacks is a box, not a warning."""
    with mpl.rc_context(RC), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*[Gg]lyph")
        yield


def picture(name: str, caption: str, figure: Figure) -> Picture:
    """Both files of a figure. The same figure gives the same bytes."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # everything has its place now; finding it again takes as long as drawing
    return Picture(name, caption, _saved(figure, "svg"), _saved(figure, "png"))


def _saved(figure: Figure, kind: str) -> bytes:
    data = BytesIO()
    metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {}
    figure.savefig(data, format=kind, dpi=150, metadata=metadata, facecolor="white")
    return data.getvalue()


def panels(count: int, height: float = PANEL_HEIGHT) -> tuple[Figure, list[Any]]:
    """A figure with so many axes, two beside each other, and room for a legend above."""
    across = min(count, MOST_ACROSS)
    down = -(-count // across)
    width = PANEL_WIDTH * across if across > 1 else PANEL_WIDTH * 1.3
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1, wspace=0.03, hspace=0.05)
    figure = Figure(figsize=(width, height * down + 0.5), layout=layout)
    axes = figure.subplots(down, across, squeeze=False).ravel()
    for unused in axes[count:]:
        unused.set_visible(False)
    for each in axes[:count]:
        each.grid(True, axis="y")
        each.set_axisbelow(True)
    return figure, list(axes[:count])


def legend(
    figure: Figure, schemes: dict[str, Look], *, paper: bool, lost: bool, interval: bool, markers: bool = True
) -> None:
    """One line above all panels: the schemes, and what the other signs mean."""
    handles = [_sign(look, name_text(name), markers) for name, look in schemes.items()]
    if paper:
        handles.append(Line2D([], [], color="#777777", linewidth=1, linestyle=(0, (4, 2)), label="paper, same colour"))
    if interval:
        handles.append(
            Line2D([], [], color="#777777", linestyle="", marker="|", markersize=10, label="95 % confidence")
        )
    if lost:
        handles.append(Line2D([], [], color="#777777", linestyle="", marker="x", label="runs failed or missing"))
    across = _across([handle.get_label() for handle in handles], figure.get_figwidth())
    figure.legend(handles=handles, loc="outside upper left", ncols=across, handlelength=1.9, columnspacing=1.5)


def _across(labels: Sequence[Any], width: float) -> int:
    """How many columns of a legend fit into a width in inches: columns are as wide as the longest of their labels."""
    for count in range(len(labels), 1, -1):
        down = -(-len(labels) // count)
        columns = [labels[i * down : (i + 1) * down] for i in range(count)]
        if sum(INCHES_A_SIGN + INCHES_A_LETTER * max(map(len, each), default=0) for each in columns) <= width:
            return count
    return 1


def _sign(look: Look, label: str, marker: bool) -> Line2D:
    sign = look.marker if marker else ""
    return Line2D([], [], color=look.colour, marker=sign, markersize=5.5, linewidth=1.8, label=label)


def value_axis(axes: Any, low: float, high: float) -> None:
    """From 0 up, or in powers of ten where the values span more than one."""
    if low > 0 and high > 10 * low:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.25, high * 1.35)
        marks = (1.0, 2.0, 5.0) if high < 300 * low else (1.0,)
        axes.yaxis.set_major_locator(LogLocator(base=10, subs=marks, numticks=20))
        axes.yaxis.set_minor_locator(LogLocator(base=10, subs=tuple(range(2, 10)), numticks=60))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    else:
        axes.set_ylim(0, high * 1.08 or 1)


def load_axis(axes: Any, loads: Sequence[float]) -> None:
    """Loads in per cent; no axis where the flows were not made for any load."""
    if not any(loads):
        axes.set_xlim(-0.5, 0.5)
        axes.set_xticks([])
        return
    axes.set_xlabel("load")
    axes.xaxis.set_major_locator(FixedLocator(list(loads) if len(loads) <= 10 else list(loads[:: len(loads) // 9 + 1])))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g} %"))
    room = 0.04 * (max(loads) - min(loads)) or 0.05
    axes.set_xlim(min(loads) - room, max(loads) + room)
