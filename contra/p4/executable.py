"""A P4 program that can run: read, translated, compiled or interpreted, kept in a cache between runs."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from contra.diagnostics import Reporter
from contra.p4 import typed
from contra.p4.code import Code
from contra.p4.state import SwitchState
from contra.p4.tables import Contents
from contra.resources import read_resource
from contra.source import SourceFile

Entry = int | Callable[..., None]
"""A function of the program: an address, or a Python callable (see `contra.p4.abi`)."""


@dataclass(frozen=True)
class Executable:
    """A program ready to run, and what the network has to know of it (`contra.p4.abi`)."""

    program: typed.Program
    code: Code
    compiled: bool
    ingress: Entry
    egress: Entry
    parse: Entry
    reset: Entry
    library: Any

    @property
    def words(self) -> int:
        """Length of the packet header vector."""
        return self.code.words

    @property
    def headers(self) -> tuple[int, int]:
        """Words of the PHV that hold headers, from the first to before the last."""
        return self.code.headers

    @property
    def growth(self) -> int:
        """Bytes by which a packet can grow at most."""
        return self.code.growth

    @property
    def depth(self) -> int:
        """Bytes of a packet that the parser can read at most."""
        return self.code.depth

    @property
    def places(self) -> tuple[str, ...]:
        """Where the faults of strict mode are: file, line, column."""
        return self.code.places

    def new_switch(self, contents: Mapping[str, Contents]) -> SwitchState:
        """The state of a switch that runs this program with these tables, all cleared."""
        return SwitchState(self.code, contents, compiled=self.compiled)


def load(
    source: SourceFile, reporter: Reporter, *, jit: bool = True, strict: bool = False, cache_dir: Path | None = None
) -> Executable:
    """Read and translate a program.

    `jit`: to machine code, else to Python. `strict`: report where P4 leaves behaviour undefined. `cache_dir`: where
    results are kept from run to run; None keeps nothing. Raises CompileError for text outside the subset.
    """
    path = None if cache_dir is None else cache_dir / f"{_key(source, jit=jit, strict=strict)}.p4"
    parts = _read_cache(path)
    if parts is None:
        from contra.p4.front import read
        from contra.p4.lower import lower

        program = read(source, reporter)
        reporter.check()
        code = lower(program, strict=strict)
        parts = (program, code, _machine_code(code) if jit else None)
        _write_cache(path, parts)
    return _executable(*parts, name=source.name)


def _machine_code(code: Code) -> bytes:
    from contra.p4.llvm import module_text
    from contra.p4.machine import compile_object

    return compile_object(module_text(code))


def _executable(program: typed.Program, code: Code, image: bytes | None, name: str) -> Executable:
    names = ("ingress", "egress", "parse", "reset")
    entries: dict[str, Entry]
    if image is None:
        from contra.p4.python import functions

        library: Any = functions(code, f"<{name}>")
        entries = {each: library[each] for each in names}
    else:
        from contra.p4.machine import Library

        library = Library(image)
        entries = {each: library.address(each) for each in names}
    return Executable(program, code, image is not None, **entries, library=library)


# ------------------------------------------------------------------------------------------------ cache

_DIGEST_BYTES = 32
_Parts = tuple[typed.Program, Code, bytes | None]


@cache
def _own_version() -> bytes:
    """A digest of the translator itself: another version of it makes other code."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    digest.update(read_resource("grammar", "p4_16.lark").encode())
    return digest.digest()


def _key(source: SourceFile, *, jit: bool, strict: bool) -> str:
    digest = hashlib.sha256(_own_version())
    digest.update(f"{source.name}\0{source.text}\0{jit}\0{strict}".encode(errors="surrogatepass"))
    if jit:
        import llvmlite

        from contra.p4.machine import processor

        digest.update(f"{llvmlite.__version__} {processor()}".encode())
    return digest.hexdigest()[:40]


def _read_cache(path: Path | None) -> _Parts | None:
    if path is None:
        return None
    try:
        data = path.read_bytes()
        digest, rest = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if hashlib.sha256(rest).digest() != digest:  # machine code that lost a bit would still run
            return None
        parts: _Parts = pickle.loads(rest)
    except Exception:  # missing, cut off or from elsewhere: made anew
        return None
    return parts


def _write_cache(path: Path | None, parts: _Parts) -> None:
    """Written aside and moved into place: a reader sees all of it or nothing. A full disk costs time, not the run."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            data = pickle.dumps(parts, protocol=pickle.HIGHEST_PROTOCOL)
            file.write(hashlib.sha256(data).digest() + data)
        Path(name).replace(path)
    except OSError:
        return
