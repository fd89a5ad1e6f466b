"""The layering, the size of things, and what an import costs: rules that no reviewer has to remember."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

PACKAGE = Path(__file__).parent.parent / "contra"
MODULES = sorted(PACKAGE.rglob("*.py"))

LAYERS = [
    {"__init__", "source", "diagnostics", "suggest", "resources", "units", "options", "jsontext", "render", "words"},
    {"automata", "topology"},
    {"syntax"},
    {"check"},
    {"analysis", "interp"},
    {"product"},
    {"ir"},
    {"emit"},
    {"baselines"},
    {"p4"},
    {"engine"},
    {"deploy"},
    {"driver", "dump", "doctor"},
    {"workload"},
    {"experiments"},
    {"localize"},
    {"verify"},
    {"diagnose"},
    {"chaos"},
    {"cli", "__main__"},
]
"""Each part may import from its own layer and from those above it in this list."""
RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}

FORBIDDEN = {
    "interp": {"analysis", "automata", "product", "ir", "emit"},
    "p4": {"syntax", "check", "automata", "analysis", "product", "ir", "emit", "topology"},
}
"""What a part may not know, though it lies above. The judge shares no code with what it judges, save the form in which
a checked policy holds its regexes."""

DEPLOY_ONLY = {"grpc", "google", "mininet", "p4", "p4runtime_sh", "thrift"}
PROXIES = {"contra/chaos/proxy.py"}
"""Speaks P4Runtime on both sides."""
LAZY = {"networkx", "jinja2", "topohub", "shtab", "dd"}
"""Never at the top of a module, jinja2 in contra.emit excepted."""


def name(path: Path) -> str:
    return path.relative_to(PACKAGE.parent).as_posix()


def part(path: Path) -> str:
    """The part of the package that a module belongs to: its folder, or its own name at the top."""
    inner = path.relative_to(PACKAGE)
    return inner.parts[0] if len(inner.parts) > 1 else inner.stem


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names of all that is imported, anywhere in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            if node.module == "contra":
                yield from (f"contra.{alias.name}" for alias in node.names)
            else:
                yield node.module


def top_level_imports(tree: ast.Module) -> set[str]:
    """First words of what is imported when the module is."""
    nodes = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return {dotted.split(".")[0] for node in nodes for dotted in imports(node)}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_point_downwards(path: Path) -> None:
    own = part(path)
    assert own in RANK, f"'{own}' has no place in LAYERS"
    for dotted in imports(parsed(path)):
        words = dotted.split(".")
        if words[0] == "contra":
            other = words[1] if len(words) > 1 and words[1] in RANK else "__init__"
            assert RANK[other] <= RANK[own], f"{name(path)} imports {dotted}"
            same_layer = RANK[other] == RANK[own] and other != own and "." not in own
            assert not (same_layer and own in ("automata", "topology")), f"{name(path)} imports {dotted}"


@pytest.mark.parametrize("path", [path for path in MODULES if part(path) in FORBIDDEN], ids=name)
def test_some_parts_are_strangers(path: Path) -> None:
    known = {dotted for dotted in imports(parsed(path)) if dotted.startswith("contra.")} - {"contra.automata.regex"}
    assert not {dotted.split(".")[1] for dotted in known} & FORBIDDEN[part(path)]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_heavy_and_foreign_packages_stay_where_they_belong(path: Path) -> None:
    tree, own = parsed(path), part(path)
    everything = {dotted.split(".")[0] for dotted in imports(tree)}
    assert "scapy" not in everything
    assert own == "deploy" or not everything & DEPLOY_ONLY or name(path) in PROXIES
    assert own == "syntax" or path.parent.name == "front" or "lark" not in everything
    allowed = {"jinja2"} if own == "emit" else set()
    assert not top_level_imports(tree) & (LAZY - allowed)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_only_the_renderer_knows_terminal_codes(path: Path) -> None:
    codes = [
        node.value
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\x1b" in node.value
    ]
    assert not codes or path.name == "render.py"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_stage_prints_or_exits(path: Path) -> None:
    if part(path) in ("cli", "__main__"):
        return
    called = {
        node.func.id
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"print", "exit", "quit", "input", "breakpoint"}
    assert "sys.exit" not in path.read_text(encoding="utf-8")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (n for n in ast.walk(parsed(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_and_functions_are_small(path: Path) -> None:
    assert lines(path) <= 500
    for node in functions(path):
        assert length(node) <= 60, f"{node.name} has {length(node)} lines"


def test_most_modules_and_functions_are_smaller_still() -> None:
    assert median(map(lines, MODULES)) <= 200
    lengths = sorted(length(node) for path in MODULES for node in functions(path))
    assert lengths[len(lengths) * 9 // 10] <= 25


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    inner
                    for inner in node.body
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_")
                )


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_every_public_name_is_documented(path: Path) -> None:
    tree = parsed(path)
    assert ast.get_docstring(tree), "the module says nothing about itself"
    missing = [node.name for node in public(tree) if not ast.get_docstring(node)]
    assert not missing


HEAVY = (
    "lark",
    "jinja2",
    "networkx",
    "topohub",
    "scapy",
    "google.protobuf",
    "grpc",
    "mininet",
    "thrift",
    "dd",
    "scipy",
)


@pytest.mark.parametrize(
    "statement", ["import contra", "from contra.cli.contrac import main; main(['--version'])", "import contra.driver"]
)
def test_importing_costs_little(statement: str) -> None:
    """Nothing heavy is loaded before it is used."""
    program = f"{statement}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert done.stderr.split() == []
