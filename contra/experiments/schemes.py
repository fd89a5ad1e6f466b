"""`[[scheme]]`: what is compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from contra.diagnostics import CompileError, Reporter, shown
from contra.engine.inputs import read_file
from contra.experiments.constants import check_options, read_constants
from contra.experiments.errors import BadValue
from contra.experiments.form import Section
from contra.experiments.spec import Scheme
from contra.options import SIMULATION, ProtocolOptions
from contra.topology.model import Topology

READY = Path(__file__).parent / "ready"
"""The ready-made experiments and their policies."""
STATIC = frozenset({"shortest-path", "ecmp", "letflow", "spain"})
"""Baselines that take no notice of failures: they are compiled for the network without the links that are down from the
start, as a routing protocol would have reconverged."""
_PLACEHOLDER = re.compile(r"\{([1-9][0-9]?)\}")
_NAME = re.compile(r"[^\s,;\"]([^,;\"\n]{0,58}[^\s,;\"])?")


def read_schemes(top: Section) -> tuple[Scheme, ...]:
    """All schemes; each has a name of its own."""
    usual_table = top.table("options")
    usual = read_constants(usual_table, SIMULATION)
    check_options(usual_table, usual)
    if not top.has("scheme"):
        top.missing("scheme", '[[scheme]] with name = "ECMP" and baseline = "ecmp"')
    found: dict[str, Scheme] = {}
    for section in top.tables("scheme"):
        scheme = _scheme(section, usual)
        if scheme.name in found:
            expected = "a name that no other scheme has"
            span = section.span("name")
            section.report(BadValue(what="'name'", expected=expected, found=f"'{scheme.name}' twice", span=span))
        found[scheme.name] = scheme
    return tuple(found.values())


def _scheme(section: Section, usual: ProtocolOptions) -> Scheme:
    policy, baseline = section.text("policy"), section.text("baseline")
    if bool(policy) == bool(baseline):
        if policy:
            hint = "remove 'policy' or 'baseline'"
            section.wrong("baseline", "left out where there is a policy", baseline, hint)
        else:
            section.missing("policy' or 'baseline", 'policy = "widest-shortest.ctr", or baseline = "ecmp"')
    if baseline:
        known = _baselines()
        if baseline not in known:
            section.unknown("baseline", "baseline", baseline, tuple(known))
    text, name_of_policy = _policy(section, policy) if policy else ("", "")
    name = section.text("name", Path(policy).stem if policy.endswith(".ctr") else baseline)
    if not _NAME.fullmatch(name):
        section.wrong("name", "a name of 1 to 60 characters without commas and quotes", name)
    table = section.table("options")
    options = read_constants(table, usual)
    if table.value:
        check_options(table, options)
    section.finish()
    return Scheme(
        name=name,
        policy=text,
        policy_name=name_of_policy,
        baseline=baseline,
        options=options,
        span=section.span("name") if "name" in section.value else section.place,
    )


def _baselines() -> Mapping[str, str]:
    from contra.baselines import SCHEMES

    return SCHEMES


def _policy(section: Section, policy: str) -> tuple[str, str]:
    """Text and name: of a file beside the experiment, of a shipped one, or the text itself."""
    if "minimize" in policy:
        return policy, " ".join(policy.split())
    for folder in (Path(section.document.file.name).parent, READY):
        try:
            found = (folder / policy).is_file()
        except (OSError, ValueError):
            found = False
        if found:
            try:
                return read_file(folder / policy, "the policy", Reporter()).text, policy
            except CompileError as error:
                for diagnostic in error.diagnostics:
                    section.report(diagnostic)
                return "", policy
    expected = "a file beside the experiment, or the text of a policy: minimize(path.util)"
    missing = BadValue(what="'policy'", expected=expected, found=f"'{shown(policy)}'", span=section.span("policy"))
    section.report(missing)
    return "", policy


def policy_for(scheme: Scheme, topology: Topology) -> str:
    """The policy's text for a network: `{1}` stands for the label of its first switch, `{2}` for the second's."""
    count = len(topology.switches)
    return _PLACEHOLDER.sub(lambda found: topology.switches[(int(found[1]) - 1) % count].label, scheme.policy)
