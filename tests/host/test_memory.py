import os
import re

from bert_tf.host import memory


def test_what_is_available_is_part_of_what_the_machine_has():
    room = memory.available_bytes()
    assert room is not None
    assert 0 < room <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_where_the_kernel_keeps_no_account_it_is_all_that_is_built_in(monkeypatch):
    with open("/proc/meminfo", encoding="ascii") as file:
        kibibytes = int(re.search(r"^MemTotal: +(\d+) kB$", file.read(), re.MULTILINE)[1])
    monkeypatch.setattr(memory, "_read", lambda path: None)
    assert memory.available_bytes() == kibibytes * 1024
