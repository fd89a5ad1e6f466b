"""What a snapshot of a network says, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from contra.deploy.control.desired import Adjustments
from contra.deploy.control.model import Holding
from contra.diagnostics import Diagnostic
from contra.source import SourceFile

SCHEMA = 1
"""Of the form that is written, and read."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a switch could not be read."""

    code: str
    """Of the message (CTRnnnn); empty if the snapshot does not say."""
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a snapshot says about a switch. Neither holding nor failure: it cannot be read there, as the notes say."""

    holding: Holding | None = None
    failure: Failure | None = None
    notes: tuple[Diagnostic, ...] = ()
    """What cannot be read, or is not of this program; the rest is in the holding."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A snapshot, read for a build."""

    file: SourceFile = field(repr=False)
    revision: str
    """Of the build that the network was filled from; empty if the snapshot does not say."""
    taken: str
    """UTC, ISO 8601, as it is written; empty if the snapshot does not say."""
    scale: Fraction
    """Of capacities."""
    adjustments: Adjustments
    """What else the deployment changed in the entries of its build."""
    switches: Mapping[str, Seen]
    """By name; those that the build does not have are left out."""
    strange: tuple[str, ...] = ()
    """Switches that the build does not have."""
    notes: tuple[Diagnostic, ...] = ()
    """What concerns the whole snapshot."""
    network: str = ""
    """Name of the network; empty if the snapshot does not say."""
