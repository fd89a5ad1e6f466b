"""What can be wrong with a policy because it is in the .hula dialect."""

from __future__ import annotations

from typing import ClassVar

from contra.diagnostics import Diagnostic


class NeedsCapacity(Diagnostic):
    """The prototype counts bytes; a fraction needs the speed of its links."""

    code: ClassVar[str] = "CTR0132"
    title: ClassVar[str] = "a .hula policy counts bytes: this needs the link speed it was written for"
    label: ClassVar[str] = "a number of bytes, or mixed with one"
    helps: ClassVar[tuple[str, ...]] = (
        "give the speed, as in  --hula-capacity 10Gbit , and the number becomes a fraction of it",
    )


class NotLinearInBytes(Diagnostic):
    """`path.util * path.util` cannot be converted by one factor."""

    code: ClassVar[str] = "CTR0133"
    title: ClassVar[str] = "a product of utilisations has no meaning in bytes"
    label: ClassVar[str] = "more than one factor counts bytes"


class BareRegex(Diagnostic):
    """A regex outside matches() in a .hula file."""

    code: ClassVar[str] = "CTR0134"
    title: ClassVar[str] = "'{name}' stands outside of matches(...)"
    label: ClassVar[str] = "in a .hula file a regex stands inside matches(...)"
    helps: ClassVar[tuple[str, ...]] = ("write  matches({name})  or give the file the ending .ctr",)

    name: str


class ForeignMinimize(Diagnostic):
    """`minimize(...)` in a .hula file."""

    code: ClassVar[str] = "CTR0135"
    title: ClassVar[str] = "'minimize' belongs to the .ctr language"
    label: ClassVar[str] = "a .hula policy is the rank alone"
    helps: ClassVar[tuple[str, ...]] = ("give the file the ending .ctr",)


class NotBindsTighter(Diagnostic):
    """`not a < b` in a .hula file."""

    code: ClassVar[str] = "CTR0136"
    title: ClassVar[str] = "in a .hula file 'not' binds tighter than a comparison"
    label: ClassVar[str] = "this 'not' takes only what stands next to it"
    helps: ClassVar[tuple[str, ...]] = ("write  not (a < b)",)
