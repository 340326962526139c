"""Labels and names of files of strangers on the terminal: nothing of them is obeyed, and the answers stay exact."""

import csv
import json
import unicodedata

import pytest

from bert_tf.cli.main import main
from tests.conftest import DEMO_CHECKPOINT

LABELS = ["soft\xadhyphen", "rtl\u202eedoc", "line\u2028end", "zero\u200bwidth", "é中"]
TEXT = "The \u202ecat\u2028 sleeps\x1b[2J."


def hidden(text):
    return {char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


@pytest.mark.slow
def test_odd_labels_and_names_are_escaped_by_every_command_that_shows_them(tmp_path, capfd):
    path = tmp_path / "tr\u202eain\nbert-tf: \x07.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = [[TEXT, label] for label in LABELS for _ in range(4)]
        csv.writer(file).writerows([["text", "label"], *rows, ["", LABELS[0]]])
    words = [f"--train_file={path}", f"--eval_file={path}", f"--init_checkpoint={DEMO_CHECKPOINT}", "--noreport"]
    words += ["--max_seq_length=8", "--num_train_epochs=1", "--train_batch_size=21"]
    words += [f"--output_dir={tmp_path}/run"]
    assert main(["doctor", *words]) == 0
    assert main(["classifier", *words]) == 0
    told = "".join(capfd.readouterr())
    assert hidden(told) == set()
    assert r"tr\u202eain\nbert-tf: \x07.csv" in told
    assert not [line for line in told.splitlines() if line.startswith("bert-tf: ")]
    assert main(["classifier", *words, "--labels=a"]) == 2
    assert hidden("".join(capfd.readouterr())) == set()

    (tmp_path / "texts").write_text(TEXT.replace("\u2028", "") + "\n", encoding="utf-8")
    assert main(["predict", f"--output_dir={tmp_path}/run", str(tmp_path / "texts")]) == 0
    captured = capfd.readouterr()
    assert hidden(captured.out + captured.err) == set()
    answer = json.loads(captured.out.splitlines()[-1])
    assert answer["text"] == TEXT.replace("\u2028", "")
    assert sorted(answer["probabilities"]) == sorted(LABELS)
