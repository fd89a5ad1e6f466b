"""Stories of one switch, as an operator would tell them, and what the diagnosis makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.control import port_key, to_port
from support.stories import OLD, OWN, Story, altered, extra, missing, shadowed

from contra.deploy.control.model import GroupKey
from contra.diagnose.model import Cause, Diagnosis, Sureness
from contra.p4.runtime import Replica
from contra.verify import Status

P = [port_key(number) for number in range(9)]
ALL = {key: to_port(number) for number, key in enumerate(P)}
LAST = {P[7]: to_port(7), P[8]: to_port(8)}
FIRST = {key: content for key, content in ALL.items() if key not in LAST}
GONE = [missing(key, content) for key, content in LAST.items()]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def only(told: Diagnosis) -> tuple[Cause, Sureness]:
    """Of the one verdict there is."""
    (verdict,) = told.verdicts
    assert verdict.switch == "A"
    return verdict.cause, verdict.sureness


def actions(told: Diagnosis) -> list[str]:
    return [each.words.split()[1].rstrip(":") for each in told.verdicts[0].evidence]


# ---------------------------------------------------------------------------------------------- table full


@pytest.mark.parametrize("code", ["RESOURCE_EXHAUSTED", "UNKNOWN"])
def test_full_and_said_so(story: Story, code: str) -> None:
    story.pushed().wrote(FIRST).wrote(LAST, outcome=code)
    story.failed("EXHAUSTED", "CTR1107", table="In.ports", size=7, wanted=9)
    told = story.told(*GONE)
    assert only(told) == (Cause.TABLE_FULL, Sureness.CERTAIN)
    assert told.verdicts[0].table == "In.ports"
    assert "room for 7, 9 wanted" in " ".join(told.verdicts[0].facts)
    assert actions(told) == ["insert", "insert", "failure"]


def test_full_in_a_journal_without_an_end(story: Story) -> None:
    told = story.pushed().wrote(FIRST).wrote(LAST, outcome="UNKNOWN").told(*GONE)
    assert only(told) == (Cause.TABLE_FULL, Sureness.LIKELY)


def test_a_vague_refusal_of_the_first_entry_is_no_full_table(story: Story) -> None:
    told = story.pushed().wrote(LAST, outcome="UNKNOWN").told(*GONE)
    assert only(told) == (Cause.UNKNOWN, Sureness.POSSIBLE)


def test_a_vague_refusal_of_a_change_is_no_full_table(story: Story) -> None:
    story.pushed().wrote(FIRST).wrote(LAST, outcome="UNKNOWN").wrote({P[0]: to_port(5)}, "modify", "UNKNOWN")
    assert only(story.told(*GONE)) == (Cause.UNKNOWN, Sureness.POSSIBLE)


def test_a_busy_switch_is_not_full(story: Story) -> None:
    story.pushed().wrote(LAST, outcome="RESOURCE_EXHAUSTED").failed("EXHAUSTED", "CTR1108")
    assert only(story.told(*GONE))[0] is Cause.UNKNOWN


def test_what_came_after_the_full_table_was_never_tried(story: Story) -> None:
    story.pushed().wrote(FIRST).wrote({P[7]: to_port(7)}, outcome="RESOURCE_EXHAUSTED")
    told = story.failed("EXHAUSTED", "CTR1107", table="In.ports").told(*GONE)
    assert only(told)[0] is Cause.TABLE_FULL
    assert len(told.verdicts[0].findings) == 2


def test_another_refusal_is_shown_as_it_is(story: Story) -> None:
    story.pushed().wrote(FIRST).wrote(LAST, outcome="INVALID_ARGUMENT").failed("REFUSED", "CTR1106")
    told = story.told(*GONE)
    assert only(told)[0] is Cause.UNKNOWN
    assert "refused it: INVALID_ARGUMENT" in " ".join(told.verdicts[0].facts)


# ---------------------------------------------------------------------------------------------- silent switches


def test_a_switch_that_died(story: Story) -> None:
    story.pushed().wrote(FIRST).wrote(LAST, outcome="UNAVAILABLE").event("exit", outcome="-9")
    told = story.failed("GONE", "CTR1110").told(status=Status.UNREACHABLE, reason="nobody listens")
    assert only(told) == (Cause.UNREACHABLE, Sureness.CERTAIN)
    assert actions(told) == ["insert", "exit", "failure"]
    assert "7 were acknowledged, 2 never answered" in " ".join(told.verdicts[0].facts)


def test_a_switch_that_nothing_is_known_of(story: Story) -> None:
    assert only(story.told(status=Status.UNREACHABLE, reason="timed out")) == (Cause.UNREACHABLE, Sureness.LIKELY)


def test_another_program_after_an_end(story: Story) -> None:
    story.pushed().wrote(ALL).applied().event("exit", outcome="1")
    assert only(story.told(status=Status.OTHER_PROGRAM, reason="it runs no program")) == (
        Cause.UNREACHABLE,
        Sureness.CERTAIN,
    )


def test_another_program_without_an_end(story: Story) -> None:
    story.pushed().wrote(ALL).applied()
    assert only(story.told(status=Status.OTHER_PROGRAM))[0] is Cause.UNKNOWN


def test_an_end_before_the_last_filling_is_over(story: Story) -> None:
    story.pushed().wrote(ALL).event("exit", outcome="-9").pushed().wrote(ALL).applied()
    assert only(story.told(*GONE))[0] is Cause.CORRUPTED_ENTRY


@pytest.mark.parametrize("status", [Status.ABSENT, Status.UNREADABLE, Status.EQUAL])
def test_nothing_is_said_of_what_nobody_knows(story: Story, status: Status) -> None:
    assert story.pushed().told(status=status).verdicts == ()


# ---------------------------------------------------------------------------------------------- pushes that broke off


def test_half_a_push(story: Story) -> None:
    story.pushed().wrote(ALL, outcome="UNAVAILABLE").failed("GONE", "CTR1110")
    told = story.told(*GONE)
    assert only(told) == (Cause.PARTIAL_PUSH, Sureness.CERTAIN)
    assert "7 other writes of this push are there" in " ".join(told.verdicts[0].facts)


def test_a_push_that_ended_before_it_came_to_this(story: Story) -> None:
    told = story.pushed().wrote(FIRST, outcome="UNAVAILABLE").failed("GONE", "CTR1110").told(*GONE)
    assert only(told) == (Cause.PARTIAL_PUSH, Sureness.LIKELY)


def test_the_first_push_never_came(story: Story) -> None:
    """There is no older state that the switch could hold."""
    everything = [missing(key, content) for key, content in ALL.items()]
    told = story.pushed().wrote(ALL, outcome="UNAVAILABLE").failed("GONE", "CTR1110").told(*everything)
    assert only(told)[0] is Cause.PARTIAL_PUSH


def test_the_other_half_of_a_change(story: Story) -> None:
    """Of a change from one build to the next a part came, so it is not simply the old one."""
    old = {key: to_port(number, 5) for number, key in enumerate(P)}
    story.of(OLD).pushed().wrote(old).applied().of(OWN).event("apply", switch="")
    story.wrote(ALL, "modify", "DEADLINE_EXCEEDED").failed("TIMEOUT", "CTR1109")
    told = story.told(*(altered(key, ALL[key], old[key]) for key in P[:4]))
    assert only(told)[0] is Cause.PARTIAL_PUSH


# ---------------------------------------------------------------------------------------------- stale revisions


def stale_findings() -> list[object]:
    old = {key: to_port(number, 5) for number, key in enumerate(P)}
    return [altered(key, ALL[key], old[key]) for key in P]


def test_nothing_of_the_new_build_came(story: Story) -> None:
    old = {key: to_port(number, 5) for number, key in enumerate(P)}
    story.of(OLD).pushed().wrote(old).applied().of(OWN).event("apply", switch="")
    story.wrote(ALL, "modify", "UNAVAILABLE").failed("GONE", "CTR1110")
    told = story.told(*stale_findings())
    assert only(told) == (Cause.STALE_REVISION, Sureness.CERTAIN)
    assert "apply" in actions(told)


def test_the_old_build_has_a_journal_of_its_own(tmp_path: Path) -> None:
    old = {key: to_port(number, 5) for number, key in enumerate(P)}
    Story(tmp_path / "one", revision=OLD).pushed().wrote(old).applied()
    story = Story(tmp_path / "two").event("apply", {"from": str(tmp_path / "one")}, switch="")
    told = story.wrote(ALL, "modify", "UNAVAILABLE").failed("GONE", "CTR1110").told(*stale_findings())
    assert only(told) == (Cause.STALE_REVISION, Sureness.CERTAIN)
    assert {each.file.parent.parent.name for each in told.verdicts[0].evidence} == {"one", "two"}


def test_the_new_build_was_never_deployed(story: Story) -> None:
    old = {key: to_port(number, 5) for number, key in enumerate(P)}
    told = story.of(OLD).pushed().wrote(old).applied().told(*stale_findings())
    assert only(told) == (Cause.STALE_REVISION, Sureness.CERTAIN)
    assert OLD in " ".join(told.verdicts[0].facts)


def test_a_new_entry_of_a_build_that_was_never_deployed(story: Story) -> None:
    told = story.of(OLD).pushed().wrote(FIRST).applied().told(*GONE)
    assert only(told)[0] is Cause.STALE_REVISION


def test_an_entry_that_the_new_build_does_not_have_any_more(story: Story) -> None:
    told = story.of(OLD).pushed().wrote(ALL).applied().told(extra(P[8], ALL[P[8]]))
    assert only(told)[0] is Cause.STALE_REVISION


# ---------------------------------------------------------------------------------------------- somebody else


def test_an_entry_that_was_changed_later(story: Story) -> None:
    told = story.pushed().wrote(ALL).applied().told(altered(P[1], to_port(1), to_port(1, 2)))
    assert only(told) == (Cause.CORRUPTED_ENTRY, Sureness.CERTAIN)
    assert actions(told) == ["insert", "applied"]


@pytest.mark.parametrize("proof", ["verify", "up"])
def test_other_proofs_of_what_was_there(story: Story, proof: str) -> None:
    """Journals of before have no line 'applied'."""
    story.pushed().wrote(ALL).event(proof, switch="" if proof == "up" else "A")
    assert only(story.told(*GONE)) == (Cause.CORRUPTED_ENTRY, Sureness.CERTAIN)


def test_an_entry_of_nobody(story: Story) -> None:
    told = story.pushed().wrote(FIRST).applied().told(extra(P[8], to_port(1)))
    assert only(told)[0] is Cause.CORRUPTED_ENTRY


def test_an_entry_that_came_back_after_it_was_deleted(story: Story) -> None:
    told = story.pushed().wrote(ALL).deleted(P[8]).applied().told(extra(P[8], to_port(8)))
    assert only(told)[0] is Cause.CORRUPTED_ENTRY


@pytest.mark.parametrize(("action", "outcome"), [("insert", "ALREADY_EXISTS"), ("modify", "NOT_FOUND")])
def test_a_switch_at_odds_with_itself(story: Story, action: str, outcome: str) -> None:
    """After simple_switch_CLI's table_delete the P4Runtime server of BMv2 still takes the entry for there."""
    story.pushed().wrote(ALL).applied().wrote(LAST, action, outcome).failed("REFUSED", "CTR1106")
    told = story.told(*GONE)
    assert only(told) == (Cause.CORRUPTED_ENTRY, Sureness.LIKELY)
    assert told.verdicts[0].restart


