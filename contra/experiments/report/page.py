"""A report as one HTML page that works offline: pictures and style are inside."""

from __future__ import annotations

from base64 import b64encode
from html import escape

from contra.experiments.report.document import (
    Block,
    Bullets,
    Callout,
    Code,
    Document,
    Heading,
    Paragraph,
    Picture,
    Table,
    clean,
)

STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 68rem; background: #fff; color: #222;
  font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { margin: 0 0 1rem; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 2.6rem 0 .6rem; padding-top: .8rem; border-top: 1px solid #ddd; font-size: 1.25rem; }
h3 { margin: 1.8rem 0 .4rem; font-size: 1.05rem; }
p, ul { max-width: 48rem; }
nav ul { margin: 0; padding: 0; list-style: none; columns: 2; max-width: 48rem; font-size: .95rem; }
a { color: #0060a0; }
.callout { margin: 1rem 0; padding: .7rem 1rem; border-left: 4px solid #b3261e; background: #fdf2f1; }
.callout.good { border-color: #2e7d4f; background: #f1f8f3; }
.callout ul { margin: .3rem 0 0; padding-left: 1.2rem; }
.scroll { overflow-x: auto; margin: .8rem 0 1.4rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { padding-bottom: .4rem; text-align: left; color: #444; }
th, td { padding: .25rem .8rem; text-align: right; white-space: nowrap; }
th { border-bottom: 1.5px solid #666; font-weight: 600; vertical-align: bottom; }
td { border-bottom: 1px solid #e5e5e5; }
th.name, td.name { text-align: left; white-space: normal; }
tr.marked td { border-top: 1.5px solid #666; font-weight: 600; }
td.lost { color: #b3261e; }
figure { margin: 1rem 0 1.6rem; }
figure img { display: block; width: 100%; height: auto; }
figcaption { max-width: 48rem; color: #444; font-size: .9rem; }
pre { padding: .8rem 1rem; overflow-x: auto; background: #f6f6f4; font: .85rem/1.45 "DejaVu Sans Mono", monospace; }
@media print { body { max-width: none; } h2 { break-after: avoid; } figure, table { break-inside: avoid; } }
"""


def to_html(document: Document) -> str:
    """The whole page."""
    title = _text(document.title)
    body = "\n".join(_block(index, block) for index, block in enumerate(document.blocks))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{title}</h1>\n{_contents(document)}\n{body}\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(clean(text), quote=True)


def _contents(document: Document) -> str:
    """Links to the sections."""
    found = [(i, block) for i, block in enumerate(document.blocks) if isinstance(block, Heading) and block.level == 2]
    rows = "".join(f'<li><a href="#s{index}">{_text(block.text)}</a></li>' for index, block in found)
    return f"<nav><ul>{rows}</ul></nav>" if len(found) > 2 else ""


def _block(index: int, block: Block) -> str:
    match block:
        case Heading(text, level):
            return f'<h{level} id="s{index}">{_text(text)}</h{level}>'
        case Paragraph(text):
            return f"<p>{_text(text)}</p>"
        case Callout(title, items, good):
            rows = f"<ul>{_items(items)}</ul>" if items else ""
            kind = "callout good" if good else "callout"
            return f'<div class="{kind}"><strong>{_text(title)}</strong>{rows}</div>'
        case Bullets(items):
            return f"<ul>{_items(items)}</ul>"
        case Code(text):
            lines = [_text(line) for line in text.rstrip("\n").split("\n")]
            return "<pre>" + "\n".join(lines) + "</pre>"
        case Picture(_, caption, svg, _):
            data = b64encode(svg).decode("ascii")
            image = f'<img alt="{_text(caption)}" src="data:image/svg+xml;base64,{data}">'
            return f"<figure>{image}<figcaption>{_text(caption)}</figcaption></figure>"
        case Table():
            return _table(block)


def _items(items: tuple[str, ...]) -> str:
    return "".join(f"<li>{_text(item)}</li>" for item in items)


def _table(table: Table) -> str:
    caption = f"<caption>{_text(table.caption)}</caption>" if table.caption else ""
    head = "".join(f"<th{_name(i, table)}>{_text(cell)}</th>" for i, cell in enumerate(table.header))
    rows = "".join(
        f"<tr{_marked(number in table.marked)}>{_cells(row, table)}</tr>\n" for number, row in enumerate(table.rows)
    )
    return f'<div class="scroll"><table>{caption}<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>'


def _cells(row: tuple[str, ...], table: Table) -> str:
    return "".join(f"<td{_name(i, table, cell)}>{_text(cell)}</td>" for i, cell in enumerate(row))


def _marked(marked: bool) -> str:
    return ' class="marked"' if marked else ""


def _name(index: int, table: Table, cell: str = "") -> str:
    classes = ["name"] if index < table.names else []
    classes += ["lost"] if cell.startswith("failed") else []
    joined = " ".join(classes)
    return f' class="{joined}"' if joined else ""
