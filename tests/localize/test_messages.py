"""What users are told, word for word, in `messages.txt`. After a change: pytest --update-golden, read the diff."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contra.diagnostics import Diagnostic
from contra.localize import errors
from contra.localize.objects import KINDS
from contra.render import render_text
from contra.source import SourceFile

FILE = SourceFile("changes.json", '[\n  {"kind": "lnik", "name": "A:1-B:2", "at": "noon"}\n]\n')


def at(text: str) -> object:
    start = FILE.text.index(text)
    return FILE.span(start, start + len(text))


ALL: tuple[Diagnostic, ...] = (
    errors.BadChanges(
        what="'at' of change 1",
        expected="a time (ISO 8601, or seconds since 1970)",
        found='the text "noon"',
        span=at('"noon"'),
    ),
    errors.UnknownKind(kind="lnik", near="did you mean 'link'?", known=", ".join(KINDS), span=at('"lnik"')),
    errors.UnknownObject(kind="link", name="A:1-B:2", near="did you mean 'A:1-B:1'?", span=at('"A:1-B:2"')),
    errors.ChangesOfTheFuture(changes="3 changes are", object="link A:1-B:1", ahead="1:00:00"),
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
