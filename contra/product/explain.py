"""A product graph in words, for `--explain`: which tags switches have, and what each stands for."""

from __future__ import annotations

from collections.abc import Iterator

from contra.product.graph import ProductGraph

_MAX_GROUPS = 12
_MAX_NAMES = 6

_Meaning = tuple[tuple[frozenset[int], int, tuple[int, ...]], ...]


def explain(graph: ProductGraph) -> str:
    """Tags by groups of switches whose tags mean the same. Plain text that ends with a newline."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: ProductGraph) -> Iterator[str]:
    groups: dict[_Meaning, list[str]] = {}
    for switch in graph.topology.switches:
        meaning = tuple((graph.matched[node.state], node.rule, node.pids) for node in graph.nodes_of(switch.index))
        groups.setdefault(meaning, []).append(switch.label)
    if graph.max_tags == 1 and len(groups) == 1:
        yield "Tags: none are needed, each switch has one product node."
        return
    yield f"Tags (product nodes, by the regexes that a path from there matches; at most {graph.max_tags} a switch):"
    ordered = sorted(groups.items(), key=lambda item: (len(item[1]), item[1]))
    for meaning, names in ordered[:_MAX_GROUPS]:
        yield f"  {_names(names)}"
        for tag, (matched, rule, pids) in enumerate(meaning):
            yield f"    tag {tag}: {_matched(graph, matched)}, rule {rule}{_use(graph, rule, pids)}"
        if not meaning:
            yield "    no tag: no usable path starts or passes here"
    if len(ordered) > _MAX_GROUPS:
        yield f"  ... and {len(ordered) - _MAX_GROUPS} more groups of switches; see graph/product.json"


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:_MAX_NAMES])
    return shown if len(names) <= _MAX_NAMES else f"{shown} and {len(names) - _MAX_NAMES} more"


def _matched(graph: ProductGraph, matched: frozenset[int]) -> str:
    texts = [f"`{graph.policy.checked.regexes[index].text}`" for index in sorted(matched)[:3]]
    more = f" and {len(matched) - 3} more" if len(matched) > 3 else ""
    return f"matches {', '.join(texts)}{more}" if texts else "matches no regex"


def _use(graph: ProductGraph, rule: int, pids: tuple[int, ...]) -> str:
    if graph.policy.rules[rule].is_inf:
        return " (inf here: carries probes for switches further on)"
    return f" ({'pid' if len(pids) == 1 else 'pids'} {', '.join(map(str, pids))})"
