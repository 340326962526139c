import os
import re

import pytest

from bert_tf.report.findings.findings import Findings
from bert_tf.report.findings.one_label import classification_findings
from bert_tf.report.model_card import base_name, model_card
from tests.report.made_up import BAD_LABELS, made_up_run


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/somebody/uncased_L-12/bert_model.ckpt", "uncased_L-12"),
        ("/home/somebody/cased_L-24.zip", "cased_L-24.zip"),
        ("runs/cola/model.ckpt-801", "cola"),
        ("runs/cola/", "cola"),
        ("gs://bucket/somewhere/multilingual", "multilingual"),
        ("bert_model.ckpt", "bert_model.ckpt"),
        (os.path.expanduser("~/bert_model.ckpt"), "a place without a name"),
        (None, ""),
    ],
)
def test_a_checkpoint_is_named_without_its_place(path, name):
    assert base_name(path) == name


def test_the_card_tells_nothing_of_the_machine():
    run = made_up_run(data_dir="/home/somebody/data", vocab_file="/home/somebody/vocab.txt", master="host.of.somebody")
    card = model_card(run, classification_findings(run))
    assert not re.search(r"somebody|/home|host\.of", card)
    assert "--init_checkpoint=INIT_CHECKPOINT" in card
    assert "fine-tuned from uncased" in card
    assert "| dev | dev.tsv |" in card


def test_the_card_has_scores_with_intervals_limits_versions_and_the_command():
    run = made_up_run()
    card = model_card(run, classification_findings(run))
    titles = ["Task", "Data", "Scores on the dev set", "Limits", "Warnings", "Model", "Repeating it"]
    assert re.findall(r"^## (.+)$", card, re.MULTILINE) == titles
    assert re.search(
        rf"^\| accuracy \| {run.scores['accuracy']:.4f} \| 0\.\d+ to 0\.\d+ \| 203 \|$", card, re.MULTILINE
    )
    assert re.search(r"^\| tensorflow \| 2\.\d+", card, re.MULTILINE)
    assert "    bert-tf classifier \\\n" in card
    assert "    --learning_rate=0.0001" in card
    assert "chosen by its score on this dev set" in card


def test_labels_of_any_form_are_survived():
    run = made_up_run(labels=BAD_LABELS, eval_every=0)
    assert "\\<script\\>alert(1)\\</script\\>" in model_card(run, classification_findings(run))
    card = model_card(run, Findings())
    assert "| accuracy | " in card
    assert "chosen by" not in card
