import random

import pytest

from bert_tf.weights.manifest import (
    MODEL,
    OPTIMIZER,
    Best,
    describe_step,
    file_names,
    find_damage,
    manifest_name,
    manifest_steps,
    read_manifest,
    write_manifest,
)


@pytest.fixture
def folder(tmp_path):
    for kind in (MODEL, OPTIMIZER):
        for number, name in enumerate(file_names(kind, 7), start=3):
            (tmp_path / name).write_bytes(bytes(range(number)))
    write_manifest(str(tmp_path), describe_step(str(tmp_path), 7, Best(5, "f1", 0.1)))
    return tmp_path


def test_reading_what_was_written_gives_the_same(folder):
    manifest = read_manifest(str(folder), 7)
    assert manifest == describe_step(str(folder), 7, Best(5, "f1", 0.1))
    assert manifest_steps(str(folder)) == [7]
    assert {name: entry.bytes for name, entry in manifest.files.items()} == {
        "model.ckpt-7.data-00000-of-00001": 3,
        "model.ckpt-7.index": 4,
        "optimizer.ckpt-7.data-00000-of-00001": 3,
        "optimizer.ckpt-7.index": 4,
    }
    # By hand: printf '\0\1\2' | sha256sum
    assert manifest.files["model.ckpt-7.data-00000-of-00001"].sha256.startswith("ae4b3280e56e2faf83f414a6e3dabe9d")
    assert find_damage(str(folder), 7, (MODEL, OPTIMIZER)) == ""


def test_any_changed_bit_of_the_manifest_is_damage(folder):
    path = folder / manifest_name(7)
    data = path.read_bytes()
    for bit in random.Random(1).sample(range(8 * len(data)), 400):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        assert read_manifest(str(folder), 7) is None, bit
        assert find_damage(str(folder), 7, (MODEL,)) == "manifest-7.json is damaged"


def test_any_length_but_its_own_is_damage_of_the_manifest(folder):
    path = folder / manifest_name(7)
    data = path.read_bytes()
    for length in range(0, len(data), 23):
        path.write_bytes(data[:length])
        assert read_manifest(str(folder), 7) is None, length
    path.write_bytes(data + b"\n")
    assert read_manifest(str(folder), 7) is None


def test_the_manifest_of_another_step_is_damage(folder):
    (folder / manifest_name(7)).rename(folder / manifest_name(8))
    assert find_damage(str(folder), 8, (MODEL,)) == "manifest-8.json is damaged"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda path: path.unlink(), "model.ckpt-7.index is missing"),
        (lambda path: path.write_bytes(b"\0\1\2"), "model.ckpt-7.index is damaged (3 bytes instead of 4)"),
        (lambda path: path.write_bytes(b"\0\1\2\4"), "model.ckpt-7.index is damaged (its checksum differs)"),
    ],
)
def test_damage_is_told_by_file(folder, change, told):
    change(folder / "model.ckpt-7.index")
    assert find_damage(str(folder), 7, (OPTIMIZER,)) == ""
    assert find_damage(str(folder), 7, (OPTIMIZER, MODEL)) == told


def test_a_manifest_of_the_model_alone_misses_the_optimizer_state(folder):
    write_manifest(str(folder), read_manifest(str(folder), 7).only(MODEL))
    assert not read_manifest(str(folder), 7).has(OPTIMIZER)
    assert find_damage(str(folder), 7, (MODEL,)) == ""
    assert find_damage(str(folder), 7, (OPTIMIZER,)) == "optimizer.ckpt-7.data-00000-of-00001 is missing"
