import dataclasses

import numpy as np
import pytest

from bert_tf.benchmark.subject import BERT_BASE, random_subject, random_table
from bert_tf.config.run import RunConfig, replace


def test_bert_base_has_the_size_that_was_published():
    layer = 4 * (768 * 768 + 768) + 768 * 3072 + 3072 + 3072 * 768 + 768 + 4 * 768
    weights = (30522 + 512 + 2 + 2) * 768 + 12 * layer + 768 * 768 + 768
    assert weights == 109_482_240  # "110M parameters", Devlin et al. 2019.
    expected = {"vocab_size": 30522, "type_vocab_size": 2, "hidden_act": "gelu", "max_position_embeddings": 512}
    config = dataclasses.asdict(BERT_BASE)
    assert {name: config[name] for name in expected} == expected
    assert (BERT_BASE.num_hidden_layers, BERT_BASE.hidden_size, BERT_BASE.intermediate_size) == (12, 768, 3072)


@pytest.mark.parametrize(("shortest", "expected"), [(0, {19}), (16, {16, 17, 18, 19})])
def test_random_rows_have_the_lengths_asked_for(shortest, expected):
    subject = random_subject(BERT_BASE, replace(RunConfig(), max_seq_length=19), shortest)
    assert set(subject.table.lengths.tolist()) == expected
    assert subject.table.long_examples == 0


def test_random_rows_depend_on_the_seed_alone():
    first, same, other = (random_table(50, 3, 9, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.columns["input_ids"].values, same.columns["input_ids"].values)
    assert not np.array_equal(first.row_splits, other.row_splits)
    ids = first.columns["input_ids"].values
    assert (ids.min(), ids.max()) == (0, 49)
    assert set(first.targets.tolist()) == {0, 1}
    assert {each.values.dtype for each in first.columns.values()} == {np.dtype(np.int32)}
