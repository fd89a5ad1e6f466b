"""What the kernel can do, tried in a namespace that is thrown away."""

from __future__ import annotations

import threading
from contextlib import suppress

from contra.deploy.errors import ToolError
from contra.deploy.network import namespaces
from contra.deploy.network.tools import PLAIN

_TRIALS = {
    "veth": ["ip link add name one type veth peer name two"],
    "htb": ["tc qdisc add dev lo root handle 5: htb default 1"],
    "netem": ["tc qdisc add dev lo root netem delay 1ms"],
    "blackhole": [
        "tc qdisc add dev lo root handle 5: htb default 1",
        "tc class add dev lo parent 5: classid 5:1 htb rate 1mbit",
        "tc qdisc replace dev lo parent 5:1 handle 11: blackhole",
    ],
}
FEATURES = tuple(_TRIALS)


def features() -> frozenset[str]:
    """Which of FEATURES there are; none where no namespace can be made. Changes nothing."""
    found: set[str] = set()

    def look() -> None:
        with suppress(ToolError):
            for name, commands in _TRIALS.items():
                namespaces.unshare()
                if _works(commands):
                    found.add(name)

    thread = threading.Thread(target=look)  # which takes its namespaces along when it ends
    thread.start()
    thread.join()
    return frozenset(found)


def _works(commands: list[str]) -> bool:
    try:
        for command in commands:
            PLAIN.run(command.split())
    except ToolError:
        return False
    return True
