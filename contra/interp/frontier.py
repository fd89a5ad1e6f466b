"""The least ranks of a network, for networks with too many walks to look at each.

Of two walks from the same source to the same switch, with the same left to match of every regex, one is as good as the
other if none of its metrics is worse: whatever follows, that stays so, and a monotone policy ranks by metrics so that
worse ones never rank better. So of each such place only the metrics that no others beat are followed. The assumption is
that of `contra.interp.search`, which looks at every walk; the two have to agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from contra.check.model import AttributeInfo, CheckedPolicy, Combine
from contra.interp.network import Edge, Network
from contra.interp.rank import INF, Rank, evaluate
from contra.interp.regex import Left, accepts, after

_State = tuple[str, tuple[Left, ...]]
_Values = tuple[Fraction, ...]
"""The metrics of a walk, in the order of the policy's attributes."""


def least_ranks(
    policy: CheckedPolicy,
    network: Network,
    sources: Sequence[str] | None = None,
    destinations: Sequence[str] | None = None,
) -> Mapping[tuple[str, str], Rank]:
    """The least rank of every ordered pair of different switches, or of the switches named."""
    sources = network.switches if sources is None else sources
    destinations = network.switches if destinations is None else destinations
    return {(a, b): least_rank(policy, network, a, b) for a in sources for b in destinations if a != b}


def least_rank(policy: CheckedPolicy, network: Network, source: str, destination: str) -> Rank:
    """The least rank from a switch to another; INF where there is no compliant walk."""
    start = _read(source, tuple(frozenset({each.regex}) for each in policy.regexes))
    kept: dict[_State, list[_Values]] = {}
    pending: list[tuple[_State, _Values | None]] = [(start, None)]
    while pending:
        state, values = pending.pop()
        if values is not None and values not in kept[state]:
            continue  # beaten since
        for edge in network.out_of[state[0]]:
            reached = _read(edge.target, state[1])
            longer = _extended(policy.attributes, values, edge)
            if _keep(policy.attributes, kept.setdefault(reached, []), longer) and edge.target != destination:
                pending.append((reached, longer))
    return min(
        (
            _rank(policy, values, left)
            for (switch, left), found in kept.items()
            if switch == destination
            for values in found
        ),
        default=INF,
    )


def _read(switch: str, left: tuple[Left, ...]) -> _State:
    return switch, tuple(after(each, switch) for each in left)


def _extended(attributes: Sequence[AttributeInfo], values: _Values | None, edge: Edge) -> _Values:
    """The metrics of a walk and one more edge."""
    own = [edge.value(attribute.name) for attribute in attributes]
    if values is None:
        return tuple(own)
    return tuple(_joined(each.combine, a, b) for each, a, b in zip(attributes, values, own, strict=True))


def _joined(combine: Combine, one: Fraction, other: Fraction) -> Fraction:
    match combine:
        case Combine.SUM:
            return one + other
        case Combine.MAX:
            return max(one, other)
        case Combine.MIN:
            return min(one, other)


def _keep(attributes: Sequence[AttributeInfo], known: list[_Values], new: _Values) -> bool:
    """Add metrics to those known of a place, unless they are beaten; drop those that they beat."""
    if any(_as_good(attributes, old, new) for old in known):
        return False
    known[:] = [old for old in known if not _as_good(attributes, new, old)]
    known.append(new)
    return True


def _as_good(attributes: Sequence[AttributeInfo], one: _Values, other: _Values) -> bool:
    """Whether no metric of one is worse; of what combines by minimum, more is better."""
    return all(
        a >= b if each.combine is Combine.MIN else a <= b for each, a, b in zip(attributes, one, other, strict=True)
    )


def _rank(policy: CheckedPolicy, values: _Values, left: tuple[Left, ...]) -> Rank:
    matched = frozenset(each.index for each, rest in zip(policy.regexes, left, strict=True) if accepts(rest))
    return evaluate(policy, dict(zip((each.name for each in policy.attributes), values, strict=True)), matched)
