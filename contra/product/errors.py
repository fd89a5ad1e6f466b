"""What can be wrong with policy and topology together, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from contra.analysis.model import AnalysedPolicy
from contra.diagnostics import Diagnostic, Label, Severity

SHOWN = 5
"""How many pairs, switches or regexes a message names."""


class RegexTooLargeError(Diagnostic):
    """The automaton of one regex exceeds the caps of `contra.automata`."""

    code: ClassVar[str] = "CTR0501"
    title: ClassVar[str] = "this regex needs an automaton of more than 20000 states"
    label: ClassVar[str] = "read from the destination backwards, every switch would have to remember too much"
    notes: ClassVar[tuple[str, ...]] = (
        "most often the reason is a switch at a fixed distance from the source of a path of any length: in "
        "'. . . . A .*' each further '.' before the A doubles the number of states",
    )
    helps: ClassVar[tuple[str, ...]] = ("shorten the run of '.', or name the switches that it stands for",)

    text: str


class RegexesMultiplyError(Diagnostic):
    """Each regex is small enough, together they are not."""

    code: ClassVar[str] = "CTR0502"
    title: ClassVar[str] = "the {count} regexes of this policy together need more than 20000 states"
    label: ClassVar[str] = "{states} states by itself"
    notes: ClassVar[tuple[str, ...]] = (
        "a path has to remember where it stands in every regex at once, so the numbers of states multiply",
    )
    helps: ClassVar[tuple[str, ...]] = (
        "join regexes that lead to the same rank with '+', or drop the ones that matter least",
    )

    count: int
    states: int
    others: tuple[Label, ...] = ()

    @staticmethod
    def of(policy: AnalysedPolicy, sizes: Sequence[int]) -> RegexesMultiplyError:
        """Names the largest automata first."""
        regexes = policy.checked.regexes
        largest = sorted(regexes, key=lambda regex: (-sizes[regex.index], regex.index))[:SHOWN]
        labels = tuple(Label(r.span, f"{sizes[r.index]} states by itself") for r in largest)
        return RegexesMultiplyError(
            span=labels[0].span, count=len(regexes), states=sizes[largest[0].index], others=labels[1:]
        )

    def secondary(self) -> tuple[Label, ...]:
        """The next largest regexes."""
        return self.others


class GraphTooLargeError(Diagnostic):
    """Automaton and topology are fine, their product is not."""

    code: ClassVar[str] = "CTR0503"
    title: ClassVar[str] = "the product of policy and topology has more than {limit} edges"
    label: ClassVar[str] = "{states} states for {switches} switches"
    notes: ClassVar[tuple[str, ...]] = (
        "every switch needs one tag for each thing that its regexes make a path remember; {switches} switches with "
        "{links} links were to be combined with {states} such states",
    )
    helps: ClassVar[tuple[str, ...]] = ("use fewer or simpler regexes, or a smaller topology",)

    limit: int
    states: int
    switches: int
    links: int


class UnreachablePairsWarning(Diagnostic):
    """Some sources have no compliant path to some destinations that others do reach."""

    code: ClassVar[str] = "CTR0504"
    severity: ClassVar[Severity] = Severity.WARNING
    title: ClassVar[str] = "no compliant path between {count}{more} of {total} pairs of switches"
    label: ClassVar[str] = "drops them"
    helps: ClassVar[tuple[str, ...]] = ("if this is not meant, give those paths a rank other than inf",)

    count: int
    total: int
    pairs: tuple[tuple[str, str], ...]
    """(source, destination) labels, the first few."""
    path: tuple[str, ...] = ()
    """A shortest path between the first pair, which the clause at `span` forbids; empty if there is none."""
    more: str = ""
    """" more" where CTR0505 has told of others."""

    def note_texts(self) -> tuple[str, ...]:
        """The first pairs, and a path that one would have expected to be allowed."""
        named = ", ".join(f"{source} to {target}" for source, target in self.pairs)
        more = self.count - len(self.pairs)
        notes = [f"from {named}{f' and {more} more' if more else ''}: traffic is dropped at the source"]
        if self.path:
            notes.append(f"for example, the path {' '.join(self.path)} ranks inf")
        return tuple(notes)

    def data(self) -> dict[str, Any]:
        """The pairs as lists."""
        return {"count": self.count, "pairs": [list(pair) for pair in self.pairs], "path": list(self.path)}


class UnreachableDestinationsWarning(Diagnostic):
    """Destinations that no source has a compliant path to."""

    code: ClassVar[str] = "CTR0505"
    severity: ClassVar[Severity] = Severity.WARNING
    label: ClassVar[str] = "drops all traffic to {them}"
    helps: ClassVar[tuple[str, ...]] = ("if this is not meant, give some path to {them} a rank other than inf",)
    title: ClassVar[str] = "nobody can reach {subject}"

    count: int
    total: int
    names: tuple[str, ...]
    """The first few, by label."""
    path: tuple[str, ...] = ()

    @property
    def _subject(self) -> str:
        if self.count == 1:
            return f"destination '{self.names[0]}'"
        return f"{self.count} of {self.total} destinations"

    def _fields(self) -> dict[str, Any]:
        them = "it" if self.count == 1 else "them"
        return {**super()._fields(), "subject": self._subject, "them": them}

    def note_texts(self) -> tuple[str, ...]:
        """The names, and a path that one would have expected to be allowed."""
        notes = []
        if self.count > 1:
            more = self.count - len(self.names)
            notes.append(f"they are {', '.join(self.names)}{f' and {more} more' if more else ''}")
        if self.path:
            notes.append(f"for example, the path {' '.join(self.path)} ranks inf")
        return tuple(notes)

    def data(self) -> dict[str, Any]:
        """The names as a list."""
        return {"count": self.count, "destinations": list(self.names), "path": list(self.path)}


class NothingReachableWarning(Diagnostic):
    """No pair at all has a compliant path."""

    code: ClassVar[str] = "CTR0506"
    severity: ClassVar[Severity] = Severity.WARNING
    title: ClassVar[str] = "this policy allows no path at all in this topology"
    label: ClassVar[str] = "every path between two switches ranks inf"
    notes: ClassVar[tuple[str, ...]] = ("all traffic between switches is dropped",)
    helps: ClassVar[tuple[str, ...]] = ("give the paths that are meant to be used a rank other than inf",)


class RegexNeverMatchesWarning(Diagnostic):
    """A regex that no walk to a destination matches: a misspelt path, or a link that is not there."""

    code: ClassVar[str] = "CTR0507"
    severity: ClassVar[Severity] = Severity.WARNING
    title: ClassVar[str] = "no path of this topology matches the regex"
    label: ClassVar[str] = "never true"

    text: str
    unlinked: tuple[tuple[str, str], ...] = ()
    """Neighbours in the regex that are not neighbours in the topology."""
    not_destinations: tuple[str, ...] = ()
    """Switches at the end of the regex that have no host, where the topology has hosts."""

    def note_texts(self) -> tuple[str, ...]:
        """The reasons, where they are simple."""
        notes = [f"there is no link between {a} and {b}" for a, b in self.unlinked]
        notes += [f"no path ends at {name}: it has no host" for name in self.not_destinations]
        return tuple(notes)

    def help_texts(self) -> tuple[str, ...]:
        """What to do."""
        return ("a regex matches the whole path, from source to destination: write '.*' where more may follow",)

    def data(self) -> dict[str, Any]:
        """The reasons, as lists."""
        return {"unlinked": [list(pair) for pair in self.unlinked], "not_destinations": list(self.not_destinations)}
