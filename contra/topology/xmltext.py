"""XML text -> a small tree with positions.

Works on expat itself: it reports byte offsets, and refuses document type declarations as soon as one
begins, before any entity is defined, so that no entity is ever expanded. The tree is built without
recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from contra.diagnostics import Reporter, shown
from contra.jsontext import TooDeep, place_of_failure
from contra.source import SourceFile, Span
from contra.topology.format_errors import Doctype, XmlSyntax

_DEEP = 100
_LONGEST_TEXT = 1000
_TAG_END = re.compile(r"""(?:[^"'>]|"[^"]*"|'[^']*')*+>?""")


@dataclass(slots=True)
class Element:
    """An element: its tag without namespace, where its start tag begins (in bytes of UTF-8), and its
    content.
    """

    tag: str
    attributes: dict[str, str]
    offset: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> Iterator[Element]:
        """The children of one tag."""
        return (child for child in self.children if child.tag == tag)

    def walk(self) -> Iterator[Element]:
        """This element and all below, in document order."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))


class _Stop(Exception):
    """Ends the parse after something was reported."""


class _Builder:
    def __init__(self, file: SourceFile, reporter: Reporter) -> None:
        self.file = file
        self.reporter = reporter
        self.data = file.text.encode("utf-8", "replace")
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.stack: list[Element] = []
        self.root: Element | None = None

    def parse(self) -> Element | None:
        try:
            self.parser.Parse(self.data, True)
        except _Stop:
            pass
        except expat.ExpatError as error:
            start = char_offset(self.data, self.parser.ErrorByteIndex)
            reason = expat.ErrorString(error.code) or "unknown error"
            if self.stack and error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]:
                reason = f"it ends before <{shown(self.stack[-1].tag)}> is closed"
            self.reporter.report(XmlSyntax(reason=reason, span=place_of_failure(self.file, start)))
        return self.root

    def _here(self, length: int) -> Span:
        start = char_offset(self.data, self.parser.CurrentByteIndex)
        return self.file.span(start, start + length)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(_local(tag), attributes, self.parser.CurrentByteIndex)
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)
        if len(self.stack) > _DEEP:
            self.reporter.report(TooDeep(depth=_DEEP + 1, span=self._here(1)))
            raise _Stop

    def _end(self, _tag: str) -> None:
        self.stack.pop()

    def _text(self, text: str) -> None:
        element = self.stack[-1]
        if len(element.text) < _LONGEST_TEXT:
            element.text += text[:_LONGEST_TEXT]

    def _doctype(self, *_: object) -> None:
        # expat is somewhere within the declaration by now.
        start = char_offset(self.data, self.data.rfind(b"<!DOCTYPE", 0, self.parser.CurrentByteIndex + 9))
        self.reporter.report(Doctype(span=self.file.span(start, start + len("<!DOCTYPE"))))
        raise _Stop


@dataclass
class XmlDocument:
    """A file, its tree, and where elements stand in it."""

    file: SourceFile
    root: Element

    def find(self, element: Element, attribute: str = "") -> tuple[int, int]:
        """Character offsets of an element's start tag, or of one attribute's value in it."""
        text = self.file.text
        start = element.offset if text.isascii() else char_offset(text.encode("utf-8", "replace"), element.offset)
        match = _TAG_END.match(text, start)
        end = match.end() if match else start + 1
        if attribute:
            value = re.compile(rf"""\s{re.escape(attribute)}\s*=\s*(?:"([^"]*)"|'([^']*)')""").search(text, start, end)
            if value:
                return value.span(1 if value.group(1) is not None else 2)
        return start, end

    def span(self, element: Element, attribute: str = "") -> Span:
        """The same as a span."""
        return self.file.span(*self.find(element, attribute))


def read_xml(file: SourceFile, reporter: Reporter) -> XmlDocument:
    """The tree of an XML file; reports what is wrong with the text and raises CompileError."""
    root = _Builder(file, reporter).parse()
    reporter.check()
    if root is None:
        reporter.report(XmlSyntax(reason="no element found", span=file.span(0, 1)))
        reporter.check()
        raise AssertionError("unreachable: check() raised")
    return XmlDocument(file, root)


def char_offset(data: bytes, offset: int) -> int:
    """The character offset that belongs to a byte offset of UTF-8 text."""
    return len(data[: max(0, offset)].decode("utf-8", "ignore"))


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]
