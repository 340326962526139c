"""What charts are drawn on: one style for all of them, as SVG for the page and as PNG for everything else.

Labels come from the user's files: they are never read as formulas, and are cut where they would fill the chart. Nothing
here imports TensorFlow; matplotlib is loaded with the first chart, since it takes a while.
"""

import contextlib
import dataclasses
import io
import logging
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from bert_tf.report.drawing.fonts import installed_families
from bert_tf.report.drawing.visible import visible_line

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8a8a8a"
# Okabe and Ito (2008): told apart by people who see fewer colours, too.
COLOURS = (BLUE, ORANGE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933", "#882255", "#44aa99")
_DOTS_PER_INCH = 144
_LABEL_LENGTH = 24
_MISSING_GLYPH = re.compile(r"Glyph (\d+) ")
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
        boxes: Characters that no installed font has, which the PNG shows as boxes; a browser has its own fonts.
    """

    name: str
    description: str
    svg: bytes
    png: bytes
    boxes: str = ""


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

    with mpl.rc_context({**_STYLE, "font.family": list(installed_families(font_manager))}):
        figure = Figure(figsize=(width, height), layout="constrained", dpi=_DOTS_PER_INCH)

        def finish(name: str, description: str) -> Chart:
            svg, png = io.BytesIO(), io.BytesIO()
            with warnings.catch_warnings(record=True) as caught, _without_hints():
                warnings.simplefilter("always")
                # Through the canvases, since `savefig` draws everything twice; the second keeps the first's layout.
                FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
                figure.set_layout_engine("none")
                FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None})
            return Chart(
                name, description, svg.getvalue(), png.getvalue(), _boxes(str(each.message) for each in caught)
            )

        yield figure, finish


@contextlib.contextmanager
def _without_hints() -> Iterator[None]:
    """Keeps matplotlib from telling that a font has no normal weight, and which one it takes in its place."""
    logger = logging.getLogger("matplotlib.font_manager")
    logger.addFilter(_is_error)
    try:
        yield
    finally:
        logger.removeFilter(_is_error)


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


def short(label: str) -> str:
    """A label as charts show it: on one line, of characters that can be seen, and not too long."""
    plain = visible_line(label)
    return plain if len(plain) <= _LABEL_LENGTH else plain[: _LABEL_LENGTH - 1] + "…"


def short_labels(labels: Sequence[str]) -> list[str]:
    """Several of them; of those with the same start, the end is shown as well."""
    starts = [short(label) for label in labels]
    often = Counter(starts)
    return [_ends(label) if often[start] > 1 else start for label, start in zip(labels, starts, strict=True)]


def _ends(label: str) -> str:
    plain = visible_line(label)
    half = _LABEL_LENGTH // 2
    return plain if len(plain) <= _LABEL_LENGTH else f"{plain[: half - 1]}…{plain[-half:]}"


def _boxes(messages: Iterable[str]) -> str:
    """The characters that matplotlib found in no font, in their order, each once."""
    codes = (found for found in map(_MISSING_GLYPH.search, messages) if found)
    return "".join(dict.fromkeys(chr(int(found[1])) for found in codes))
