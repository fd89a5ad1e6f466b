"""Capacity, queue and latency of an interface, by the kernel's queueing disciplines; how a link is cut.

Each interface has an htb of one class (5:1) with the capacity of the link, and in it a leaf (10:): a queue of packets,
with netem the link's latency too. A cut puts a blackhole in the leaf's place: frames vanish and the interface stays up.
Taking an interface down will not do: simple_switch then stops to receive on all of its ports.

The queue holds 100 ms at the full rate, in full frames, and at least 16. At a switch there are no more than 64 frames,
as many as BMv2 has in a queue of its own: more would fill the send buffer of its socket, and while a socket waits, the
one thread of the switch that sends waits with it, for all ports. At a host, the queue is as long as 100 ms need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from contra.deploy.errors import ToolError
from contra.deploy.network.errors import NotAsWanted
from contra.deploy.network.tools import batch, query, run
from contra.deploy.plan import HostPlan, LinkPlan

HEADER = 14
"""Bytes of Ethernet before what an MTU counts; htb counts them too, and so do our programs."""

QUEUE_S = 0.1
LEAST_PACKETS = 16
MOST_PACKETS = 64

_BURST_S = 0.002
"""How long a class may send at full speed after a pause; two frames at least, or it would never send one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What an interface sends at most, and its queue."""

    interface: str
    capacity: int
    """bit/s"""
    packets: int
    """Room of the queue."""
    frame: int
    """Bytes of the largest frame."""
    latency_ns: int = 0
    """0 where it is not emulated."""


def link_shapes(link: LinkPlan, *, latency: bool) -> tuple[Shape, Shape]:
    """Of the interface at a, and of the one at b."""
    one, other = (
        Shape(
            interface=name,
            capacity=link.capacity,
            packets=queue_packets(link.capacity, link.mtu, MOST_PACKETS),
            frame=link.mtu + HEADER,
            latency_ns=link.link.latency_ns if latency else 0,
        )
        for name in link.interfaces
    )
    return one, other


def host_shapes(row: HostPlan, *, latency: bool) -> tuple[Shape, Shape]:
    """Of the interface of the host, and of the one at its switch."""
    one, other = (
        Shape(
            interface=name,
            capacity=row.capacity,
            packets=queue_packets(row.capacity, row.mtu, most),
            frame=row.mtu + HEADER,
            latency_ns=row.host.latency_ns if latency else 0,
        )
        for name, most in ((row.interface, None), (row.switch_interface, MOST_PACKETS))
    )
    return one, other


def queue_packets(capacity: int, mtu: int, most: int | None) -> int:
    """Room of a queue in packets."""
    wanted = max(LEAST_PACKETS, int(capacity * QUEUE_S) // (8 * (mtu + HEADER)))
    return wanted if most is None else min(most, wanted)


def commands(shape: Shape) -> Iterator[str]:
    """`tc` commands for an interface that has no discipline of its own yet."""
    burst = max(2 * shape.frame, int(shape.capacity * _BURST_S) // 8)
    name = shape.interface
    yield f"qdisc add dev {name} root handle 5: htb default 1"
    yield (
        f"class add dev {name} parent 5: classid 5:1 htb rate {shape.capacity}bit burst {burst} cburst {burst}"
        f" quantum {shape.frame}"
    )
    yield f"qdisc add dev {name} parent 5:1 {_leaf(shape)}"


def cut_command(shape: Shape) -> str:
    """The `tc` command after which an interface sends nothing."""
    return f"qdisc replace dev {shape.interface} parent 5:1 handle 11: blackhole"


def heal_command(shape: Shape) -> str:
    """The `tc` command that takes a cut back."""
    return f"qdisc replace dev {shape.interface} parent 5:1 {_leaf(shape)}"


def shape_all(shapes: Iterable[Shape]) -> None:
    """Shape interfaces of this thread's namespace, and read back that they are. Raises ToolError."""
    rows = list(shapes)
    batch("tc", [line for shape in rows for line in commands(shape)])
    disciplines: dict[str, list[dict[str, Any]]] = {}
    for row in query(["tc", "-json", "qdisc", "show"]):
        disciplines.setdefault(str(row.get("dev")), []).append(row)
    asked = "".join(f"class show dev {shape.interface}\n" for shape in rows)
    classes = run(["tc", "-batch", "-"], given=asked).splitlines() if rows else []
    for shape, answer in zip_longest(rows, classes):
        if shape is not None:
            check(shape, disciplines.get(shape.interface, []), answer or "")


def check(shape: Shape, disciplines: list[dict[str, Any]], classes: str) -> None:
    """Compare what `tc` shows with a shape. Raises ToolError (CTR1237)."""
    leaf = next((row for row in disciplines if row.get("parent") == "5:1"), {})
    kind = "netem" if shape.latency_ns else "pfifo"
    found: dict[str, object] = {
        "the queueing discipline": next((row.get("kind") for row in disciplines if row.get("root")), "none"),
        "the queue": leaf.get("kind", "none"),
        "the room of the queue": leaf.get("options", {}).get("limit", 0),
    }
    wanted: dict[str, object] = {
        "the queueing discipline": "htb",
        "the queue": kind,
        "the room of the queue": room(shape),
    }
    for what, value in wanted.items():
        if found[what] != value:
            problem = NotAsWanted(what=what, interface=shape.interface, wanted=str(value), found=str(found[what]))
            raise ToolError([problem])
    rate = read_rate(classes)
    if not 0 <= shape.capacity - rate <= max(8, shape.capacity // 1000):  # tc prints some digits only
        wanted_rate, found_rate = f"{shape.capacity} bit/s", f"{rate} bit/s"
        problem = NotAsWanted(what="the rate", interface=shape.interface, wanted=wanted_rate, found=found_rate)
        raise ToolError([problem])


_UNITS = {"bit": 1, "Kbit": 10**3, "Mbit": 10**6, "Gbit": 10**9, "Tbit": 10**12}


def read_rate(classes: str) -> int:
    """The rate that `tc class show` prints, in bit/s; 0 where there is none."""
    words = classes.split()
    if "rate" not in words:
        return 0
    text = words[words.index("rate") + 1]
    number = text.rstrip("TGMKbit")
    return int(number) * _UNITS.get(text[len(number) :], 0)


def room(shape: Shape) -> int:
    """Packets that the leaf holds: the queue, and with netem those on their way."""
    return shape.packets + -(-shape.capacity * shape.latency_ns // (8 * 10**9 * shape.frame))


def _leaf(shape: Shape) -> str:
    if shape.latency_ns:
        return f"handle 10: netem delay {shape.latency_ns / 1000:.3f}us limit {room(shape)}"
    return f"handle 10: pfifo limit {shape.packets}"
