"""What can be wrong with the text of a topology: unreadable, not JSON or XML, not of the expected shape
(CTR0201 to 0215, 0260, 0261).

Titles are format strings; names from the input go through `contra.diagnostics.shown` first.
"""

from __future__ import annotations

from contra.diagnostics import Diagnostic

# ---------------------------------------------------------------- the file as a whole


class Unreadable(Diagnostic):
    """No such file, a folder, no permission."""

    code = "CTR0201"
    title = "cannot read the topology '{name}': {reason}"
    name: str
    reason: str
    hint: str = "give a topology file, or a TopoHub name such as zoo:Abilene"

    def help_texts(self) -> tuple[str, ...]:
        """The hint of the raise site."""
        return (self.hint,)


class TooLarge(Diagnostic):
    """A file that is larger than any network we could compile."""

    code = "CTR0202"
    title = "the topology '{name}' is larger than {limit} MiB"
    helps = ("the largest topologies Contra compiles (10,000 switches) take about 30 MiB: is this the right file?",)
    name: str
    limit: int


class EmptyFile(Diagnostic):
    """Nothing, or nothing but blanks."""

    code = "CTR0203"
    title = "the topology '{name}' is empty"
    helps = ("`contra topo ring 4 -o {name}` writes a small one to start from",)
    name: str


class NotText(Diagnostic):
    """NUL bytes or bytes that are not UTF-8."""

    code = "CTR0204"
    title = "the topology '{name}' is not a text file: {reason}"
    helps = ("topologies are JSON, GraphML or XML text in UTF-8; see docs/topologies.md",)
    name: str
    reason: str


class UnknownFormat(Diagnostic):
    """Neither the ending nor the content tells what it is."""

    code = "CTR0205"
    title = "the topology '{name}' is in no format Contra knows: {found}"
    helps = (
        "expected Contra's JSON, the p4lang tutorials' topology.json, networkx node-link JSON, GraphML, "
        "or the XML of the Contra prototype",
    )
    name: str
    found: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """A hint of the raise site comes first."""
        return ((self.hint,) if self.hint else ()) + self.helps


class XmlSyntax(Diagnostic):
    """Not well-formed XML."""

    code = "CTR0209"
    title = "this is not well-formed XML: {reason}"
    label = "here"
    reason: str


class Doctype(Diagnostic):
    """A document type declaration: entity bombs and outside files come in by it."""

    code = "CTR0210"
    title = "a topology may not have a document type declaration"
    label = "DOCTYPE and ENTITY are refused"
    notes = ("entities can blow a small file up to gigabytes, or pull in other files; topologies need none",)
    helps = ("remove the declaration",)


# ---------------------------------------------------------------- structure


class Hyperedge(Diagnostic):
    """GraphML's edge between more than two nodes."""

    code = "CTR0217"
    title = "a <hyperedge> is no link of a network"
    label = "expected <edge>"
    helps = ("links have two ends: write an <edge> for each pair, or a switch in the middle",)


class WrongType(Diagnostic):
    """A value of another kind than expected."""

    code = "CTR0211"
    title = "{what} must be {expected}, found {found}"
    label = "this is {found}"
    what: str
    expected: str
    found: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The hint of the raise site, if any."""
        return (self.hint,) if self.hint else ()


class UnknownKey(Diagnostic):
    """A key that means nothing here."""

    code = "CTR0212"
    title = "unknown key '{key}' in {where}"
    label = "{near}"
    key: str
    where: str
    near: str = ""
    known: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The known keys."""
        return ((self.hint,) if self.hint else ()) + (f"known keys: {self.known}",)


class MissingKey(Diagnostic):
    """A key that must be there is not."""

    code = "CTR0213"
    title = "{where} has no '{key}'"
    label = "'{key}' is missing here"
    where: str
    key: str
    example: str

    def help_texts(self) -> tuple[str, ...]:
        """An example."""
        return (f"add {self.example}",)


class BadName(Diagnostic):
    """A name that is empty, too long or holds control characters."""

    code = "CTR0215"
    title = "'{name}' cannot be the name of {what}: {reason}"
    label = "not usable as a name"
    helps = ("use a short printable name such as s1 or NewYork",)
    name: str
    what: str
    reason: str


# ---------------------------------------------------------------- TopoHub


class TopohubMissing(Diagnostic):
    """The optional package is not installed."""

    code = "CTR0260"
    title = "'{spec}' comes from TopoHub, which is not installed"
    helps = ("pip install 'contrac[topohub]'",)
    spec: str


class UnknownZooName(Diagnostic):
    """TopoHub has no topology of that name."""

    code = "CTR0261"
    title = "TopoHub has no {what} '{name}'"
    what: str
    name: str
    near: str = ""
    fallback: str

    def help_texts(self) -> tuple[str, ...]:
        """The near name, or what there is."""
        return (self.near or self.fallback,)
