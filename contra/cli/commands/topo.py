"""`contra topo`: topologies out of generators or other formats, in our own JSON."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from contra.cli.arguments import Parser, add_link_defaults, add_manner, usage_error, whole
from contra.cli.files import write_result
from contra.cli.frame import OK, USAGE, Console

if TYPE_CHECKING:
    from contra.topology.model import Topology

_MOST = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `contra topo`."""
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True, parser_class=Parser)
    fat_tree = _kind(kinds, "fat-tree", "three layers of K-port switches", _fat_tree)
    fat_tree.add_argument("k", type=whole(2, 256), metavar="K", help="ports of a switch, even")
    fat_tree.add_argument("--hosts-per-edge", type=whole(0, _MOST), metavar="N", help="hosts of an edge switch")
    fat_tree.add_argument("--oversubscription", type=_ratio, metavar="R", default=Fraction(1),
                          help="what hosts may send over what uplinks carry, such as 4 or 3/2 (1)")  # fmt: skip
    leaf_spine = _kind(kinds, "leaf-spine", "every leaf linked with every spine", _leaf_spine)
    leaf_spine.add_argument("leaves", type=whole(1, _MOST), metavar="LEAVES")
    leaf_spine.add_argument("spines", type=whole(1, _MOST), metavar="SPINES")
    leaf_spine.add_argument("--hosts-per-leaf", type=whole(0, _MOST), metavar="N", default=0, help="(0)")
    ring = _kind(kinds, "ring", "a circle of N switches", _ring)
    ring.add_argument("switches", type=whole(1, _MOST), metavar="N")
    grid = _kind(kinds, "grid", "rows and columns", _grid)
    grid.add_argument("rows", type=whole(1, _MOST), metavar="ROWS")
    grid.add_argument("columns", type=whole(1, _MOST), metavar="COLUMNS")
    random = _kind(kinds, "random", "a connected random graph of equal degrees", _random)
    random.add_argument("switches", type=whole(1, _MOST), metavar="N")
    random.add_argument("--degree", type=whole(1, 255), required=True, metavar="D", help="links of a switch")
    random.add_argument("--seed", type=whole(0, 2**32 - 1), default=1, metavar="S", help="same seed, same graph (1)")
    for parser_of_kind in (ring, grid, random):
        parser_of_kind.add_argument("--hosts-per-switch", type=whole(0, _MOST), metavar="N", default=0, help="(0)")
    imported = _kind(kinds, "import", "read any known format: GraphML, node-link, p4lang tutorials, zoo:NAME", _import)
    imported.add_argument("source", metavar="SOURCE", help="file, or a TopoHub name such as zoo:Abilene")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Make the topology and write it."""
    from contra.topology import to_json

    try:
        topology = arguments.make(arguments, console)
    except ValueError as error:
        program = f"contra topo {arguments.kind}"
        usage_error(program, str(error), f"{program}: error: {error}\n", arguments.error_format == "json")
        console.silence()
        return USAGE
    console.show_new()
    write_result(arguments.output, to_json(topology))
    if arguments.output != "-":
        print(f"{arguments.output}: {_sizes(topology)}")
    return OK


def _kind(
    kinds: Any, name: str, text: str, make: Callable[[argparse.Namespace, Console], Topology]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = kinds.add_parser(name, help=text, description=text)
    parser.set_defaults(make=make)
    add_link_defaults(parser)
    add_manner(parser, inner=True)
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where to write, - for stdout (-)")
    return parser


def _links(arguments: argparse.Namespace) -> dict[str, int]:
    """Capacity and latency, where they are given."""
    given = {"capacity": arguments.capacity, "latency_ns": arguments.latency}
    return {name: value for name, value in given.items() if value is not None}


def _fat_tree(arguments: argparse.Namespace, console: Console) -> Topology:
    from contra.topology.generate import fat_tree

    return fat_tree(
        arguments.k,
        hosts_per_edge=arguments.hosts_per_edge,
        oversubscription=arguments.oversubscription,
        **_links(arguments),
    )


def _leaf_spine(arguments: argparse.Namespace, console: Console) -> Topology:
    from contra.topology.generate import leaf_spine

    sizes = (arguments.leaves, arguments.spines)
    return leaf_spine(*sizes, hosts_per_leaf=arguments.hosts_per_leaf, **_links(arguments))


def _ring(arguments: argparse.Namespace, console: Console) -> Topology:
    from contra.topology.generate import ring

    return ring(arguments.switches, hosts_per_switch=arguments.hosts_per_switch, **_links(arguments))


def _grid(arguments: argparse.Namespace, console: Console) -> Topology:
    from contra.topology.generate import grid

    sizes = (arguments.rows, arguments.columns)
    return grid(*sizes, hosts_per_switch=arguments.hosts_per_switch, **_links(arguments))


def _random(arguments: argparse.Namespace, console: Console) -> Topology:
    from contra.topology.generate import random_regular

    sizes = (arguments.switches, arguments.degree, arguments.seed)
    return random_regular(*sizes, hosts_per_switch=arguments.hosts_per_switch, **_links(arguments))


def _import(arguments: argparse.Namespace, console: Console) -> Topology:
    from contra.topology import Defaults, load

    defaults = Defaults(capacity=arguments.capacity, latency_ns=arguments.latency)
    return load(arguments.source, console.reporter, defaults=defaults)


def _ratio(text: str) -> Fraction:
    if len(text) <= 20:
        try:
            ratio = Fraction(text)
        except (ValueError, ZeroDivisionError):
            ratio = Fraction(0)
        if 0 < ratio <= 1000:
            return ratio
    raise argparse.ArgumentTypeError(f"found '{text[:40]}', expected a ratio such as 4 or 3/2, at most 1000")


def _sizes(topology: Topology) -> str:
    from contra.topology.errors import counted

    sizes = (len(topology.switches), "switch"), (len(topology.links), "link"), (len(topology.hosts), "host")
    return ", ".join(counted(number, noun) for number, noun in sizes)