def test_a_switch_that_lost_track_of_its_tables(story: Story) -> None:
    """After simple_switch_CLI's table_add the P4Runtime server of BMv2 refuses to read."""
    story.pushed().wrote(ALL).applied()
    reason = "switch 'A' does not tell what it holds: Table state out-of-sync with target"
    told = story.told(status=Status.UNREACHABLE, reason=reason, code="CTR1112")
    assert only(told) == (Cause.CORRUPTED_ENTRY, Sureness.CERTAIN)
    assert told.verdicts[0].restart


def test_an_entry_that_hides_another(story: Story) -> None:
    story.pushed().wrote(FIRST).applied()
    told = story.told(shadowed(P[1], to_port(1), [P[0], P[8]]), extra(P[8], to_port(1)))
    assert only(told)[0] is Cause.CORRUPTED_ENTRY
    assert len(told.verdicts[0].findings) == 2


def test_an_old_entry_that_hides_another(story: Story) -> None:
    story.of(OLD).pushed().wrote(ALL).applied()
    told = story.told(shadowed(P[1], to_port(1), [P[8]]), extra(P[8], to_port(8)))
    assert only(told)[0] is Cause.STALE_REVISION


def test_an_entry_that_nothing_seems_to_hide(story: Story) -> None:
    told = story.pushed().wrote(ALL).applied().told(shadowed(P[1], to_port(1), [P[2]]))
    assert only(told)[0] is Cause.UNKNOWN


