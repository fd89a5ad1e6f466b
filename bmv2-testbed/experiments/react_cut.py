"""A link is cut under a flow, and mended: how soon packets arrive by another way, and when the link is used again."""

from __future__ import annotations

import time
from typing import Any

from experiments.moves import Sighting, coming, leaving, sightings
from experiments.net import Net
from experiments.options import Options
from experiments.reactions import probing, reaction
from experiments.traffic import receivers, senders

SOURCE, TARGET = "hB", "hD"
REPEATS = 5
CUT_S, WHOLE_S = 4.0, 4.0
_BEFORE_S = 0.2


def measure(net: Net, options: Options) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Cut and mend the link between two neighbours, several times, while packets go over it."""
    repeats = options.repeats or REPEATS
    link = net.switch_of[SOURCE], net.switch_of[TARGET]
    name = next(row["name"] for row in net.status["links"] if set(row["name"].split("-")) == set(link))
    file = options.out / "captures" / "react-cut.pcapng"
    seconds, begun = repeats * (CUT_S + WHOLE_S + 2.0) + 30, time.time()
    with receivers(net), net.captured(file), senders(net, probing(net, SOURCE, TARGET, seconds)) as running:
        for _ in range(repeats):
            time.sleep(WHOLE_S)
            net.do("fail", name)
            time.sleep(CUT_S)
            net.do("heal", name)
        time.sleep(WHOLE_S)
        running.stop()
    cuts = [when for when, _ in net.events("link_down", begun)]
    mended = [when for when, _ in net.events("link_up", begun)]
    return _rows(net, sightings(net.build, file), link, list(zip(cuts, mended, strict=True)))


def _rows(
    net: Net, seen: list[Sighting], link: tuple[str, str], cuts: list[tuple[float, float]]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found = []
    for cut, mended in cuts:
        left = leaving(seen, link, cut, mended, _BEFORE_S)
        again = coming(seen, link, mended, mended + WHOLE_S)
        found.append({"cut": cut, "mended": mended, "other_way_s": left.first, "back_s": again, "flows": left.there})
    away = [row["other_way_s"] for row in found if row["other_way_s"] is not None]
    back = [row["back_s"] for row in found if row["back_s"] is not None]
    times = {"times": len(found)}
    rows = [
        reaction(
            {"event": "cut", "what": "first packet by another way", **times, "done": len(away)},
            away, net, 4 * net.period_s,
        ),
        reaction(
            {"event": "heal", "what": "first packet over the link again", **times, "done": len(back)},
            back, net, 4 * net.period_s,
        ),
    ]  # fmt: skip
    return rows, {"link": link, "cuts": found}
