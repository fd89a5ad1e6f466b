"""What TCP of all hosts of a run is like: every value of it that changes flow completion times."""

from __future__ import annotations

from dataclasses import dataclass

from contra.diagnostics import Reporter, shown
from contra.engine.errors import BadTransport, UnknownCongestionControl
from contra.suggest import nearest

CONGESTION_CONTROLS = ("newreno", "cubic", "dctcp")
"""RFC 5681 with 6582; RFC 9438; RFC 8257."""
HOST_QUEUES = ("fair", "fifo")
US_PER_MINUTE = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """TCP of all hosts of a run. Marks for DCTCP come from the queues: `Settings.mark_packets`."""

    congestion_control: str = "newreno"
    segment_bytes: int = 1460
    """Payload of a full segment: an Ethernet frame of 1514 bytes."""
    initial_window: int = 10
    """Segments (RFC 6928)."""
    slow_start_segments: int = 1
    """By how much one acknowledgement may widen the window in slow start: 1 is RFC 5681, 2 is RFC 3465."""
    limited_transmit: bool = True
    """RFC 3042."""
    window_validation: bool = True
    """A congestion window that is not filled does not grow (RFC 7661, as Linux does it)."""
    min_rto_us: int = 10_000
    """RFC 6298 says a second, for the Internet; data centres use 10 ms or less."""
    initial_rto_us: int = 100_000
    """Before the first round trip is known: longer than one of a continent, shorter than RFC 6298's second."""
    max_rto_us: int = US_PER_MINUTE
    retries: int = 15
    """Time-outs in a row after which a connection gives up (tcp_retries2 of Linux)."""
    delayed_ack_segments: int = 2
    """One acknowledgement for so many segments; 1 acknowledges each (RFC 5681, section 4.2)."""
    delayed_ack_us: int = 500
    """But none waits longer. It has to be well below `min_rto_us`."""
    host_queue: str = "fair"
    """How connections of one host share its link: "fair", they take turns and nothing waits below TCP (Linux with small
    queues and fair queueing); "fifo", all that the windows let out waits in one queue without a limit (ns-3)."""
    send_buffer_bytes: int = 2 << 20
    """What is sent and not acknowledged fits into it."""
    receive_window_bytes: int = 2 << 20
    """A queue of 1000 full frames and what is under way beside it: one flow alone can fill the path."""


_LIMITS = {
    "segment_bytes": (1, 8946),  # a frame of 9000
    "initial_window": (1, 1000),
    "slow_start_segments": (1, 1000),
    "min_rto_us": (1, US_PER_MINUTE),
    "initial_rto_us": (1, US_PER_MINUTE),
    "max_rto_us": (1, 60 * US_PER_MINUTE),
    "retries": (1, 1000),
    "delayed_ack_segments": (1, 1000),
    "delayed_ack_us": (1, US_PER_MINUTE),
    "send_buffer_bytes": (1, 1 << 30),
    "receive_window_bytes": (1, 1 << 30),  # RFC 7323: a scale of 14 at most
}


def check_transport(transport: Transport, reporter: Reporter) -> None:
    """Report all that is wrong with the values (CTR1060, CTR1061)."""
    control = transport.congestion_control
    if control not in CONGESTION_CONTROLS:
        near = nearest(str(control), CONGESTION_CONTROLS)
        said = f", did you mean '{near}'?" if near else ""
        known = ", ".join(CONGESTION_CONTROLS)
        reporter.report(UnknownCongestionControl(name=shown(str(control)), near=said, known=known))
    fine = True
    for name, (least, most) in _LIMITS.items():
        value = getattr(transport, name)
        if type(value) is not int or not least <= value <= most:
            fine = False
            reporter.report(_bad(name, value, f"a whole number from {least} to {most}"))
    if transport.host_queue not in HOST_QUEUES:
        reporter.report(_bad("host_queue", transport.host_queue, "'fair' or 'fifo'"))
    for name in ("limited_transmit", "window_validation"):
        if type(getattr(transport, name)) is not bool:
            reporter.report(_bad(name, getattr(transport, name), "true or false"))
    if fine:
        _check_pairs(transport, reporter)


def _bad(name: str, value: object, wanted: str) -> BadTransport:
    return BadTransport(name=name, value=shown(repr(value)), wanted=wanted)


def _check_pairs(transport: Transport, reporter: Reporter) -> None:
    """Values that have to be larger than others."""
    for small, large in (
        ("segment_bytes", "send_buffer_bytes"),
        ("segment_bytes", "receive_window_bytes"),
        ("min_rto_us", "max_rto_us"),
        ("initial_rto_us", "max_rto_us"),
    ):
        value, least = getattr(transport, large), getattr(transport, small)
        if value < least:
            reporter.report(_bad(large, value, f"at least {small}, {least}"))
    if transport.delayed_ack_us >= transport.min_rto_us and transport.delayed_ack_segments > 1:
        wanted = f"below min_rto_us, {transport.min_rto_us}: else senders time out before they hear"
        reporter.report(_bad("delayed_ack_us", transport.delayed_ack_us, wanted))
