import numpy as np
import pytest
import tensorflow as tf

from bert_tf.tasks.answers.space import VALUE
from bert_tf.tasks.answers.value import Value
from bert_tf.tasks.known.glue import STS_B
from bert_tf.tasks.objectives.choose import objective_for
from tests.tasks.objectives.made_up import RNG, losses


def test_values_are_scaled_for_the_loss_and_clipped_for_the_metric():
    from scipy.stats import pearsonr, spearmanr

    labels = RNG.uniform(0, 5, 13)
    logits = RNG.normal(0.5, 0.6, (13, 1)).astype(np.float32)
    targets = (labels / 5).astype(np.float32)
    np.testing.assert_allclose(
        losses(STS_B.answers, logits, targets), (logits[:, 0] - labels / 5) ** 2, rtol=1e-4, atol=1e-6
    )
    values = np.clip(logits[:, 0] * 5.0, 0, 5)
    assert values.min() == 0
    assert values.max() == 5
    objective = objective_for(STS_B.answers)
    answers = {name: values.numpy() for name, values in objective.answers(tf.constant(logits)).items()}
    assert list(answers) == [VALUE]
    np.testing.assert_allclose(answers[VALUE][:, 0], values, rtol=1e-5)
    outputs = objective.decided(answers)
    np.testing.assert_array_equal(outputs[VALUE], answers[VALUE])
    scores = STS_B.answers.score(outputs, targets, ("pearson", "spearman", "mean_squared_error"))
    assert scores["pearson"] == pytest.approx(pearsonr(labels, values)[0], abs=1e-6)
    assert scores["spearman"] == pytest.approx(spearmanr(labels, values)[0], abs=1e-6)
    assert scores["mean_squared_error"] == pytest.approx(((labels - values) ** 2).mean(), abs=1e-5)


def test_values_lie_in_a_range_below_zero_too():
    objective = objective_for(Value(value_range=(-3.0, 5.0)))
    values = objective.answers(tf.constant([[-0.2], [0.25], [1.7]]))[VALUE]
    assert values.numpy().tolist() == [[-3.0], [-1.0], [5.0]]
    assert objective.serve(objective.decide({VALUE: values}))[VALUE].numpy().tolist() == [[-3.0], [-1.0], [5.0]]