def test_a_group_that_was_changed(story: Story) -> None:
    group = {GroupKey(2): (Replica(1, 1), Replica(2, 1))}
    told = story.pushed().wrote(group).applied().told(altered(GroupKey(2), group[GroupKey(2)], (Replica(1, 1),)))
    assert only(told) == (Cause.CORRUPTED_ENTRY, Sureness.CERTAIN)


# ---------------------------------------------------------------------------------------------- dropped writes


def test_writes_that_were_acknowledged_and_never_seen(story: Story) -> None:
    story.pushed().wrote(ALL)
    for _ in range(6):
        story.wrote(LAST)
    told = story.failed("REFUSED", "CTR1111").told(*GONE)
    assert only(told) == (Cause.DROPPED_WRITES, Sureness.CERTAIN)
    assert actions(told)[-1] == "failure"


def test_acknowledged_and_nobody_looked(story: Story) -> None:
    assert only(story.pushed().wrote(ALL).told(*GONE)) == (Cause.DROPPED_WRITES, Sureness.LIKELY)


def test_a_deletion_that_did_nothing(story: Story) -> None:
    told = story.pushed().wrote(ALL).deleted(P[8]).failed("REFUSED", "CTR1111").told(extra(P[8], to_port(8)))
    assert only(told) == (Cause.DROPPED_WRITES, Sureness.CERTAIN)


# ---------------------------------------------------------------------------------------------- several


def test_two_faults_at_one_switch_and_the_larger_first(story: Story) -> None:
    story.pushed().wrote(FIRST).wrote(LAST, outcome="RESOURCE_EXHAUSTED")
    story.failed("EXHAUSTED", "CTR1107", table="In.ports", size=7, wanted=9)
    told = story.told(*GONE, extra(port_key(20), to_port(1)))
    assert [each.cause for each in told.verdicts] == [Cause.TABLE_FULL, Cause.CORRUPTED_ENTRY]
    assert told.verdicts[0].facts[0].startswith("2 missing of 3 that are wrong")


def test_no_journal_no_cause(story: Story) -> None:
    told = story.told(*GONE)
    assert only(told)[0] is Cause.UNKNOWN
    assert [each.code for each in told.notes] == ["CTR1951"]


def test_a_revision_that_is_neither(story: Story) -> None:
    told = story.of(OLD).pushed().wrote({P[1]: to_port(4)}).applied().told(altered(P[1], to_port(1), to_port(9)))
    assert only(told)[0] is Cause.UNKNOWN
