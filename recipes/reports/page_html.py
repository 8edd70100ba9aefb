"""Sections of a page as one HTML file: styles and pictures are inside.

Names of classes, columns and files are data: they are escaped wherever they are shown.
"""

from collections.abc import Iterable
from typing import Any

from recipes.reports.page import (
    Bar,
    Cell,
    Code,
    Effect,
    Gallery,
    Histogram,
    Section,
    Sentences,
    Table,
    Tint,
    WeightedText,
    cell_text,
)
from recipes.reports.page_figures import (
    HTML_ITEMS,
    escaped,
    html_histogram,
    html_weighted,
)

LONG = 24  # characters of a cell that needs a wide column
STYLE = """
:root {
  --ground: #fff; --text: #1c2127; --soft: #5c6670; --rule: #d9dee3; --panel: #f5f7f9;
  --accent: #2f6fb3; --warning: #8a4b00; --warned: #fff4e0;
  --line-1: #c2560c; --line-2: #2e7d4f; --line-3: #8a3ea8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --text: #e4e8ec; --soft: #9aa5b0; --rule: #343c44;
    --panel: #1d2329; --accent: #6cacee; --warning: #ffc069; --warned: #33270f;
    --line-1: #ff9a56; --line-2: #6fcf97; --line-3: #d195ea;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h1 + p { color: var(--soft); margin: .3rem 0 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-top: .8rem;
  border-top: 1px solid var(--rule); }
h3 { font-size: .95rem; margin: 1.2rem 0 .4rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.scroll + .scroll { margin-top: 1.2rem; }
table { border-collapse: collapse; font-size: .9rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); overflow-wrap: break-word; max-width: 40rem; }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
table:not(:has(thead)) th { min-width: 0; width: 8rem; white-space: normal; }
.number { text-align: right; white-space: nowrap; }
.long { min-width: 12rem; }
.short { white-space: nowrap; }
.bar { display: flex; align-items: center; gap: .5rem; }
.bar b { font-weight: inherit; text-align: right; }
.bar i { height: .7rem; min-width: 1px; border-radius: 2px; background: var(--accent); }
.bar i.for { background: var(--line-1); }
mark { color: inherit; border-radius: 2px;
  background: color-mix(in srgb, var(--line-1) var(--share), transparent); }
mark.against {
  background: color-mix(in srgb, var(--accent) var(--share), transparent); }
mark.clearly { text-decoration: underline dotted; }
.tint { display: block; padding: 0 .3rem; margin: 0 -.3rem; border-radius: 2px;
  background: color-mix(in srgb, var(--accent) var(--share), transparent); }
svg rect { fill: var(--accent); }
ul { margin: .4rem 0; padding-left: 1.2rem; }
li { margin: .25rem 0; overflow-wrap: anywhere; }
.warnings { list-style: none; padding: 0; }
.warnings li { background: var(--warned); color: var(--warning); padding: .45rem .7rem;
  border-left: 4px solid; border-radius: 3px; }
pre { background: var(--panel); padding: .7rem; overflow-x: auto; border-radius: 4px; }
.gallery { display: flex; flex-wrap: wrap; gap: .6rem; }
.gallery + .scroll, .scroll + .gallery, .gallery + .gallery { margin-top: 1rem; }
figure { margin: 0; max-width: 100%; }
figcaption, .legend { color: var(--soft); font-size: .8rem; margin: .1rem 0 0;
  overflow-wrap: anywhere; }
.legend { max-width: none; }
.legend span { margin-right: 1rem; white-space: nowrap; }
.legend i { display: inline-block; width: 1rem; height: .2rem; vertical-align: middle;
  background: var(--colour); }
img { display: block; max-width: 100%; background: var(--panel); }
.pixels { image-rendering: pixelated; }
@media (prefers-color-scheme: dark) {
  img.drawing { filter: invert(.92) hue-rotate(180deg); }
}
figure:has(> .drawing) { overflow-x: auto; }
@media (max-width: 40rem) {  /* Axes stay legible: the drawing scrolls. */
  img.drawing { max-width: 40rem; }
}
audio { display: block; width: 100%; min-width: 15rem; height: 2.2rem; }
svg { display: block; max-width: 100%; }
svg.wide { width: 100%; }
figure:has(> .plot) { flex: 1 1 20rem; }
.plot { display: grid; grid-template-columns: auto 1fr; gap: .1rem .4rem;
  color: var(--soft); font-size: .8rem; font-variant-numeric: tabular-nums; }
.plot svg { border: solid var(--rule); border-width: 0 0 1px 1px; width: 100%; }
.plot p { display: flex; justify-content: space-between; margin: 0; gap: .5rem; }
.plot .y { flex-direction: column; text-align: right; }
.plot .x { grid-column: 2; }
polygon { fill: color-mix(in srgb, var(--accent) 18%, transparent); }
path.dots { fill: none; stroke: var(--colour); stroke-width: 4; opacity: .6;
  stroke-linecap: round; vector-effect: non-scaling-stroke; }
line { stroke: var(--soft); stroke-dasharray: 3 3; vector-effect: non-scaling-stroke; }
polyline { fill: none; stroke: var(--colour); stroke-width: 1.3;
  vector-effect: non-scaling-stroke; }
.line-0 { --colour: var(--accent); } .line-1 { --colour: var(--line-1); }
.line-2 { --colour: var(--line-2); } .line-3 { --colour: var(--line-3); }
blockquote { margin: 0; padding: .45rem .7rem; border-left: 3px solid var(--rule);
  background: var(--panel); overflow-wrap: anywhere; flex: 1 1 18rem; }
"""


