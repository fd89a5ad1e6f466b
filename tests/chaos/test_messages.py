"""What users are told, word for word, in `messages.txt`. After a change: pytest --update-golden, read the diff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contra.chaos import errors
from contra.diagnostics import Diagnostic
from contra.render import render_text

ALL: tuple[Diagnostic, ...] = (
    errors.NothingToBreak(fault="table-full"),
    errors.NotAsCompiled(differing="KSCY (differs), IPLS (unreachable)", build="build"),
    errors.InjectionFailed(fault="corrupt", switch="KSCY", reason="simple_switch_CLI does not find the entry"),
    errors.NotMended(fault="stale", switch="KSCY", reason="the process that holds network 'contra' has ended"),
    errors.NoThriftTool(reason="simple_switch_CLI is not installed"),
    errors.SwitchesSpeakTls(),
    errors.OtherBuildRuns(name="contra", running="/home/me/build", build="other"),
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
