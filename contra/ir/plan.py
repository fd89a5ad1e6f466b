"""The access plan: which cells exist, in which order every packet visits them, and what each visit needs.

The order is one total order for probes and data (hardware rule 1); version, rank and next hop are separate cells
(rule 6); each visit is one read-modify-write (rule 2).
"""

from __future__ import annotations

from dataclasses import dataclass

from contra.ir.model import PIN_BITS, AccessPlan, Cell, Field, Pass, Role, Step, Widths
from contra.options import ProtocolOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInput:
    """What the shape of the plan depends on."""

    role: Role
    widths: Widths
    options: ProtocolOptions
    order_bits: int
    rank_bits: int
    has_best: bool
    measures_load: bool
    order_depth: int
    """Dependent arithmetic steps of the longest order word."""
    rank_depth: int
    hashed_bytes: int
    """Bytes of a probe that its keyed hash is over."""


def access_plan(given: PlanInput) -> AccessPlan:
    """The cells and passes of one role."""
    cells = _cells(given)
    passes = [_measure(given), _decide(given), _hello(given), _forward(given)]
    if given.role is Role.DESTINATION:
        passes.append(_originate(given))
    passes.append(_query(cells))
    return AccessPlan(tuple(cells), tuple(passes))


def _cells(given: PlanInput) -> list[Cell]:
    w = given.widths
    destination = given.role is Role.DESTINATION
    merit = "complement of the order word, so that a cleared cell is the worst"
    time = Field("time", w.clock, "ticks")
    hop = Field("hop", w.hop, "neighbour that data go to; 0 is none")
    next_tag = [Field("tag", w.tag, "tag at that neighbour")] * bool(w.tag)
    pin = (Field("since", PIN_BITS, "when it was pinned, low bits of the clock"), hop, *next_tag)
    key = [Field("tag", w.tag, "tag")] * bool(w.tag) + [Field("pid", w.pid, "probe class")] * bool(w.pid)
    slots = given.options.flowlet_slots.bit_length() - 1
    route = "destination" + " ++ tag" * bool(w.tag) + " ++ pid" * bool(w.pid)
    cells = []
    if destination:
        cells.append(
            Cell("origin_version", "nothing: one slot", 0, (Field("version", w.version, ""),), "last own probe version")
        )
    cells += [
        Cell("fwd_version", route, w.route, (Field("version", w.version, ""),), "newest probe version heard"),
        Cell(
            "fwd_rank",
            route,
            w.route,
            (Field("merit", given.order_bits, merit), Field("round", 1, "parity of the version"), hop, *next_tag),
            "the best probe, its round and where it came from",
        ),
    ]
    if given.has_best:
        cells += [
            Cell(
                "best_route",
                "destination",
                w.destination,
                (Field("merit", given.rank_bits, "complement of the policy rank; 0 is inf: drop"), *key),
                "BestT: the (tag, pid) that new packets take",
            ),
            Cell("best_seen", "destination", w.destination, (time,), "when BestT was last confirmed"),
        ]
    cells += [
        Cell("fwd_seen", route, w.route, (time,), "when the FwdT entry was last refreshed"),
        Cell("fwd_next", route, w.route, (hop, *next_tag), "FwdT: where data go"),
        Cell(
            "flowlet",
            "flow hash",
            slots,
            (Field("live", 1, "slot is in use"), Field("owner", w.route, "FwdT index of its packets"), time),
            "whose flowlet holds the slot, and when it last sent",
        ),
        Cell("flowlet_ttl", "flow hash", slots, (Field("ttl", 8, "largest TTL"),), "LoopT"),
        Cell("flowlet_pin", "flow hash", slots, pin, "FlowletT: where the flowlet goes, and since when"),
        Cell("link_seen", "neighbour", w.neighbours, (time,), "when the neighbour's last probe came"),
    ]
    if given.measures_load:
        load = Field("load", 48, "in 1/2^32 counts")
        cells += [
            Cell("link_time", "neighbour", w.neighbours, (time,), "when the load last decayed", egress=True),
            Cell("link_load", "neighbour", w.neighbours, (load,), "traffic sent to the neighbour", egress=True),
        ]
    return cells


def _measure(given: PlanInput) -> Pass:
    steps = [Step("ingress_port", "table"), *verify_steps(given)]
    if given.measures_load:
        steps.append(Step("link_time", "cell", ("ingress_port",), egress=True))
        steps.append(Step("link_load", "cell", ("link_time",), comparisons=1, egress=True))
        steps.append(Step("add link metrics", "alu", ("link_load",), egress=True))
    else:
        steps.append(Step("add link metrics", "alu", ("ingress_port",), egress=True))
    return Pass("measure", "a probe takes on the metrics of the link it came over", tuple(steps))


