"""What keeps a scheme from a network (CTR1401 to CTR1409)."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity


class UnknownScheme(Diagnostic):
    """A scheme that we do not have."""

    code = "CTR1401"
    title = "there is no scheme '{scheme}'"
    helps = ("{hint}",)

    scheme: str
    hint: str


class Unreachable(Diagnostic):
    """Pairs of switches that the scheme finds no path for."""

    code = "CTR1402"
    severity = Severity.WARNING
    title = "scheme '{scheme}' finds no path for {pairs} of {total} pairs of switches, such as {source} to {target}"
    notes = ("their packets are dropped where they enter (NO_ROUTE)",)

    scheme: str
    pairs: int
    total: int
    source: str
    target: str


class NotTiers(Diagnostic):
    """A link that no tree of tiers has."""

    code = "CTR1403"
    title = "HULA needs a tree of tiers, and link {link} {problem}"
    label = "no link between neighbouring tiers"
    helps = ("compile another scheme for this network, or give each switch the role of its tier",)

    link: str
    problem: str
    how: str
    others: int
    """Wrong links beside this one."""

    def note_texts(self) -> tuple[str, ...]:
        """How tiers were found, and how wrong the network is."""
        more = f"{self.others} other {'link is' if self.others == 1 else 'links are'} wrong in the same sense"
        return (self.how, more) if self.others else (self.how,)


class TooManyVlans(Diagnostic):
    """More VLANs than a tag can name."""

    code = "CTR1404"
    title = "the paths of all pairs need {found} VLANs, and a tag can name {limit}"
    helps = ("ask for fewer paths a pair than --paths {paths}",)

    found: int
    limit: int
    paths: int
