"""Why switches drop packets: names and meanings of the drop counters, in index order."""

from __future__ import annotations

from contra.options import ProtocolOptions

DROP_REASONS: tuple[tuple[str, str], ...] = (
    ("NO_ROUTE", "no live route to the destination, or its rank is inf"),
    ("TTL", "passed too many switches"),
    ("UNKNOWN_TAG", "a probe that enters no product node here"),
    ("PROBE", "a probe of our own, or from an impossible destination"),
    ("UNTAGGED", "neither probe nor shim, from a switch"),
    ("SPOOFED", "a probe or shim from a host"),
    ("UNKNOWN_PORT", "from a port that leads nowhere"),
    ("UNKNOWN_DESTINATION", "an address outside the network"),
    ("UNKNOWN_HOST", "no such host at its switch"),
    ("OFF_POLICY", "arrived with a tag that its destination never gave out"),
    ("QUERY", "a query for a cell or a slot that does not exist"),
)
_UNAUTHENTIC = ("UNAUTHENTIC", "a probe without the keyed hash that it should have, or this switch has no key")


def drop_reasons(options: ProtocolOptions) -> tuple[tuple[str, str], ...]:
    """The reasons that programs made with these options have."""
    return (*DROP_REASONS, _UNAUTHENTIC) if options.authenticate else DROP_REASONS
