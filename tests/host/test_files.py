import os

import pytest

from bert_tf.errors import InputError
from bert_tf.host import files


def test_a_file_is_replaced_as_a_whole_and_leaves_nothing_else(tmp_path):
    path = str(tmp_path / "a.txt")
    files.write_text(path, "one")
    files.write_text(path, "two")
    assert files.read_text(path, "a file", "") == "two"
    assert files.list_folder(str(tmp_path)) == ["a.txt"]


def test_a_write_that_fails_keeps_the_old_content(tmp_path):
    path = str(tmp_path / "a.txt")
    files.write_text(path, "old")

    def fail_half_way():
        with files.replacing(path) as temporary:
            files.write_text(temporary, "half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert files.read_text(path, "a file", "") == "old"
    assert files.list_folder(str(tmp_path)) == ["a.txt"]


def test_leftovers_of_a_killed_run_are_removed_and_nothing_else(tmp_path):
    kept, left = tmp_path / "model.ckpt-1.index", files.temporary_name(str(tmp_path / "model"))
    kept.write_text("x")
    os.mkdir(left)
    files.remove_leftovers(str(tmp_path))
    assert files.list_folder(str(tmp_path)) == [kept.name]


def test_a_missing_file_names_what_it_should_be_and_the_fix(tmp_path):
    with pytest.raises(
        InputError, match=r"There must be a vocabulary at .*none.txt. Received: 'nothing'. Set --vocab_file"
    ):
        files.read_bytes(str(tmp_path / "none.txt"), "a vocabulary", "Set --vocab_file")
    with pytest.raises(InputError, match="Received: 'a folder'"):
        files.read_bytes(str(tmp_path), "a vocabulary", "")


def test_a_byte_order_mark_is_no_text(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbftext")
    assert files.read_text(str(tmp_path / "a"), "a file", "") == "text"


def test_a_path_below_a_file_is_not_writable(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="must be writable"):
        files.check_writable(str(tmp_path / "file" / "below"))


def test_checking_a_folder_does_not_create_it(tmp_path):
    files.check_writable(str(tmp_path / "new" / "deep"))
    assert files.list_folder(str(tmp_path)) == []


def test_remote_paths_go_through_tensorflow(tmp_path):
    # TensorFlow's own scheme for memory stands for gs://: what matters is that no local call sees the path.
    folder = "ram://bert_tf_test/folder"
    files.make_folder(folder)
    files.write_text(folder + "/a.txt", "one")
    files.write_text(folder + "/a.txt", "two")
    assert files.is_remote(folder)
    assert files.read_text(folder + "/a.txt", "a file", "") == "two"
    assert files.list_folder(folder) == ["a.txt"]
    files.remove(folder + "/a.txt")
    assert not files.exists(folder + "/a.txt")


def test_a_remote_folder_is_moved_with_all_that_is_in_it():
    written = {"b.txt": "1", "deep/er/c.txt": "2", "deep/d.txt": "3"}
    with files.replacing("ram://moved/to") as temporary:
        for name, text in written.items():
            files.make_folder(f"{temporary}/{name}".rpartition("/")[0])
            files.write_text(f"{temporary}/{name}", text)
    assert files.list_folder("ram://moved") == ["to"]
    assert {name: files.read_text(f"ram://moved/to/{name}", "a text", "") for name in written} == written
