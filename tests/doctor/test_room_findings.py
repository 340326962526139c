from bert_tf.config.encoder import EncoderConfig
from bert_tf.doctor.findings import Severity
from bert_tf.doctor.room_findings import disk_finding, memory_finding
from bert_tf.training.checkpoints import RunCheckpoints
from bert_tf.training.memory import MEBIBYTE, Footprint, StepMemory

WEIGHTS = 10 * MEBIBYTE  # Of which weights, gradients and two moments take 160 MiB.
MEMORY = StepMemory(
    Footprint(EncoderConfig(vocab_size=9), WEIGHTS, is_narrow=False, recomputes=False), 8, 128, 1, most_parts=8
)


def test_only_what_is_known_and_not_what_is_estimated_rules_a_run_out():
    total = MEMORY.needed.total // MEBIBYTE
    assert MEMORY.needed.state == 160 * MEBIBYTE + 4 * 9 * 768  # The embeddings are there twice.
    rooms = {None: Severity.OK, total: Severity.OK, total - 50: Severity.WARNING, 119: Severity.BLOCKER}
    for free, severity in rooms.items():
        assert memory_finding(MEMORY, None if free is None else free * MEBIBYTE).severity is severity
    assert "alone take 160 MiB, and 159 MiB can be had" in memory_finding(MEMORY, 119 * MEBIBYTE).what


def test_a_disk_that_is_too_small_blocks_the_run(tmp_path):
    checkpoints = RunCheckpoints(str(tmp_path), keep=2)
    found = disk_finding(checkpoints, WEIGHTS)
    assert found.severity is Severity.OK
    assert found.what.startswith("disk: at most 403 MiB for 3 checkpoints and the best model; ")  # 3 * (120 + 1) + 40.
    full = disk_finding(checkpoints, 10**13)
    assert full.severity is Severity.BLOCKER
    assert full.what.startswith("disk: There must be room for 3 checkpoints and the best model")


def test_several_runs_take_as_much_each(tmp_path):
    checkpoints = RunCheckpoints(str(tmp_path), keep=2)
    what = disk_finding(checkpoints, WEIGHTS, runs=5).what
    assert what.startswith("disk: at most 2,015 MiB for 3 checkpoints and the best model of each of 5 runs; ")
    many = disk_finding(checkpoints, WEIGHTS, runs=10**9)
    assert (many.severity, "--keep_checkpoints" in many.fix) == (Severity.WARNING, True)
