import os
import socket

import pytest
import tensorflow as tf

from bert_tf.benchmark import machine


def test_the_rate_is_operations_over_the_fastest_time(monkeypatch):
    monkeypatch.setattr(machine, "_SIZES", (32, 64))
    seconds = iter([0.5, 0.001, 0.5, 0.5, 0.5, 0.5, *[0.25, 0.125, 0.5] * 7])
    monkeypatch.setattr(machine, "seconds_of", lambda function: next(seconds))
    rate = machine.measure_product_rate(tf.distribute.OneDeviceStrategy("/cpu:0"), "bfloat16")
    assert (rate.size, rate.dtype) == (64, "bfloat16")
    assert rate.operations_per_second == 2 * 64**3 / 0.125


def test_what_is_multiplied_are_matrices_of_the_size_and_type():
    product = machine._product(tf.distribute.OneDeviceStrategy("/cpu:0"), "float16", 8)()
    assert (product.shape, product.dtype) == ((8, 8), tf.float16)
    assert float(tf.reduce_max(tf.abs(product))) > 0


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_the_peak_is_never_below_what_is_held_now():
    held = bytearray(2**26)
    held[::4096] = b"x" * len(held[::4096])
    with open("/proc/self/statm") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    peak, slack = machine.peak_memory(), 2**21  # The kernel counts pages in batches.
    assert peak.host_bytes >= resident - slack > 2**26
    del held
    assert machine.peak_memory().host_bytes >= peak.host_bytes - slack
    assert (peak.gpu_bytes is None) == (not tf.config.list_logical_devices("GPU"))


@pytest.mark.parametrize(("platform", "unit"), [("linux", 1024), ("darwin", 1)])
def test_without_proc_the_unit_of_the_system_counts(monkeypatch, tmp_path, platform, unit):
    class Usage:
        ru_maxrss = 123456

    monkeypatch.setattr(machine.sys, "platform", platform)
    monkeypatch.setattr(machine.resource, "getrusage", lambda who: Usage)
    assert machine.peak_host_bytes(str(tmp_path / "none")) == 123456 * unit


def test_proc_comes_first(tmp_path):
    path = tmp_path / "status"
    path.write_text("Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t     77 kB\nVmRSS:\t 5 kB\n")
    assert machine.peak_host_bytes(str(path)) == 77 * 1024


def test_the_machine_is_described_without_its_name():
    found = machine.describe_machine()
    assert found.cpu_model
    assert 1 <= found.cpu_cores <= (os.cpu_count() or 1)
    assert socket.gethostname() not in str(found)