def as_html(title: str, lead: str, sections: Iterable[Section]) -> str:
    """One HTML page: styles and pictures are inside, and nothing is loaded."""
    body = html_sections(sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; media-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>{escaped(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{escaped(title)}</h1>\n<p>{escaped(lead)}</p>\n"
        f"{body}</main>\n</body>\n</html>\n"
    )


def html_sections(sections: Iterable[Section]) -> str:
    """The sections of a page, without its frame."""
    written = []
    for number, section in enumerate(sections):
        blocks = "".join(HTML[type(block)](block, section) for block in section.blocks)
        written.append(
            f'<section aria-labelledby="section-{number}">\n<h2 id="section-{number}">'
            f"{escaped(section.title)}</h2>\n{blocks}</section>\n"
        )
    return "".join(written)


def _html_table(block: Table, section: Section) -> str:
    columns = range(len(block.rows[0]) if block.rows else 0)
    classes = [_class_of(block, column) for column in columns]
    head = "".join(
        f'<th scope="col" {kind}>{escaped(name)}</th>'
        for name, kind in zip(block.header, classes, strict=False)
    )
    rows = []
    for first, *others in block.shown:
        cells = zip(others, classes[1:], strict=True)
        rows.append(
            f'<tr><th scope="row" {classes[0]}>{_html_cell(first)}</th>'
            + "".join(f"<td {kind}>{_html_cell(cell)}</td>" for cell, kind in cells)
            + "</tr>\n"
        )
    more = f"<p>{block.left_out}</p>\n" if block.left_out else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="'
        f'{escaped(section.title)}"><table>\n'
        + (f"<thead><tr>{head}</tr></thead>\n" if head else "")
        + f"<tbody>\n{''.join(rows)}</tbody></table></div>\n{more}"
    )


def _class_of(block: Table, column: int) -> str:
    if block.is_numeric(column):
        return 'class="number"'
    cells = [row[column] for row in block.shown]
    is_long = any(isinstance(cell, str) and len(cell) > LONG for cell in cells)
    return 'class="long"' if is_long else 'class="short"'


def _html_cell(cell: Cell) -> str:
    if isinstance(cell, Bar):
        number = f'<b style="min-width:{cell.digits}ch">{cell.number:,}</b>'
        bar = f'<i style="width:{6 * cell.share:.2f}rem" aria-hidden="true"></i>'
        return f'<span class="bar">{number}{bar}</span>'
    if isinstance(cell, Effect):
        room = 8 if cell.spread is None else 16  # characters
        number = f'<b style="min-width:{room}ch">{escaped(cell.text)}</b>'
        kind = ' class="for"' * (cell.number > 0)
        width = f"width:{6 * cell.share:.2f}rem"
        bar = f'<i{kind} style="{width}" aria-hidden="true"></i>'
        return f'<span class="bar">{number}{bar}</span>'
    if isinstance(cell, Histogram):
        return html_histogram(cell)
    if isinstance(cell, Tint):
        share = f"--share:{75 * cell.share:.0f}%"
        number = f"{cell.number:,}" * bool(cell.number)
        return f'<span class="tint" style="{share}">{number}</span>'
    return escaped(cell_text(cell))


def _html_sentences(block: Sentences, section: Section) -> str:
    items = "".join(f"<li>{escaped(line)}</li>\n" for line in block.lines)
    kind = ' class="warnings"' if block.are_warnings else ""
    return f"<ul{kind}>\n{items}</ul>\n"


def _html_code(block: Code, section: Section) -> str:
    return f'<pre tabindex="0"><code>{escaped(block.text)}</code></pre>\n'


def _html_gallery(block: Gallery, section: Section) -> str:
    items = "".join(HTML_ITEMS[type(item)](item) for item in block.items)
    title = f"<h3>{escaped(block.title)}</h3>\n" if block.title else ""
    return f'{title}<div class="gallery">\n{items}</div>\n'


HTML: dict[type, Any] = {
    Table: _html_table,
    Sentences: _html_sentences,
    Code: _html_code,
    Gallery: _html_gallery,
    WeightedText: html_weighted,
}