def _chain(name: str, depth: int, after: str) -> list[Step]:
    steps = []
    for level in range(max(1, depth)):
        steps.append(Step(f"{name} {level + 1}", "alu", (after,)))
        after = steps[-1].name
    return steps


def _decide(given: PlanInput) -> Pass:
    steps = [
        Step("ingress_port", "table"),
        Step("product_node", "table", ("ingress_port",)),
        *_chain("order word", given.order_depth, "ingress_port"),
        Step("fwd_version", "cell", ("product_node",), comparisons=1, writes=True),
        Step("fwd_rank", "cell", ("fwd_version", f"order word {max(1, given.order_depth)}"), 2, True),
    ]
    last = "fwd_rank"
    if given.has_best:
        steps += [
            Step("policy", "table", ("product_node",)),
            *_chain("rank word", given.rank_depth, "policy"),
            Step("best_route", "cell", ("fwd_rank", f"rank word {max(1, given.rank_depth)}"), 2, True),
            Step("best_seen", "cell", ("best_route",), 1, True),
        ]
        last = "best_seen"
    steps += [
        Step("fwd_seen", "cell", ("fwd_rank", last), 1, True),
        Step("fwd_next", "cell", ("fwd_rank", last), 0, True),
        Step("link_seen", "cell", ("ingress_port",), 0, True),
        *sign_steps(given, last),
    ]
    return Pass("decide", "a probe is accepted and told to the neighbours, or dropped", tuple(steps))


def _hello(given: PlanInput) -> Pass:
    verify = verify_steps(given)
    needed = ("ingress_port", *[step.name for step in verify[-1:]])
    return Pass(
        "hello",
        "a neighbour that has nothing to tell is alive",
        (Step("ingress_port", "table"), *verify, Step("link_seen", "cell", needed, 0, True)),
    )


def _forward(given: PlanInput) -> Pass:
    steps = [Step("ingress_port", "table")]
    start = "ingress_port"
    if given.role is Role.DESTINATION:
        steps.append(Step("destination", "table", ("ingress_port",)))
        steps.append(Step("hosts", "table", ("destination",)))
        start = "destination"
        if given.has_best:
            steps.append(Step("best_route", "cell", ("destination",)))
            start = "best_route"
    steps += [
        Step("fwd_seen", "cell", (start,), 1),
        Step("fwd_next", "cell", (start,)),
        Step("flowlet hash", "alu", (start,)),
        Step("flowlet", "cell", ("flowlet hash",), 2, True),
        Step("flowlet_ttl", "cell", ("flowlet",), 2, True),
        Step("flowlet_pin", "cell", ("flowlet_ttl", "fwd_next", "fwd_seen"), 1, True),
        Step("link_seen", "cell", ("flowlet_pin",), 1),
        Step("hop_port", "table", ("flowlet_pin",)),
    ]
    if given.measures_load:
        steps.append(Step("link_time", "cell", ("hop_port",), 0, True, egress=True))
        steps.append(Step("link_load", "cell", ("link_time",), 1, True, egress=True))
    return Pass("forward", "a data packet follows its flowlet or the best route", tuple(steps))


def _originate(given: PlanInput) -> Pass:
    return Pass(
        "originate",
        "the probe clock starts one probe of each class",
        (
            Step("ingress_port", "table"),
            Step("origin_version", "cell", ("ingress_port",), 0, True),
            *sign_steps(given, "origin_version"),
        ),
    )


def _query(cells: list[Cell]) -> Pass:
    """Of all these cells one: that which the query names."""
    steps = tuple(Step(cell.name, "cell", comparisons=2, egress=cell.egress) for cell in cells)
    return Pass("query", "the control plane reads a slot of one cell", steps)


# ------------------------------------------------------------------------------------------ authentication


def hash_stages(message: int) -> int:
    """Dependent operations of HalfSipHash-2-4 over so many bytes, rotations counted with what follows them.

    A round has 4: two additions and two exclusive ors one after the other, with as many at their side. Before all
    rounds the key is mixed in, before the two of a word that word, and after the last four comes the result.
    """
    words = message // 4 + 1
    return 1 + words * (1 + 2 * 4) + 4 * 4 + 1


def verify_steps(given: PlanInput) -> list[Step]:
    """What an authenticated probe has to pass before anything is done with it."""
    if not given.options.authenticate:
        return []
    return [
        Step("probe_key", "table"),
        Step("hash of the probe", "alu", ("probe_key",), stages=hash_stages(given.hashed_bytes)),
        Step("compare hash", "alu", ("hash of the probe",), comparisons=1),
    ]


def sign_steps(given: PlanInput, last: str) -> list[Step]:
    """The hash of each copy that is sent, after `last`, the last step that a probe waits for."""
    if not given.options.authenticate:
        return []
    depth = hash_stages(given.hashed_bytes)
    return [
        Step("probe_key", "table"),
        Step("hash of the copy", "alu", ("probe_key", last), egress=True, stages=depth),
    ]
