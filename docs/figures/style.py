"""The common style of all figures: sizes, colours and grids."""

WIDTH = 9.0  # inches; 900 pixels on a page

# Okabe and Ito's palette, which colour-blind readers can distinguish.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SERIES = (BLUE, ORANGE, GREEN)
INK, FAINT = "0.25", "0.75"

SETTINGS = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9,
    "text.color": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.labelsize": 9,
    "axes.labelcolor": INK,
    "axes.edgecolor": "0.5",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.9",
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "lines.linewidth": 1.8,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "legend.fontsize": 9,
    "figure.dpi": 160,  # 1.6 times the size on a page, for high-resolution screens
}


def figure(height):
    """Return an empty figure of the common width; `height` is in inches."""
    # Without pyplot there is no window system and no global state to clean up.
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), layout="constrained")
