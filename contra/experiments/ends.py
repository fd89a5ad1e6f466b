"""Who may send to whom: `senders`, `receivers`, `pairs`, `pattern`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from contra.diagnostics import shown
from contra.experiments.errors import NoSuchHost, NoTraffic, TooManyPairs
from contra.experiments.form import Section
from contra.experiments.spec import Ends
from contra.suggest import did_you_mean
from contra.topology.model import Topology
from contra.workload.patterns import PATTERNS, Pattern, random_pairs

_SOME = 6
_MOST = 10_000


def read_ends(top: Section, topology: Topology) -> Ends:
    """The hosts of the experiment; patterns such as `h1_*` are put in place of the hosts that fit."""
    every = tuple(host.label for host in topology.hosts)
    if not every:
        top.report(NoTraffic(reason=f"'{shown(topology.name)}' has no hosts", span=top.span("topology")))
    senders = _hosts(top, "senders", every, topology.name)
    receivers = _hosts(top, "receivers", every, topology.name)
    pairs, count = _pairs(top, every, topology.name)
    kind = top.choice("pattern", tuple(PATTERNS), "pairs" if pairs or count else "random", "pattern")
    if kind == "pairs" and not pairs and not count and not top.has("pairs"):
        top.missing("pairs", 'pairs = [["h1", "h2"]], or pairs = 4 for random ones')
    fan_in = top.whole("fan_in", 1, _MOST, min(8, max(len(senders) - 1, 1)))
    seeded = top.has("pair_seed")
    pair_seed = top.whole("pair_seed", 0, 2**32 - 1, 1)
    if count * 2 > len(every):
        what, span = f"{count} random pairs", top.span("pairs")
        top.report(TooManyPairs(what=what, needed=2 * count, found=len(every), span=span))
    if kind == "incast" and fan_in > len(set(senders) - set(receivers[:1])) and senders:
        what, span = f"{fan_in} senders at a time", top.span("fan_in")
        top.report(TooManyPairs(what=what, needed=fan_in + 1, found=len(senders), span=span))
    if every and len(set(senders)) == len(set(receivers)) == 1 and senders[0] == receivers[0]:
        top.report(NoTraffic(reason=f"'{senders[0]}' is the only sender and receiver", span=top.span("senders")))
    return Ends(
        pattern=kind,
        senders=senders,
        receivers=receivers,
        pairs=pairs,
        random_pairs=count,
        pair_seed=pair_seed if seeded else None,
        fan_in=fan_in,
    )


def pattern_for(ends: Ends, topology: Topology, seed: int) -> Pattern:
    """The pattern of a run: random pairs are drawn."""
    pairs = ends.pairs
    if ends.pattern == "pairs" and ends.random_pairs:
        every = tuple(host.label for host in topology.hosts)
        pairs = random_pairs(every, ends.random_pairs, seed if ends.pair_seed is None else ends.pair_seed)
    if ends.pattern == "pairs":
        senders = tuple(dict.fromkeys(pair[0] for pair in pairs))
        receivers = tuple(dict.fromkeys(pair[1] for pair in pairs))
        return Pattern(kind="pairs", senders=senders, receivers=receivers, pairs=pairs)
    return Pattern(kind=ends.pattern, senders=ends.senders, receivers=ends.receivers, fan_in=ends.fan_in)


def _hosts(top: Section, key: str, every: tuple[str, ...], topology: str) -> tuple[str, ...]:
    """Labels of the hosts that the patterns of a key fit, in the order of the network; all where there is no key."""
    if not top.has(key):
        return every
    wanted = top.texts(key)
    chosen = set()
    for number, each in enumerate(wanted):
        found = [name for name in every if name == each or fnmatchcase(name, each)]
        if not found:
            _no_host(top, key, each, every, topology, number)
        chosen.update(found)
    return tuple(name for name in every if name in chosen)


def _no_host(top: Section, key: str, name: str, every: tuple[str, ...], topology: str, *place: int) -> None:
    near, known = did_you_mean(name, every), ", ".join(every[:_SOME])
    span = top.document.span((*top.path, key, *place))
    top.report(NoSuchHost(name=shown(name), topology=shown(topology), near=near, known=known, span=span))


def _pairs(top: Section, every: tuple[str, ...], topology: str) -> tuple[tuple[tuple[str, str], ...], int]:
    """Fixed pairs, or how many random ones."""
    value = top.raw("pairs")
    if value is None:
        return (), 0
    if type(value) is int:
        return (), top.whole("pairs", 1, _MOST, 0)
    found = top.members("pairs", _is_pair, 'pairs such as ["h1", "h2"]')
    known = set(every)
    for number, pair in enumerate(value if isinstance(value, list) else []):
        if not _is_pair(pair):
            continue
        for place, name in enumerate(pair):
            if name not in known:
                _no_host(top, "pairs", name, every, topology, number, place)
        if pair[0] == pair[1]:
            span = top.document.span((*top.path, "pairs", number))
            top.report(NoTraffic(reason=f"a pair of '{shown(pair[0])}' and itself", span=span))
    return tuple((pair[0], pair[1]) for pair in found), 0


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value)
