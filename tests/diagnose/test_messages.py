"""What users are told, word for word, in `messages.txt`. After a change: pytest --update-golden, read the diff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contra.diagnose import errors
from contra.diagnostics import Diagnostic
from contra.render import render_text

JOURNAL = "build/deploy/journal.jsonl"
ALL: tuple[Diagnostic, ...] = (
    errors.NoJournal(path=JOURNAL, reason="does not exist"),
    errors.OtherDeployment(path=JOURNAL, wanted="contra", found="'lab', 'test'", count=412),
    errors.ClockSet(by="back by 1:00:00", before=12, after=13, others=0),
    errors.ClockSet(by="forward by 1 day, 0:00:00", before=12, after=13, others=2),
    errors.ClocksDisagree(taken="2026-01-01T00:00:00Z", relation="begins only at 2026-03-01T08:00:00.000Z"),
    errors.MoreUnreadable(count=12345, path=JOURNAL),
    errors.OtherRevisionLast(found="0123456789ab", own="ba9876543210", build="build"),
)


def test_messages(golden: Callable[[Path, str], None]) -> None:
    golden(Path(__file__).parent / "messages.txt", "\n".join(render_text([each]) for each in ALL))


def test_every_message_is_there() -> None:
    classes = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, Diagnostic) and each is not Diagnostic
    }
    assert {type(each) for each in ALL} == classes
    assert len({each.code for each in classes}) == len(classes)
