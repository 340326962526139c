"""The processor of this machine, and what it can do with narrow numbers. Nothing here imports TensorFlow."""

import dataclasses
import re

_TILE_SIZES_LEAF = 0x1D


@dataclasses.dataclass(frozen=True)
class Processor:
    """What is known of the processor; nothing where there is no /proc/cpuinfo.

    Attributes:
        flags: What it says that it can do, by the names that Linux uses.
        cpuid_level: The highest leaf of information that it gives; None if not known.
        model_name: What its maker calls it; empty if not known.
    """

    flags: frozenset[str]
    cpuid_level: int | None
    model_name: str = ""

    @property
    def hides_tile_sizes(self) -> bool:
        """Whether a virtual machine offers AMX but hides the leaf that tells its tile sizes.

        oneDNN then sets up tiles of size 0, and the first bfloat16 product ends the process by an illegal instruction.
        """
        return "amx_tile" in self.flags and self.cpuid_level is not None and self.cpuid_level < _TILE_SIZES_LEAF

    @property
    def fast_bfloat16(self) -> str | None:
        """The instructions with which products of bfloat16 are faster than those of float32, None if there are none.

        A processor that has AMX multiplies bfloat16 more slowly than float32 where AMX can't be used: 147 against
        253 GFLOP/s, measured on two cores of a Sapphire Rapids.
        """
        if "amx_tile" in self.flags:
            return "amx_bf16" if "amx_bf16" in self.flags and not self.hides_tile_sizes else None
        return "avx512_bf16" if "avx512_bf16" in self.flags else None


def read_processor(path: str = "/proc/cpuinfo") -> Processor:
    """Reads what Linux says of the first processor."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            text = file.read(8192)
    except OSError:
        return Processor(frozenset(), None)
    flags = re.search(r"^flags\s*:\s*(.*)$", text, re.MULTILINE)
    level = re.search(r"^cpuid level\s*:\s*(\d+)", text, re.MULTILINE)
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return Processor(
        frozenset(flags[1].split()) if flags else frozenset(),
        int(level[1]) if level else None,
        model[1].strip() if model else "",
    )
