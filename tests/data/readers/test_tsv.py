import pytest

from bert_tf.data.readers.tsv import TsvFile, read_tsv
from bert_tf.errors import InputError

COLA = TsvFile("train.tsv", first=3, label=1)
SST_2_TEST = TsvFile("test.tsv", first=1, id=0, header="sentence")
PAIRS = TsvFile("test.tsv", first=1, second=2, id=0, header="sentence1")


def write(folder, layout, data):
    (folder / layout.name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(folder)


def test_quotation_marks_are_text(tmp_path):
    examples = read_tsv(write(tmp_path, COLA, 'x\t1\t\tHe said "no.\nx\t0\t\tshe " too\n'), COLA)
    assert examples.first == ['He said "no.', 'she " too']
    assert examples.labels == ["1", "0"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_and_byte_order_marks_do_not_matter(tmp_path, end, mark, last):
    text = f"x\t1\t\tone{end}{end}x\t0\t\ttwo" + (end if last else "")
    examples = read_tsv(write(tmp_path, COLA, mark + text.encode()), COLA)
    assert (examples.first, examples.labels, examples.ids) == (["one", "two"], ["1", "0"], ["0", "1"])
    assert examples.lines == [1, 3]
    assert examples.summary().endswith("(of 3 lines; 1 blank line passed over)")


def test_unusual_line_separators_are_text(tmp_path):
    assert read_tsv(write(tmp_path, COLA, "x\t1\t\ta\u2028b\x0bc\n"), COLA).first == ["a\u2028b\x0bc"]


def test_ids_and_pairs_come_from_their_columns(tmp_path):
    examples = read_tsv(write(tmp_path, PAIRS, "index\tsentence1\tsentence2\n7\ta\tb\n9\tc\td\n"), PAIRS)
    assert (examples.ids, examples.first, examples.second, examples.labels) == (
        ["7", "9"],
        ["a", "c"],
        ["b", "d"],
        None,
    )
    assert examples.location(1).endswith("test.tsv:3")


@pytest.mark.parametrize(
    ("layout", "data", "message"),
    [
        (COLA, b"", "must hold at least one row"),
        (COLA, b"\n\n", "Received: '2 lines, 2 of them blank'"),
        (PAIRS, b"index\tsentence1\tsentence2\n", "a header and at least one row"),
        (PAIRS, b"0\ta\tb\n1\tc\td\n", "first line of .* must name its columns, 'sentence1' as number 2"),
        # A dev set in the place of the test set: the second column, where that has its texts, holds labels.
        (SST_2_TEST, b"sentence\tlabel\ngood film\t1\n", "'sentence' as number 2.*Received: .*sentence.*label"),
        (
            COLA,
            b"x\t1\t\tone\nx\t1\n",
            r"as many columns as the first one \(.*train.tsv:2; .*Received: .2 columns and not 4",
        ),
        (COLA, b"x\t1\t\tone\nx\t1\t\t\xe9\n", r"must be UTF-8 text \(.*train.tsv:2; .*'byte 0xe9 at byte 6'"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused_with_the_place(tmp_path, layout, data, message):
    with pytest.raises(InputError, match=message):
        read_tsv(write(tmp_path, layout, data), layout)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"There must be a data file at .*train.tsv.*--data_dir"):
        read_tsv(str(tmp_path), COLA)


def test_a_stray_tab_is_told_and_not_read_cut_off(tmp_path):
    data = "index\tsentence1\tsentence2\n7\ta\tb\n9\tc\tmore\td\n10\te\tf\n11\tg\n"
    with pytest.raises(
        InputError, match=r"as many columns as the first one \(.*test\.tsv:3; 2 faults in 4 rows"
    ) as told:
        read_tsv(write(tmp_path, PAIRS, data), PAIRS)
    assert "Received: '4 columns and not 3'" in str(told.value)


def test_a_file_may_have_more_columns_than_are_read(tmp_path):
    data = "index\tsentence1\tsentence2\tgenre\n7\ta\tb\tnews\n9\tc\td\t\n"
    assert read_tsv(write(tmp_path, PAIRS, data), PAIRS).second == ["b", "d"]
    assert read_tsv(write(tmp_path, COLA, "x\t1\t\tone\tmore\ny\t0\t\ttwo\t\n"), COLA).first == ["one", "two"]


def test_rows_that_are_known_to_be_broken_are_passed_over_and_counted(tmp_path):
    qqp = TsvFile("train.tsv", 3, 4, label=5, id=0, header="question1", has_broken_rows=True)
    rows = [
        "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
        "1\t3\t4\ta\tb\t0",
        "2\t5\t6\tc",
        "3\t7\t8\td\te\t1\t",
    ]
    examples = read_tsv(write(tmp_path, qqp, "\n".join(rows) + "\n"), qqp)
    assert (examples.first, examples.labels, examples.lines) == (["a"], ["0"], [2])
    assert "2 rows without the 6 columns of the first line passed over" in examples.summary()


def test_a_first_line_without_all_columns_is_told(tmp_path):
    with pytest.raises(InputError, match=r"must have at least 3 columns.*Received: '2 in its first line'"):
        read_tsv(write(tmp_path, PAIRS, "index\tsentence1\n7\ta\n"), PAIRS)
