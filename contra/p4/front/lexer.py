"""Text -> words: comments, the few preprocessor directives, and the two ambiguities of P4's grammar.

P4_16 cannot be parsed without knowing which names are types (`(a) - b` is a cast or a difference) and which `<` opens
type arguments. Names are types where any declaration of the program makes them so; `<` opens type arguments behind a
word that can have some. Each word is a `Token` whose `type` is a terminal of grammar/p4_16.lark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.p4.front import errors
from contra.p4.front.tree import Annotation, Token
from contra.p4.front.v1model import GENERIC, KNOWN_INCLUDES, REFUSED_WORDS, TYPE_NAMES
from contra.source import SourceFile

MAX_TOKENS = 400_000
MAX_NESTING = 200
_MAX_MACRO_DEPTH = 32
_MAX_DIGITS = 1000

_WORD = re.compile(
    r"""(?P<blank>[ \t\r\n\f\v]+|//[^\n]*|/\*(?s:.*?)\*/)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>[0-9][A-Za-z0-9_]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*")
    |(?P<open>/\*|")
    |(?P<sign>\|\+\||\|-\||&&&|\+\+|<<|>>|\.\.|&&|\|\||==|!=|<=|>=|[-+*/%&|^~!<>=?:;,.(){}\[\]@])
    |(?P<directive>\#(?:[^\n\\]|\\.|\\\n)*)
    |(?P<bad>\S)""",
    re.VERBOSE,
)
_DIGITS = r"(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|0[dD][0-9_]+|[0-9][0-9_]*)"
_NUMBER = re.compile(rf"(?:[0-9]+[ws])?{_DIGITS}")
_DEFINE = re.compile(r"#\s*define\s+([A-Za-z_]\w*)(\(?)[ \t]*(.*)", re.DOTALL)
_INCLUDE = re.compile(r"#\s*include\s*[<\"]([^>\"\n]*)[>\"]\s*(?://.*|/\*.*)?")
_BINARY = frozenset(
    ["|+|", "|-|", "++", "<<", ">>", "&&", "||", "==", "!=", "<=", ">=", "*", "/", "%", "&", "|", "^", "<", ">"]
)
_DECLARE_NEXT = frozenset(("header", "struct", "parser", "control"))
_BEFORE_TYPE = frozenset((";", "}", "{", "", "ANNOTATION"))
_CALL_TYPES = frozenset(("bit", "int", "bool", "error"))

Raw = tuple[str, str, int, int]
"""Kind (a group of the pattern), text, start, end."""


class Lexer:
    """Reads one file. `literals` maps keywords and signs to the grammar's terminals."""

    def __init__(self, source: SourceFile, literals: Mapping[str, str], reporter: Reporter) -> None:
        self.source = source
        self.literals = literals
        self.reporter = reporter
        self.macros: dict[str, list[Raw]] = {}
        self.includes: set[str] = set()
        self.problems = 0
        self.steps = 0
        """Of macro expansion: macros may stand for nothing, a great many times."""
        self.types: set[str] = set()
        """Names of types, once the words are read."""

    def tokens(self) -> list[Token]:
        """All words; raises CompileError where the text is none of P4 or needs what is not supported."""
        raw = self._expanded(self._raw(self.source.text, 0))
        if not self.includes & {"v1model.p4"}:
            self.problem(errors.NoModel(span=self.source.span(0, 0)))
        self.reporter.check()
        self.types = _declared(raw) | TYPE_NAMES
        words = _Classifier(self, raw).tokens()
        self.reporter.check()
        return words

    def problem(self, diagnostic: Diagnostic) -> None:
        """Report; stop at the twentieth."""
        self.reporter.report(diagnostic)
        self.problems += 1
        if self.problems >= 20:
            raise CompileError(self.reporter.diagnostics)

    def _raw(self, text: str, base: int) -> list[Raw]:
        """The words of the text, directives carried out."""
        words: list[Raw] = []
        for match in _WORD.finditer(text):
            kind = match.lastgroup or ""
            if kind == "blank":
                continue
            word = match[0]
            start, end = base + match.start(), base + match.end()
            if kind == "number" and not (_NUMBER.fullmatch(word) and len(word) <= _MAX_DIGITS):
                self._bad_number(word, start, end)
            elif kind == "directive":
                self._directive(word, start)
            elif kind in ("bad", "open"):
                self._bad(word, start)
                if word == "/*":
                    break
            else:
                words.append((kind, word, start, end))
        return words

    def _bad_number(self, word: str, start: int, end: int) -> None:
        reason = "it is too long" if len(word) > _MAX_DIGITS else "the digits do not fit their base"
        shown = word if len(word) <= 40 else f"{word[:37]}..."
        self.problem(errors.BadNumber(found=shown, reason=reason, span=self.source.span(start, end)))

    def _bad(self, word: str, start: int) -> None:
        if word in ("/*", '"'):
            what, closing = ("comment", "*/") if word == "/*" else ("string", '"')
            self.problem(errors.Unclosed(what=what, closing=closing, span=self.source.span(start, start + len(word))))
        else:
            found = f"'{word}'" if word.isprintable() else f"the control character U+{ord(word):04X}"
            self.problem(errors.BadCharacter(found=found, span=self.source.span(start, start + 1)))

    # ------------------------------------------------------------------------------------------ directives

    def _directive(self, text: str, start: int) -> None:
        span = self.source.span(start, start + len(text.rstrip()))
        include = _INCLUDE.fullmatch(text.rstrip())
        if include:
            if include[1] in KNOWN_INCLUDES:
                self.includes |= KNOWN_INCLUDES[include[1]]
            else:
                reason = " for other files than core.p4 and v1model.p4"
                self.problem(errors.Directive(directive="#include", reason=reason, span=span))
            return
        define = _DEFINE.fullmatch(text)
        if define and not define[2]:
            body = define[3].replace("\\\n", "  ")
            self.macros[define[1]] = self._raw(body, start + define.start(3))
            return
        word = re.match(r"#\s*(\w*)", text)
        name = f"#{word[1]}" if word else "#"
        reason = " with parameters" if define else ""
        self.problem(errors.Directive(directive=name, reason=reason, span=span))

    def _expanded(self, raw: list[Raw]) -> list[Raw]:
        if self.macros:
            words: list[Raw] = []
            for word in raw:
                self._expand(word, word[2], word[3], frozenset(), words)
        else:
            words = raw
        if len(words) > MAX_TOKENS:
            self._too_many()
        return words

    def _expand(self, word: Raw, start: int, end: int, active: frozenset[str], into: list[Raw]) -> None:
        """Appends what the word stands for; all of it has the place of the word."""
        kind, text, _, _ = word
        if kind != "name" or text not in self.macros or text in active:
            into.append((kind, text, start, end))
            if len(into) > MAX_TOKENS:
                self._too_many()
            return
        if len(active) >= _MAX_MACRO_DEPTH:
            self._stop(errors.TooDeep(limit=_MAX_MACRO_DEPTH, span=self.source.span(start, end)))
        self.steps += 1
        if self.steps > MAX_TOKENS:
            self._too_many()
        for inner in self.macros[text]:
            self._expand(inner, start, end, active | {text}, into)

    def _too_many(self) -> None:
        self._stop(errors.TooLarge(limit=MAX_TOKENS, what="words", span=self.source.span(0, 0)))

    def _stop(self, diagnostic: Diagnostic) -> None:
        self.reporter.report(diagnostic)
        raise CompileError(self.reporter.diagnostics)


class _Classifier:
    """Gives each raw word its terminal."""

    def __init__(self, lexer: Lexer, raw: list[Raw]) -> None:
        self.lexer = lexer
        self.raw = [*raw, ("end", "", len(lexer.source.text), len(lexer.source.text))]
        self.types = lexer.types
        self.words: list[Token] = []
        self.angles: list[int] = []
        """For each open round bracket (and for none) how many angle brackets are open in it."""

    def tokens(self) -> list[Token]:
        raw, literals, words = self.raw, self.lexer.literals, self.words
        self.angles, position, depth, last = [0], 0, 0, len(self.raw) - 1
        while position < last:
            kind, text, start, end = raw[position]
            if kind == "name":
                words.append(Token(self._name(text, position), text, start, end))
            elif kind == "number":
                words.append(Token("NUMBER", text, start, end))
            elif kind == "string":
                words.append(Token("STRING", text, start, end))
            elif text == "@":
                position = self._annotation(position)
                continue
            elif text in "<>" or (text == ">>" and self.angles[-1]):
                self._angle(text, start, end, position)
            else:
                if text in "([{":
                    depth += 1
                    self.angles.append(0)
                    if depth > MAX_NESTING:
                        self.lexer._stop(errors.TooDeep(limit=MAX_NESTING, span=self.lexer.source.span(start, end)))
                elif text in ")]}":
                    depth -= 1
                    if len(self.angles) > 1:
                        self.angles.pop()
                words.append(Token(_sign(text, literals), text, start, end))
            position += 1
        return words

    def _angle(self, text: str, start: int, end: int, position: int) -> None:
        if text == "<" and self._opens(position):
            self.angles[-1] += 1
            self.words.append(Token("OPEN", text, start, end))
        elif text != "<" and self.angles[-1]:
            for offset in range(len(text)):
                closes = self.angles[-1] > 0
                self.angles[-1] -= closes
                self.words.append(Token("CLOSE" if closes else "BINARY", ">", start + offset, start + offset + 1))
        else:
            self.words.append(Token("BINARY", text, start, end))

    def _opens(self, position: int) -> bool:
        """Whether the `<` begins type arguments."""
        kind, before, _, _ = self.raw[position - 1] if position else ("", "", 0, 0)
        if kind != "name":
            return False
        if before in ("bit", "int") or before in self.types or before in REFUSED_WORDS:
            return True
        following = self.raw[position + 1][1]
        return before in GENERIC and (following in _CALL_TYPES or following in self.types)

    def _name(self, text: str, position: int) -> str:
        """The terminal of a word: a keyword, a type's name or a name."""
        raw = self.raw
        if position and raw[position - 1][1] == "." and raw[position - 1][0] == "sign":
            return "NAME"
        following = raw[position + 1]
        if text in _SOFT and not _SOFT[text](following, raw[min(position + 2, len(raw) - 1)]):
            return "NAME"
        if text in self.lexer.literals:
            return self.lexer.literals[text]
        if text in REFUSED_WORDS:
            construct, instead = REFUSED_WORDS[text]
            span = self.lexer.source.span(*raw[position][2:])
            self.lexer.problem(errors.Unsupported(construct=construct, instead=instead, span=span))
        return "TYPE_NAME" if text in self.types else "NAME"

    def _annotation(self, position: int) -> int:
        """Reads `@name`, `@name(...)` or `@name[...]` as one word; gives the position behind it."""
        raw, source = self.raw, self.lexer.source
        start = raw[position][2]
        kind, name, _, end = raw[position + 1]
        if kind != "name":
            found = f"'{name}'" if name else "the end of the file"
            self.lexer._stop(
                errors.Unexpected(found=found, expected="the name of an annotation", span=source.span(start, end))
            )
        position += 2
        if raw[position][1] not in ("(", "[") or raw[position][0] != "sign":
            self.words.append(Annotation(name, None, start, end))
            return position
        first, depth = position, 0
        while True:
            kind, text, _, end = raw[position]
            if kind == "end":
                span = source.span(start, raw[first][3])
                self.lexer._stop(errors.Unclosed(what="annotation", closing=")", span=span))
            depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
            position += 1
            if not depth:
                break
        body = "".join(text for _, text, _, _ in raw[first + 1 : position - 1])
        self.words.append(Annotation(name, body, start, end))
        return position


_SOFT: dict[str, Callable[[Raw, Raw], bool]] = {
    "apply": lambda following, _: following[1] == "{",
    "key": lambda following, second: following[1] == "=" and second[1] == "{",
    "actions": lambda following, second: following[1] == "=" and second[1] == "{",
    "entries": lambda following, second: following[1] == "=" and second[1] == "{",
    "state": lambda following, second: following[0] == "name" and second[1] == "{",
    "type": lambda following, _: following[0] == "name",
}
"""Words that are keywords in one place only, and names elsewhere: how that place goes on."""


def _sign(text: str, literals: Mapping[str, str]) -> str:
    if text in _BINARY:
        return "BINARY"
    if text in ("+", "-"):
        return "SIGN"
    return "PREFIX" if text in ("!", "~") else literals[text]


def _declared(raw: list[Raw]) -> set[str]:
    """The names that the program declares as types."""
    found: set[str] = set()
    for position, (kind, text, _, _) in enumerate(raw):
        if kind != "name":
            continue
        if text in _DECLARE_NEXT:
            found.add(_following(raw, position))
        elif text in ("typedef", "type"):
            found.add(_last_before(raw, position, ";"))
        elif text == "enum":
            found.add(_last_before(raw, position, "{"))
    return found - {""}


def _following(raw: list[Raw], position: int) -> str:
    return raw[position + 1][1] if position + 1 < len(raw) and raw[position + 1][0] == "name" else ""


def _last_before(raw: list[Raw], position: int, stop: str) -> str:
    """The name just before the next `stop`, which is near."""
    for place in range(position + 1, min(position + 40, len(raw))):
        if raw[place][1] == stop:
            return raw[place - 1][1] if raw[place - 1][0] == "name" else ""
    return ""
