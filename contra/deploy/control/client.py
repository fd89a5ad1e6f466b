"""What the control plane asks of a switch, whatever library carries it: requests, answers and how they fail.

`p4runtime.connect` makes a `Client`; nothing else knows of gRPC or protobuf, so another library takes its place by
making one too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Event
from typing import Protocol

from contra.deploy.control.model import Holding, Update
from contra.deploy.control.names import Names


class Kind(Enum):
    """What kept a request from being served."""

    UNREACHABLE = "unreachable"
    """Nobody answers at the address, or not in the way we speak (TLS)."""
    NOT_PRIMARY = "not primary"
    """Another controller may write, we may not."""
    WRONG_DEVICE = "wrong device"
    """Somebody answers, but for another device id."""
    WRONG_PIPELINE = "wrong pipeline"
    """The switch runs no program, or not ours; or it refuses ours."""
    REFUSED = "refused"
    """The switch understood and said no."""
    EXHAUSTED = "exhausted"
    """The switch has no room or no time for more."""
    TIMEOUT = "timeout"
    """No answer in time; whether the request was carried out is not known."""
    DIED = "died"
    """The connection broke; whether the request was carried out is not known."""
    GONE = "gone"
    """The connection broke, and it or what the switch held could not be had back."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One update of a batch that was not carried out. `code` is a name of google.rpc.Code, as ALREADY_EXISTS."""

    update: Update
    code: str
    message: str


class SwitchError(Exception):
    """A request to a switch failed.

    `refusals` names updates that were not carried out, where the switch tells (REFUSED and EXHAUSTED); all others of
    the batch were.
    """

    def __init__(self, kind: Kind, message: str, *, code: str = "", refusals: Sequence[Refusal] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code or kind.name
        self.refusals = tuple(refusals)


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates, PEM files: the authority that signed the switches', and our own where they want to see one."""

    authority: Path
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Longest times to wait."""

    connect_s: float = 15.0
    """Until a switch that is being started has taken us as its controller."""
    pipeline_s: float = 60.0
    request_s: float = 20.0
    look_s: float = 5.0
    """Until a switch that is only looked at has told its program: one that is stuck does not tell even that."""
    retry_s: float = 0.05
    """Between two attempts to connect, and the first pause before a request is tried again (doubled each time)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a switch is reached, and as what."""

    target: str
    """HOST:PORT, or unix:PATH."""
    device_id: int
    election_id: int = 1
    tls: Tls | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Pipeline:
    """A program as it is pushed: what `p4runtime.load_pipeline` made of the two files by p4c."""

    names: Names
    cookie: int
    """64 bits of a hash of both files: two switches with one cookie run the same program."""
    config: bytes
    """The message as it goes over the wire."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a switch says about its program; all None if it has none."""

    names: Names | None
    cookie: int | None


PacketSink = Callable[[bytes], None]
"""Takes a packet-in: header and payload. Called on the connection's own thread: must not wait, nor raise."""


class Client(Protocol):
    """A connection to one switch. Every method raises SwitchError, and ends within its deadline."""

    def running(self, within_s: float | None = None) -> Running:
        """The program that the switch runs. `within_s`: a deadline other than that of requests."""

    def push(self, pipeline: Pipeline) -> None:
        """Replace the program; the switch forgets all entries and all state."""

    def write(self, updates: Sequence[Update]) -> None:
        """Carry out a batch of updates, in order."""

    def read(self) -> Holding:
        """All that the switch holds, but for what its program makes constant."""

    def counter(self, name: str) -> list[int]:
        """Packets counted by an indirect counter, by index."""

    def packet_out(self, data: bytes) -> None:
        """Send a packet into the switch, its packet_out header in front. Does not wait, and is not confirmed."""

    def alive(self) -> SwitchError | None:
        """None while we are the switch's controller, else what ended that."""

    def close(self) -> None:
        """End the connection; may be called twice."""


Connect = Callable[[Address, Names, PacketSink, Deadlines, Event], Client]
"""Makes a `Client`; the names are those of the program that is to run. Gives up early once the event is set."""
