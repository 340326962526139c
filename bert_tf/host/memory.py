"""How much memory this process can still have."""

import os
import re

# Folder, and its files with the limit and what is used, in either version of control groups.
_CGROUPS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current"),
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
)


def available_bytes() -> int | None:
    """Returns what the machine and its control groups leave, None if that can't be known."""
    known = [value for value in (_of_machine(), *(room_of_group(*group) for group in _CGROUPS)) if value is not None]
    return min(known) if known else None


def room_of_group(folder: str, limit_name: str, used_name: str) -> int | None:
    """Returns the bytes that a control group leaves, None without a limit; cached files count as free."""
    limit, used, stat = (_read(f"{folder}/{name}") for name in (limit_name, used_name, "memory.stat"))
    if not limit or not used or not limit.strip().isdigit():
        return None
    cached = re.search(r"^(?:total_)?inactive_file (\d+)$", stat or "", re.MULTILINE)
    return max(int(limit) - int(used) + (int(cached[1]) if cached else 0), 0)


def _of_machine() -> int | None:
    """What is available by the kernel's account; all that is built in where it keeps none, as in some sandboxes."""
    lines = (_read("/proc/meminfo") or "").splitlines()
    kibibytes = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return kibibytes[0] * 1024 if kibibytes else _built_in()


def _built_in() -> int | None:
    if not {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= os.sysconf_names.keys():
        return None
    pages = os.sysconf("SC_PHYS_PAGES")
    return pages * os.sysconf("SC_PAGE_SIZE") if pages > 0 else None


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except OSError:
        return None
