"""What charts are drawn on: one style for all of them, as SVG for the page and as PNG for everything else.

Labels come from the user's files: they are never read as formulas, and are cut where they would fill the chart. Nothing
here imports TensorFlow; matplotlib is loaded with the first chart, since it takes a while.
"""

import contextlib
import dataclasses
import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8a8a8a"
# Okabe and Ito (2008): told apart by people who see fewer colours, too.
COLOURS = (BLUE, ORANGE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933", "#882255", "#44aa99")
_DOTS_PER_INCH = 144
_LABEL_LENGTH = 24
# Taken where they are installed, for labels in scripts that matplotlib's own font lacks.
_OTHER_SCRIPTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei")
_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#b0b0b0",
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "font.size": 10,
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "bert_tf",
    "text.parse_math": False,
}


@dataclasses.dataclass(frozen=True)
class Chart:
    """A drawing.

    Attributes:
        name: Its file name without the ending.
        description: What it shows, for those who can't see it.
        svg: The drawing as an SVG document.
        png: The same as a PNG file.
    """

    name: str
    description: str
    svg: bytes
    png: bytes


@contextlib.contextmanager
def empty_figure(width: float, height: float) -> Iterator[tuple[Any, Callable[[str, str], Chart]]]:
    """Gives an empty figure in the report's style, and the function that turns it into a chart.

    Args:
        width: Inches.
        height: Inches.
    """
    # Takes a good part of a second to import, and what does not draw must not wait for it.
    import matplotlib as mpl
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    installed = set(font_manager.get_font_names())
    families = ["DejaVu Sans", *(name for name in _OTHER_SCRIPTS if name in installed)]
    with mpl.rc_context({**_STYLE, "font.family": families}), warnings.catch_warnings():
        # A script that no installed font has shows as boxes in the PNG; the browser has its own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width, height), layout="constrained", dpi=_DOTS_PER_INCH)

        def finish(name: str, description: str) -> Chart:
            svg, png = io.BytesIO(), io.BytesIO()
            # Through the canvases, since `savefig` draws everything twice; the second keeps the layout of the first.
            FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
            figure.set_layout_engine("none")
            FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None})
            return Chart(name, description, svg.getvalue(), png.getvalue())

        yield figure, finish


def short(label: str) -> str:
    """A label as charts show it: on one line, of characters that can be seen, and not too long."""
    plain = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in label)
    return plain if len(plain) <= _LABEL_LENGTH else plain[: _LABEL_LENGTH - 1] + "…"
