"""The machine that is measured on: what it is, how busy it is, and which precision it is fast in."""

import dataclasses
import json
import os
import pathlib
import platform
import re
import resource
import subprocess
import time
from collections.abc import Mapping

from tests.peers.works import BFLOAT16, FLOAT32, PRECISIONS

BUSY = 0.1  # More of the machine than this, taken by others, makes figures doubtful.
_BFLOAT16_FLAGS = ("amx_bf16", "avx512_bf16", "bf16")


@dataclasses.dataclass(frozen=True)
class Choice:
    """A precision, and why it was chosen."""

    precision: str
    reason: str


def describe() -> dict[str, str | int]:
    """Model and number of the processors, memory in GiB, system, and what bfloat16 could run on."""
    flags = _field("/proc/cpuinfo", "flags").split()
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "bfloat16_instructions": ", ".join(flag for flag in _BFLOAT16_FLAGS if flag in flags),
        "ONEDNN_MAX_CPU_ISA": os.environ.get("ONEDNN_MAX_CPU_ISA", ""),
    }


def _field(path: str, name: str) -> str:
    try:
        text = pathlib.Path(path).read_text()
    except OSError:
        return ""
    match = re.search(rf"^{name}\s*:\s*(.*)$", text, re.MULTILINE)
    return match.group(1).strip() if match else ""


class OthersLoad:
    """The share of the machine that others took while a process ran which this one started and waited for."""

    def __init__(self) -> None:
        self._busy, self._own, self._started = _busy_seconds(), _seconds_of_children(), time.monotonic()

    def share(self) -> float | None:
        """Returns it for the time since this object was made; None if it can't be told here."""
        busy = _busy_seconds()
        if busy is None or self._busy is None:
            return None
        others = busy - self._busy - (_seconds_of_children() - self._own)
        available = (os.cpu_count() or 1) * max(time.monotonic() - self._started, 1e-3)
        return min(max(others / available, 0.0), 1.0)


def _busy_seconds() -> float | None:
    """Seconds that all processors together have worked since the start, with those that a host took away."""
    try:
        words = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()
    except OSError:
        return None
    user, nice, system, _, _, interrupts, soft_interrupts, stolen = map(int, words[1:9])
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


def _seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def product_rates(interpreters: Mapping[str, str]) -> dict[str, dict[str, float | None]]:
    """Measures the rate of matrix products.

    Args:
        interpreters: The Python of each library, `tensorflow` and `torch`.

    Returns:
        GFLOP/s by library and precision; None where the process failed. A library that is not there is left out.
    """
    rates: dict[str, dict[str, float | None]] = {}
    for library, python in interpreters.items():
        finds = f"import importlib.util as util; exit(util.find_spec('{library}') is None)"
        if subprocess.run([python, "-c", finds], stderr=subprocess.DEVNULL).returncode:
            continue
        missing = dict.fromkeys(PRECISIONS)
        both = _rates(python, library, *PRECISIONS)
        rates[library] = both if both is not None else missing | (_rates(python, library, FLOAT32) or {})
    return rates


def _rates(python: str, library: str, *precisions: str) -> dict[str, float | None] | None:
    command = [python, "-m", "tests.peers.products", library, *precisions]
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode else json.loads(done.stdout.splitlines()[-1])


def fastest(rates: Mapping[str, Mapping[str, float | None]]) -> Choice:
    """The precision that all libraries are fast in: bfloat16 if it is faster than float32 in each of them."""
    for library, by_precision in rates.items():
        low, full = by_precision[BFLOAT16], by_precision[FLOAT32]
        if low is None:
            return Choice(FLOAT32, f"a bfloat16 product ends the process of {library}")
        if full is not None and low <= full:
            return Choice(FLOAT32, f"{library} makes {low:,.0f} GFLOP/s in bfloat16 and {full:,.0f} in float32")
    if not rates:
        return Choice(FLOAT32, "neither TensorFlow nor torch could be tried")
    return Choice(BFLOAT16, f"its products are faster than those of float32 here in {' and '.join(rates)}")
