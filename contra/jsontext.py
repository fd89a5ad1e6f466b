"""JSON text -> values, with positions on demand.

Python's own reader does the work; it knows no positions, so when a message needs one, `JsonDocument.span`
walks down to the value by its path, level by level, reading what lies between with the same fast reader.
Hostile text (deep nesting, endless numbers, NaN, keys given twice) gives a message, never an exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from contra.diagnostics import Diagnostic, Label, Reporter, report, shown
from contra.source import SourceFile, Span

Path = tuple[str | int, ...]

_BLANKS = re.compile(r"[ \t\n\r]*")
_TOKENS = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]|-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|-?Infinity|NaN', re.DOTALL
)
_DECODER = json.JSONDecoder()
_DEEP = 100
_MAX_DIGITS = 4000


class JsonSyntax(Diagnostic):
    """Not JSON."""

    code = "CTR0206"
    title = "this is not valid JSON: {reason}"
    label = "{where}"
    reason: str
    where: str = ""
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The hint of the raise site, if any."""
        return (self.hint,) if self.hint else ()


class TooDeep(Diagnostic):
    """Nesting that no file of ours has."""

    code = "CTR0207"
    title = "the file is nested too deeply to be {what}"
    label = "level {depth} opens here"
    helps = ("{what} needs five levels at most",)
    depth: int
    what: str = "a topology"


class BadNumber(Diagnostic):
    """A number of thousands of digits, NaN, Infinity."""

    code = "CTR0208"
    title = "{found} is not a number that {what} can hold"
    found: str
    what: str = "a topology"
    helps = ("write an ordinary decimal number",)


class Duplicate(Diagnostic):
    """The same key or name twice."""

    code = "CTR0214"
    title = "{what} '{name}' appears twice"
    label = "again here"
    helps = ("remove or rename one of the two",)
    what: str
    name: str
    first: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        """The first one."""
        return (Label(self.first, "first here"),) if self.first else ()


class _Repeated(dict[str, Any]):
    """An object some keys of which stand more than once in the text."""

    keys_twice: tuple[str, ...] = ()


Offsets = tuple[int, int]


class _Members:
    """The members of one object or list: read from the text only as far as somebody asked."""

    def __init__(self, text: str, start: int) -> None:
        self._unread = _members_at(text, start)
        self._found: dict[str | int, list[tuple[Offsets, Offsets]]] = {}

    def get(self, step: str | int, all_of_them: bool) -> list[tuple[Offsets, Offsets]]:
        """(key, value) offsets of the members of this key or index; the first alone unless `all_of_them`."""
        if step not in self._found or all_of_them:
            try:
                for name, key, value in self._unread:
                    self._found.setdefault(name, []).append((key, value))
                    if name == step and not all_of_them:
                        break
            except (ValueError, RecursionError, IndexError):
                pass  # the text was read once already; a message with a coarser place is better than none
        return self._found.get(step, [])


@dataclass
class JsonDocument:
    """A file, its value, and where things stand in it."""

    file: SourceFile
    value: Any
    has_repeated_keys: bool = False
    _members: dict[int, _Members] = field(default_factory=dict)

    def span(self, path: Path, *, key: bool = False, which: int = -1) -> Span:
        """The span of the value at a path, or of its key; the nearest enclosing value if there is none.

        `which` selects among members of one key: the last one (which counts) unless said otherwise.
        """
        start = _skip_blanks(self.file.text, 0)
        value: Offsets = (start, start + 1)
        for i, step in enumerate(path):
            last = i == len(path) - 1
            if value[0] not in self._members:
                self._members[value[0]] = _Members(self.file.text, value[0])
            same = self._members[value[0]].get(step, self.has_repeated_keys)
            if not same:
                break
            key_offsets, value = same[which if last else -1]
            if last and key and isinstance(step, str):
                return self.file.span(*key_offsets)
        return self.file.span(*value)


