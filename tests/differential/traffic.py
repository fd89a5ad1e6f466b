"""Packets for one switch of a build: few origins, tags and flows, so that what comes next meets what came before.

Versions follow the version that was last sent for an origin, metrics come from a handful of values around the places
where orders and thresholds turn, and phases prefer some ports, origins and flows and leave the others to age.
"""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from differential.case import CPU, Packet
from support.single import ARP, IPV4, PROBE, SHIM, Layout, checksum, layouts

IPV6, UNKNOWN_TYPE = 0x86DD, 0x1234
TICK, SEND, QUERY = b"\1", b"\2", b"\3"
HELLO = 2
_STRANGERS = ("192.0.2.1", "255.255.255.255", "224.0.0.251", "10.255.255.1", "0.0.0.0", "192.168.7.8")
_PHASE, _STEADY = 40, 90


@dataclass(frozen=True)
class Setting:
    """What packets can be about at one switch.

    `slots` are those of each cell, `doors` (port, tag) through which probes enter a product node, `addresses` the
    hosts' with their switches.
    """

    probe: Layout
    shim: Layout
    query: Layout
    slots: tuple[int, ...]
    itself: int
    switches: int
    neighbours: tuple[int, ...]
    hosts: tuple[int, ...]
    doors: tuple[tuple[int, int], ...]
    destinations: tuple[int, ...]
    addresses: tuple[tuple[int, str], ...]
    period_us: int

    @property
    def ports(self) -> tuple[int, ...]:
        """All ports, one that leads nowhere, and the control plane's."""
        known = (*self.neighbours, *self.hosts)
        return (*known, max(known) + 1, CPU)


