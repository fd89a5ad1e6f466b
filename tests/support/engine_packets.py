"""Control-plane ports of the embedded engine as a `Transport`, with a line that may lose, double and mix packets."""

from __future__ import annotations

import time
from collections import deque
from random import Random
from threading import Lock

from contra.engine.simulation import Simulation


class EnginePackets:
    """Each packet-out is run through the switch at the network's present time; what it hands up is kept."""

    def __init__(self, simulation: Simulation, random: Random | None = None) -> None:
        self.simulation = simulation
        self._randoms = None if random is None else [Random(random.random()) for _ in simulation.states]
        self.sent = 0
        self.most_waiting = 0
        self._boxes: list[deque[bytes]] = [deque() for _ in simulation.states]
        self._told = 0
        self._lock = Lock()

    def send(self, switch: int, packet: bytes) -> None:
        with self._lock:
            self._send(switch, packet)

    def _send(self, switch: int, packet: bytes) -> None:
        random = None if self._randoms is None else self._randoms[switch]
        self.sent += 1
        if random is not None and random.random() < 0.03:
            return
        network, name = self.simulation.network, self.simulation.topology.switches[switch].name
        network.inject(network.now, name, packet, port=network.plan.cpu_port)
        network.run(network.now)
        heads = [each.head for each in network.journal.controller()][self._told :]
        self._told += len(heads)
        again = random is not None and random.random() < 0.2
        self._boxes[switch].extend(heads * (1 + again))
        if random is not None:
            self._boxes[switch].append(b"\1" + random.randbytes(30))
            random.shuffle(self._boxes[switch])
        self.most_waiting = max(self.most_waiting, len(self._boxes[switch]))

    def receive(self, switch: int, timeout: float) -> bytes | None:
        with self._lock:
            if self._boxes[switch]:
                return self._boxes[switch].popleft()
        time.sleep(min(timeout, 0.001))
        return None