def read_json(file: SourceFile, reporter: Reporter, what: str = "a topology") -> JsonDocument:
    """The value of a JSON file; reports all that is wrong with the text and raises CompileError.

    `what` is the kind of file that was expected, for messages.
    """
    repeated: list[_Repeated] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            result = _Repeated(result)
            seen: set[str] = set()
            result.keys_twice = tuple(dict.fromkeys(k for k, _ in pairs if k in seen or seen.add(k)))  # type: ignore[func-returns-value]
            repeated.append(result)
        return result

    value: Any = None
    try:
        value = json.loads(file.text, object_pairs_hook=collect, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        reporter.report(_syntax(file, error, what))
    except RecursionError:
        reporter.report(_too_deep(file, what))
    except ValueError:
        reporter.report(_bad_number(file, what))
    reporter.check()
    document = JsonDocument(file, value, bool(repeated))
    if repeated:
        _report_repeated(document, reporter)
    return document


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, str):
        return f'the text "{shown(value)}"'
    if isinstance(value, int | float):
        text = repr(value) if isinstance(value, float) or abs(value) < 10**18 else "a huge number"
        return f"the number {text}" if text[0] != "a" else text
    if isinstance(value, list):
        return f"a list of {len(value):,}" if value else "an empty list"
    return "an object"


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def _skip_blanks(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return match.end() if match else position


def _members_at(text: str, start: int) -> Iterator[tuple[str | int, Offsets, Offsets]]:
    """Key or index, key offsets and value offsets of the members of what begins at `start` in valid JSON."""
    is_object = text[start] == "{"
    if not is_object and text[start] != "[":
        return
    position = _skip_blanks(text, start + 1)
    number = 0
    name: str | int
    while text[position] not in "}]":
        name, key = number, (position, position)
        if is_object:
            name, end = scanstring(text, position + 1, False)
            key = (position, end)
            position = _skip_blanks(text, _skip_blanks(text, end) + 1)
        _, end = _DECODER.raw_decode(text, position)
        yield name, key, (position, end)
        number += 1
        position = _skip_blanks(text, end)
        if text[position] == ",":
            position = _skip_blanks(text, position + 1)


def _report_repeated(document: JsonDocument, reporter: Reporter) -> None:
    """Every key that stands twice in an object that counts, with both places."""
    stack: list[tuple[Path, Any]] = [((), document.value)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, _Repeated):
            what = "switch" if path == ("switches",) else "host" if path == ("hosts",) else "key"
            for key in value.keys_twice:
                where = (*path, key)
                report(
                    reporter,
                    Duplicate(
                        what=what,
                        name=shown(key),
                        span=document.span(where, key=True, which=1),
                        first=document.span(where, key=True, which=0),
                    ),
                )
        children = value.items() if isinstance(value, dict) else enumerate(value)
        stack.extend(((*path, k), v) for k, v in children if isinstance(v, dict | list))


def place_of_failure(file: SourceFile, position: int) -> Span:
    """One character, or the end of the text proper where the text ended too early."""
    end = len(file.text.rstrip())
    start = min(position, end)
    return file.span(start, min(start + 1, len(file.text)))


def _syntax(file: SourceFile, error: json.JSONDecodeError, what: str) -> JsonSyntax:
    position = error.pos
    rest = file.text[position:]
    message = error.msg[:1].lower() + error.msg[1:]
    hint = ""
    before = file.text[:position].rstrip()
    if not rest.strip():
        message, hint = "it ends too early", "is the file complete?"
    elif rest[0] in "}]" and before.endswith(","):
        position = len(before) - 1
        message, hint = "a comma before a closing bracket", "remove the comma"
    elif message.startswith("illegal trailing comma"):  # Python 3.13 and later point at the comma
        message, hint = "a comma before a closing bracket", "remove the comma"
    elif rest[0] == "'":
        message, hint = "a single quote", 'JSON texts stand in double quotes: "A"'
    elif rest.startswith(("//", "/*", "#")):
        message, hint = "a comment", "JSON has no comments"
    elif message.startswith("extra data"):
        message = "there is more text after its end"
    elif message.startswith("invalid control character"):
        message, hint = "a line break, tab or control character inside a text", "is a closing quote missing?"
    elif message.startswith("invalid \\"):
        message, hint = "an unknown escape sequence", "a backslash is written \\\\, and other characters as \\u00e9"
    elif message.startswith("expecting value"):
        message = "no value here"
        hint = (
            f"{what} begins with {{"
            if not before
            else "expected an object, a list, a text in double quotes or a number"
        )
    elif message.startswith("unterminated string"):
        message = "a text has no closing quote"
    where = "unexpected end" if not rest.strip() else "here"
    return JsonSyntax(reason=message, where=where, hint=hint, span=place_of_failure(file, position))


def _too_deep(file: SourceFile, what: str) -> TooDeep:
    depth = 0
    for match in _TOKENS.finditer(file.text):
        token = match.group()
        depth += (token in "[{") - (token in "]}") if len(token) == 1 else 0
        if depth > _DEEP:
            return TooDeep(depth=depth, what=what, span=file.span(*match.span()))
    return TooDeep(depth=_DEEP, what=what, span=file.span(0, 1))


def _bad_number(file: SourceFile, what: str) -> BadNumber:
    for match in _TOKENS.finditer(file.text):
        token = match.group()
        digits = token.lstrip("-").isdigit()
        if (token[-1] in "yN" and token[0] != '"') or (digits and len(token) > _MAX_DIGITS):
            found = f"a whole number of {len(token):,} digits" if digits else token
            return BadNumber(
                found=found, what=what, span=file.span(match.start(), min(match.end(), match.start() + 20))
            )
    return BadNumber(found="a huge number", what=what, span=file.span(0, 1))