def setting(text: str, runtime: Mapping[str, Any], topology: Any, period_us: int) -> Setting:
    """Read what there is from a program, its entries and the network."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for entry in runtime["table_entries"]:
        rows.setdefault(entry["table"].rpartition(".")[2], []).append(entry)
    hops = {row["action_params"]["port"]: row["match"]["hop"] for row in rows["hop_port"]}
    port_of = {hop: port for port, hop in hops.items()}
    doors = [
        (port_of[row["match"]["hop"]], row["match"].get("tag", 0))
        for row in rows["product_node"]
        if row["match"]["hop"] in port_of
    ]
    itself = rows["identity"][0]["action_params"].get("self", -1) if "identity" in rows else -1
    found = layouts(text)
    return Setting(
        probe=found["probe"],
        shim=found["shim"],
        query=found["query"],
        slots=tuple(map(int, re.findall(r"^register<bit<\d+>>\((\d+)\)", text, re.M))),
        itself=itself,
        switches=len(topology.switches),
        neighbours=tuple(sorted(hops)),
        hosts=tuple(row["match"]["port"] for row in rows["ingress_port"] if row["action_name"].endswith("from_host")),
        doors=tuple(doors),
        destinations=tuple(sorted({row.switch for row in topology.hosts})),
        addresses=tuple((row.switch, str(row.ip)) for row in topology.hosts),
        period_us=period_us,
    )


class Traffic:
    """Makes packets, one after the other."""

    def __init__(self, place: Setting, seed: int, first_version: int) -> None:
        self.place = place
        self.random = random.Random(seed)
        self.version = [first_version & 0xFFFF] * place.switches
        self._origins: Sequence[int] = place.destinations
        self._flows = [self._flow() for _ in range(12)]
        self._phase()

    def packets(self, count: int) -> tuple[Packet, ...]:
        """So many packets with times from 0."""
        made, now = [], 0
        while len(made) < count:
            self._phase()
            steady = self.random.random() < 0.25
            for port, data, gap in self._steady() if steady else self._mixture():
                made.append(Packet(port, data or b"\0", now))
                now += gap
        return tuple(made[:count])

    def _mixture(self) -> Iterator[tuple[int, bytes, int]]:
        """Anything, with gaps of all sizes."""
        for _ in range(_PHASE):
            yield *self._one(), self._gap()

    def _steady(self) -> Iterator[tuple[int, bytes, int]]:
        """One flow without a pause; the neighbour that it is pinned to falls silent, others may speak."""
        probe_port, probe = self._good_probe()
        others = [port for port in self._ports if port != probe_port]
        for _ in range(2):
            yield probe_port, probe, 300
        flow = self._host_data() if self.place.hosts and self.random.random() < 0.5 else self._network_data()
        for number in range(_STEADY):
            if number % 3 == 0 and others:
                self._ports = others
                yield *(self._one() if self.random.random() < 0.5 else self._good_probe()), 500
            yield *flow, self.random.randint(700, 1300)

    # --------------------------------------------------------------------------------------- choices

    def _phase(self) -> None:
        """What the next packets are mostly about."""
        pick = self.random
        self._ports = pick.sample(self.place.neighbours, min(len(self.place.neighbours), pick.choice((2, 3, 9))))
        others = [node for node in self.place.destinations if node != self.place.itself]
        self._origins = pick.sample(others, min(len(others), pick.choice((1, 2, 3))))
        self._some = pick.sample(self._flows, pick.choice((2, 3, 8)))
        self._probes = pick.choice((25, 45, 45, 70))

    def _gap(self) -> int:
        """Microseconds to the next packet: mostly short, now and then past the age of something."""
        period, dice = self.place.period_us, self.random.random()
        if dice < 0.015:
            return int(period * self.random.uniform(1.6, 3.6))
        if dice < 0.06:
            return int(period * self.random.uniform(0.15, 1.4))
        return self.random.randint(200, 900)

    def _one(self) -> tuple[int, bytes]:
        kinds: tuple[tuple[Callable[[], tuple[int, bytes]], int], ...] = (
            (self._good_probe, self._probes),
            (self._bad_probe, 6),
            (self._hello, 5),
            (self._host_data, 25 if self.place.hosts else 4),
            (self._network_data, 25 if self.place.hosts else 46),
            (self._packet_out, 6),
            (self._query, 6),
            (self._noise, 3),
        )
        make = self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        port, data = make()
        dice = self.random.random()
        if dice < 0.03:
            data = data[: self.random.randint(1, len(data))]
        elif dice < 0.05:
            port = self.random.choice(self.place.ports)
        elif dice < 0.06:
            data = self._flipped(data)
        return port, data

    def _flipped(self, data: bytes) -> bytes:
        at = self.random.randrange(min(len(data), 40))
        return data[:at] + bytes([data[at] ^ 1 << self.random.randrange(8)]) + data[at + 1 :]

    # --------------------------------------------------------------------------------------- probes

    def _metrics(self) -> dict[str, int]:
        """Values around which orders, thresholds and saturation turn."""
        values = {}
        for name, bits in self.place.probe.fields:
            if name in ("format", "pass", "origin", "version", "pid", "tag", "reserved"):
                continue
            top = (1 << bits) - 1
            near = {"util": (0, 100, 20000, 39999, 40000, 40001, 50000), "len": (0, 1, 2, 3, 4, 9)}
            few = near.get(name, (0, 1, 10, 50, 51, 1000))
            rare = (top, top - 1, top >> 1, self.random.getrandbits(bits))
            values[name] = min(top, self.random.choice(few if self.random.random() < 0.93 else rare))
        return values

    def _next_version(self, origin: int) -> int:
        """Equal, newer, older, much newer, wrapped, anything, as against the last one sent."""
        newest, dice = self.version[origin], self.random.random()
        steps = ((0.55, 0), (0.78, 1), (0.86, -1), (0.90, 2), (0.93, -3), (0.95, 0x7FFF), (0.97, -0x8000))
        step = next((by for limit, by in steps if dice < limit), self.random.randint(-0x8000, 0x7FFF))
        version = (newest + step) & 0xFFFF
        if step in (1, 2) or self.random.random() < 0.1:
            self.version[origin] = version
        return version

    def _probe(self, port: int, **fields: int) -> tuple[int, bytes]:
        own = {name for name, _ in self.place.probe.fields}
        chosen = {"format": 1, **self._metrics(), **fields}
        if "pid" in own:
            chosen.setdefault("pid", self.random.getrandbits(8))
        body = self.place.probe.pack(**{name: value for name, value in chosen.items() if name in own})
        filler = bytes(max(0, 46 - len(body)))
        return port, self._ethernet(PROBE) + body + (filler if self.random.random() < 0.8 else b"")

    def _good_probe(self) -> tuple[int, bytes]:
        doors = [door for door in self.place.doors if door[0] in self._ports] or self.place.doors
        if not doors or not self._origins:
            return self._bad_probe()
        port, tag = self.random.choice(doors)
        origin = self.random.choice(self._origins)
        return self._probe(port, tag=tag, origin=origin, version=self._next_version(origin))

    def _bad_probe(self) -> tuple[int, bytes]:
        pick, place = self.random, self.place
        origin = pick.choice(self._origins or place.destinations)
        fields = {"origin": origin, "version": self._next_version(origin), "tag": pick.getrandbits(2)}
        port = pick.choice(place.neighbours)
        faults: tuple[dict[str, int], ...] = (
            {"origin": max(0, place.itself)},
            {"origin": pick.choice((place.switches, 15, 16, 17, 0x8000, 0xFFFF))},
            {"tag": pick.getrandbits(8)},
            {"tag": pick.getrandbits(8)},
            {"format": pick.choice((0, 2, 255))},
            {"pass": pick.choice((1, 3, 255))},
            {"reserved": pick.getrandbits(7)},
            {"origin": pick.randrange(place.switches)},
        )
        fault = pick.randrange(len(faults) + 1)
        if fault == len(faults):
            return self._probe(pick.choice((*place.hosts, place.ports[-2], CPU)), **fields)
        return self._probe(port, **(fields | faults[fault]))

    def _hello(self) -> tuple[int, bytes]:
        """What split horizon leaves of a probe: most often of the switch's own."""
        known = [max(0, self.place.itself), *self._origins]
        origin = self.random.choice(known) if self.random.random() < 0.9 else self.random.getrandbits(16)
        fields = {"pass": HELLO, "origin": origin, "version": self.random.getrandbits(16)}
        return self._probe(self.random.choice(self._ports), **fields)

    # --------------------------------------------------------------------------------------- data

    def _ethernet(self, ether_type: int) -> bytes:
        return bytes.fromhex("020000000002020000000001") + ether_type.to_bytes(2, "big")

    def _address(self) -> str:
        """Mostly a host's, sometimes a switch's own, a stranger's, or one that nobody has."""
        place, dice = self.place, self.random.random()
        if dice < 0.75:
            if dice < 0.03 and place.itself >= 0:
                return f"10.0.{place.itself}.1"
            home = place.itself if dice < 0.15 else self.random.choice(self._origins or place.destinations)
            known = [ip for switch, ip in place.addresses if switch == home]
            return self.random.choice(known or [ip for _, ip in place.addresses])
        if dice < 0.93:
            home = self.random.choice((max(0, place.itself), *range(place.switches + 6)))
            return f"10.0.{home}.{self.random.choice((1, 1, 2, 77))}"
        return self.random.choice(_STRANGERS)

    def _flow(self) -> tuple[str, str, int, bytes]:
        ports = self.random.getrandbits(32).to_bytes(4, "big")
        protocol = self.random.choice((17, 17, 6, 6, 1, 132))
        return f"10.0.{self.random.randrange(12)}.2", self._address(), protocol, ports

    def _payload(self) -> tuple[int, bytes]:
        """EtherType and what follows the Ethernet header."""
        dice = self.random.random()
        if dice < 0.12:
            operation = bytes.fromhex("0001080006040001")
            source, target = (socket.inet_aton(self._address()) for _ in range(2))
            return ARP, operation + bytes.fromhex("020000000001") + source + bytes(6) + target
        if dice < 0.15:
            return IPV6, bytes.fromhex("6000000000081140") + bytes(40)
        if dice < 0.17:
            return self.random.choice((UNKNOWN_TYPE, 0x8100, 0)), bytes(30)
        return IPV4, self._ipv4()

    def _ipv4(self) -> bytes:
        pick = self.random
        src, dst, protocol, ports = pick.choice(self._some)
        if pick.random() < 0.3:
            dst = self._address()
        options = pick.choice((b"\1\1\1\0", b"\x94\4\0\0" * 10)) if pick.random() < 0.08 else b""
        fragment = pick.choice((0x2000, 0x2001, 0x0100, 0x1FFF, 0x8000)) if pick.random() < 0.1 else 0
        fragment |= 0x4000 if pick.random() < 0.5 else 0
        fill = bytes([pick.randrange(4)]) * pick.choice(
            (4, 4, 4, 4, 18, 19, 200, 700, 1400, 2100, 5000) if pick.random() < 0.97 else (9000, 16_500)
        )
        head = bytearray(20)
        head[0] = 0x45 + len(options) // 4
        if pick.random() < 0.02:
            head[0] = pick.choice((0x40, 0x44, 0x4F, 0x55, 0x65, 0))
        body = options + ports + fill
        head[2:4] = (20 + len(body)).to_bytes(2, "big")
        head[4:6] = pick.choice((b"\x12\x34", b"\xff\xff", b"\0\0"))
        head[6:8] = fragment.to_bytes(2, "big")
        head[8] = pick.choice((64, 64, 64, 63, 63, 60, 58, 255, 128, 4, 3, 2, 1, 0))
        head[9] = protocol
        head[12:16], head[16:20] = socket.inet_aton(src), socket.inet_aton(dst)
        if pick.random() < 0.95:
            head[10:12] = checksum(bytes(head) + options).to_bytes(2, "big")
        return bytes(head) + body

    def _host_data(self) -> tuple[int, bytes]:
        kind, body = self._payload()
        if self.random.random() < 0.04:
            return self._shim(self.random.choice(self.place.hosts or self.place.neighbours))
        port = self.random.choice(self.place.hosts or (*self.place.ports[-2:-1], CPU))
        return (port, (SEND if port == CPU else b"") + (self._ethernet(kind) + body).ljust(60, b"\0"))

    def _network_data(self) -> tuple[int, bytes]:
        if self.random.random() < 0.04:
            kind, body = self._payload()
            return self.random.choice(self.place.neighbours), (self._ethernet(kind) + body).ljust(60, b"\0")
        return self._shim(self.random.choice(self._ports))

    def _shim(self, port: int) -> tuple[int, bytes]:
        pick, place = self.random, self.place
        kind, inner = self._payload()
        own = dict(place.shim.fields)
        homes = [*self._origins, *self._origins, max(0, place.itself), max(0, place.itself)]
        home = pick.choice(homes) if pick.random() < 0.9 else pick.choice((*range(place.switches + 2), 16, 0xFFFF))
        fields = {
            "format": 1 if pick.random() < 0.97 else pick.getrandbits(8),
            "ttl": pick.choice((64, 63, 62, 60, 60, 59, 55, 50, 255, 3, 2, 1, 0)),
            "destination": home,
            "flow": pick.choice((1, 2, 3, 4, 5, 6, 0x1234, pick.getrandbits(16))),
            "next_type": kind if pick.random() < 0.97 else pick.getrandbits(16),
            "tag": pick.choice([tag for _, tag in place.doors] or [0]) if pick.random() < 0.7 else pick.getrandbits(8),
            "pid": pick.getrandbits(8),
            "reserved": pick.getrandbits(8) if pick.random() < 0.1 else 0,
        }
        body = place.shim.pack(**{name: value for name, value in fields.items() if name in own})
        return port, (self._ethernet(SHIM) + body + inner).ljust(60, b"\0")

    # --------------------------------------------------------------------------------------- the rest

    def _packet_out(self) -> tuple[int, bytes]:
        dice = self.random.random()
        if dice < 0.4:
            return CPU, TICK + bytes(self.random.choice((0, 59, 59)))
        if dice < 0.5:
            return CPU, bytes([self.random.choice((0, 4, 255))]) + bytes(59)
        if dice < 0.6:
            return CPU, SEND + self._good_probe()[1]
        kind, body = self._payload()
        return CPU, SEND + (self._ethernet(kind) + body).ljust(60, b"\0")

    def _query(self) -> tuple[int, bytes]:
        """For a slot mostly, else for one just past the last, far away, or in no cell; now and then from elsewhere."""
        pick, dice = self.random, self.random.random()
        cell = pick.randrange(len(self.place.slots))
        index = pick.randrange(self.place.slots[cell])
        if dice < 0.2:
            index = pick.choice((self.place.slots[cell], 1 << 16, (1 << 31) + index, pick.getrandbits(32)))
        elif dice < 0.3:
            cell = pick.choice((len(self.place.slots), 255, pick.getrandbits(8)))
        value = pick.getrandbits(16) if pick.random() < 0.2 else 0
        body = QUERY + self.place.query.pack(cell=cell, index=index, value=value)
        port = CPU if pick.random() < 0.95 else pick.choice(self.place.ports)
        return port, body + bytes(pick.choice((0, 0, 1, 60)))

    def _noise(self) -> tuple[int, bytes]:
        pick = self.random
        data = pick.randbytes(pick.choice((1, 7, 13, 14, 15, 20, 34, 60)))
        if pick.random() < 0.7:
            kind = pick.choice((PROBE, SHIM, ARP, IPV4)).to_bytes(2, "big")
            data = data[:12] + kind + (b"\1" if pick.random() < 0.7 else b"") + data[14:]
        return pick.choice(self.place.ports), data


def drop_reasons(text: str) -> tuple[str, ...]:
    """The names of the cells of the counter `drops`."""
    return tuple(re.findall(r"^const bit<32> DROP_(\w+) = \d+;", text, re.M))
