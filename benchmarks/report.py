"""The results of the suite as a table, as a chart, and in the documentation."""

import pathlib
import platform

from benchmarks.comparison import Row

DOCS = pathlib.Path(__file__).parents[1] / "docs"
COLORS = {
    True: "tab:green",
    False: "tab:red",
    None: "tab:blue",
}  # by goal reached
PAGE, CHART = DOCS / "performance.md", DOCS / "pictures" / "performance.png"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
HEADINGS = (
    "what",
    "against",
    "ours",
    "theirs",
    "ratio (95 %)",
    "goal",
    "of the limit",
    "memory, MB",
)


def cells(row: Row) -> tuple[str, ...]:
    """The cells of a row as text.

    >>> found = Row("fit", "MLP", "Keras", "examples/s", 9.0, 3.0, 3.0, (2.5, 3.5), 1.3)
    >>> cells(found)
    ('MLP', 'Keras', '9 examples/s', '3 examples/s', '3 (2.5–3.5)', '1.3 ✓', '', '')
    """
    low, high = row.interval
    goal = (
        "" if row.goal is None else f"{number(row.goal)} {'✓' if row.reached else '✗'}"
    )
    return (
        row.setting,
        row.peer,
        f"{number(row.ours)} {row.unit}",
        f"{number(row.theirs)} {row.unit}",
        f"{number(row.ratio)} ({number(low)}–{number(high)})",
        goal,
        "" if row.limit is None else f"{row.limit:.0%}",
        "" if row.memory is None else " / ".join(f"{mb:,.0f}" for mb in row.memory),
    )


def number(value: float) -> str:
    """A number with three digits, or all digits before the point.

    >>> number(12345.6), number(12.345), number(0.01234)
    ('12,346', '12.3', '0.0123')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def print_table(rows: list[Row]) -> None:
    """Prints the rows on the terminal, one section per case."""
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for heading in HEADINGS:
        left = heading in HEADINGS[:2]
        table.add_column(heading, justify="left" if left else "right", no_wrap=not left)
    previous = None
    for row in rows:
        if previous not in (None, row.case):
            table.add_section()
        previous = row.case
        style = "red" if row.reached is False else None
        table.add_row(*cells(row), style=style)
    width = None if Console().is_terminal else 160
    Console(width=width).print(table)


def markdown(rows: list[Row], machine: dict) -> str:
    """Markdown: the machine, then one table per case."""
    packages = [f"{name} {version}" for name, version in machine["versions"].items()]
    lines = [
        f"Measured on {machine['processors']} processors ({platform.machine()}), which "
        "multiply matrices of float32 at "
        f"{machine['operations'] / 1e9:,.0f} GFLOP/s and copy at "
        f"{machine['bytes'] / 1e9:,.0f} GB/s; {', '.join(packages)}.",
    ]
    for case in dict.fromkeys(row.case for row in rows):
        found = [row for row in rows if row.case == case]
        lines += ["", f"### {case}", "", _line(HEADINGS)]
        lines += [_line(["---", "---", *["---:"] * 6])]
        lines += [_line(cells(row)) for row in found]
        facts = {_resolved(row) for row in found} - {""}
        lines += ["", *(f"Resolved: {each}." for each in sorted(facts))]
    return "\n".join(lines).rstrip() + "\n"


def _line(texts):
    return f"| {' | '.join(texts)} |"


def _resolved(row):
    said = {"precision": "{}", "threads": "{} threads"}
    texts = [said[key].format(row.facts[key]) for key in said if key in row.facts]
    if "xla" in row.facts:
        texts.insert(1, f"XLA {'on' if row.facts['xla'] else 'off'}")
    return ", ".join(texts)


def write_docs(rows: list[Row], machine: dict) -> None:
    """Writes tables and chart into `docs/performance.md`."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    measured = markdown(rows, machine)
    PAGE.write_text(f"{before}{BEGIN}\n\n{measured}\n{END}{after}", encoding="utf-8")
    draw(rows, CHART)


def draw(rows: list[Row], path: pathlib.Path) -> None:
    """Draws a bar per ratio on a logarithmic axis, with interval and goal."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import patches, pyplot

    cases = {}
    for row in rows:
        cases.setdefault(row.case, []).append(row)
    figure, panels = pyplot.subplots(
        len(cases),
        figsize=(10, 1 + 0.7 * len(cases) + 0.22 * len(rows)),
        height_ratios=[len(group) + 1 for group in cases.values()],
        sharex=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, (case, group) in zip(panels[:, 0], cases.items(), strict=True):
        _draw_case(axes, case, group)
    axes.set_xlabel(
        "times as good as the peer (bar), 95 % interval (line), goal (mark)"
    )
    figure.legend(
        handles=[
            patches.Patch(color=COLORS[reached], label=label)
            for reached, label in (
                (True, "goal reached"),
                (False, "goal missed"),
                (None, "no goal set"),
            )
        ],
        loc="outside upper right",
        ncols=3,
        fontsize=8,
    )
    figure.savefig(path, dpi=120, metadata={"Software": None})
    pyplot.close(figure)


def _draw_case(axes, case, rows):
    for place, row in enumerate(rows):
        # Bars start at 1; those to the left mean that ours is slower.
        axes.barh(place, row.ratio - 1, left=1, color=COLORS[row.reached])
        axes.plot(row.interval, [place, place], color="black", linewidth=1)
        if row.goal is not None:
            axes.plot([row.goal], [place], "k|", markersize=9)
    names = [f"{row.setting} / {row.peer}" for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=7)
    axes.invert_yaxis()
    axes.margins(y=0.02)
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.grid(axis="x", linewidth=0.3)
    axes.set_title(case, loc="left", fontsize=9, fontweight="bold")
