"""Which fonts charts are written in: matplotlib's own, and those of the machine for scripts that it lacks."""

import functools
import os
import re
from collections.abc import Iterable
from typing import Any

OWN_FONT = "DejaVu Sans"
# In the order in which they are taken. CJK first, since a font of one of these scripts often holds the others.
_OTHER_SCRIPTS = re.compile(
    r"(Noto Sans (?:CJK|SC|TC|JP|KR).*|Source Han Sans.*|WenQuanYi (?:Zen|Micro) Hei|Droid Sans Fallback|"
    r"PingFang .*|Hiragino Sans.*|Microsoft YaHei|SimHei|Yu Gothic|Meiryo|MS Gothic|Malgun Gothic|AppleGothic|"
    r"Nanum Gothic|IPA(?:ex)?Gothic|AR PL U(?:Kai|Ming) CN|Arial Unicode MS|"
    r"Noto Sans (?:Devanagari|Bengali|Tamil|Telugu|Thai|Khmer|Hebrew|Arabic|Ethiopic)|Unifont)"
)
_LIKELY_FILES = re.compile(
    r"CJK|Han|wqy|Fallback|PingFang|Hiragino|yahei|simhei|msgothic|malgun|nanum|ipa|Noto|uni", re.I
)


def families(names: Iterable[str]) -> list[str]:
    """Returns the families to write in, best first, out of the names of all fonts that are there."""
    return [OWN_FONT, *sorted(name for name in set(names) if _OTHER_SCRIPTS.fullmatch(name))]


@functools.cache
def installed_families(font_manager: Any) -> tuple[str, ...]:
    """Returns the same out of what the machine has.

    matplotlib keeps a list of the fonts that there were when it ran first; what was installed since is added.

    Args:
        font_manager: The module `matplotlib.font_manager`.
    """
    known = {os.path.realpath(entry.fname) for entry in font_manager.fontManager.ttflist}
    for path in sorted(font_manager.findSystemFonts()):
        if os.path.realpath(path) not in known and _LIKELY_FILES.search(os.path.basename(path)):
            _add(font_manager, path)
    return tuple(families(font_manager.get_font_names()))


def _add(font_manager: Any, path: str) -> None:
    try:
        font_manager.fontManager.addfont(path)
    except (OSError, RuntimeError, ValueError):
        return  # A font that can't be read is none; the report tells of the characters that no font has.
