"""What users read when state cannot be had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contra.deploy.state import errors
from contra.diagnostics import Diagnostic
from contra.render import render_text

GOLDEN = Path(__file__).parent / "golden" / "messages.txt"
MESSAGES: list[Diagnostic] = [
    errors.SwitchSilent(switch="KSCY", way="over Thrift", reason="Connection refused"),
    errors.BadAnswer(switch="KSCY", way="over Thrift", reason="its answer is not Thrift (TProtocolException)"),
    errors.NoSuchCell(switch="KSCY", cell="fwd_next", problem="has no state of the name"),
    errors.NoSuchCell(switch="KSCY", cell="fwd_next", problem="has another number of slots in"),
    errors.TooWide(switch="KSCY", cell="fwd_rank", bits=81, limit=63),
    errors.NoQueries(switch="KSCY", program="transit"),
    errors.QueriesLost(switch="KSCY", cell="fwd_next", lost=3, asked=64, tries=4),
    errors.NoThrift(),
]


def test_messages(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN, render_text(MESSAGES))


def test_all_of_them_are_here_with_codes_of_their_own() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Diagnostic)]
    kinds = [each for each in kinds if each.__module__ == errors.__name__]
    assert {type(each) for each in MESSAGES} == set(kinds)
    codes = [each.code for each in kinds]
    assert len(set(codes)) == len(codes)
    assert all(code.startswith("CTR13") for code in codes)
