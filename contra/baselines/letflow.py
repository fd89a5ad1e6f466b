"""LetFlow (Vanini et al., NSDI 2017): ECMP's next hops, one at random for each flowlet."""

from __future__ import annotations

from dataclasses import replace

from contra.baselines import common
from contra.baselines.ecmp import GROUP_METADATA, Groups, configuration, group_view
from contra.baselines.model import Baseline, SchemeProgram
from contra.emit.constants import FLOWLET_STATES, TIME_TYPE, constant, time_constant
from contra.ir.headers import query_header
from contra.ir.layout import clock
from contra.ir.model import Cell, Clock, Field
from contra.options import ProtocolOptions
from contra.topology.model import Topology

_ABOUT = (
    "Packets follow shortest paths, by number of links, to the switch of their address. Where several next "
    "hops are on shortest paths, each flowlet takes one at random: packets of a flow without a long gap "
    "between them stay together, and slow paths, which make flowlets short, lose traffic to fast ones (Vanini "
    "et al., NSDI 2017). Nothing is added to packets, and no load is measured."
)


def prepare(topology: Topology, options: ProtocolOptions) -> Baseline:
    """The scheme for a network."""
    groups = Groups(topology)
    # Gaps are all that is timed: the tick is as fine as they need it
    ticks = clock(replace(options, probe_period_us=min(options.probe_period_us, options.flowlet_timeout_us)))
    return Baseline(
        scheme="letflow",
        topology=topology,
        options=options,
        clock=ticks,
        program=_program(groups, options, ticks),
        configure=lambda switch: configuration(groups, switch, "letflow"),
        unreachable=groups.ways.unreachable,
    )


def _program(groups: Groups, options: ProtocolOptions, ticks: Clock) -> SchemeProgram:
    reasons = common.drop_reasons("QUERY")
    slot_bits = options.flowlet_slots.bit_length() - 1
    flowlet = Cell(
        "flowlet",
        "hash of the flow",
        slot_bits,
        (
            Field("live", 1, "used since the start"),
            Field("group", 16, "next hops to choose from"),
            Field("member", groups.member_bits, "the one chosen"),
            Field("time", 32, "of the last packet, in ticks"),
        ),
        "where the flowlet goes",
    )
    times = (
        constant("bit<8>", "CLOCK_SHIFT", ticks.shift, f"a tick is {ticks.tick_us} us"),
        time_constant("FLOWLET_TIMEOUT", ticks.flowlet_timeout, ticks, "a gap after which a flow may change its path"),
    )
    return SchemeProgram(
        title="LetFlow switch.",
        about=_ABOUT,
        sections=("locate", "deliver", "live", "hash_member", "route_letflow", "ingress_plain"),
        headers=common.with_query(common.FLOW_HEADERS, query_header([flowlet])),
        metadata=(
            *common.METADATA,
            ("time_t", "now", "when the packet came in, in ticks"),
            *common.FLOW_METADATA,
            *GROUP_METADATA,
        ),
        types=(TIME_TYPE, *groups.types),
        constants=common.constants(
            groups.topology,
            reasons,
            times=times,
            decisions=FLOWLET_STATES,
            flows=True,
            queries=True,
            kinds=("CONTROL",),
        ),
        cells=(flowlet,),
        tables=(*common.tables(groups.topology), *groups.tables),
        drop_reasons=reasons,
        view={
            **group_view(groups),
            "begin_lines": ["meta.now = (time_t) (std.ingress_global_timestamp >> CLOCK_SHIFT);"],
            "slot_bits": slot_bits,
            "slots": options.flowlet_slots,
        },
    )
