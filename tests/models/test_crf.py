import itertools

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.models import crf
from bert_tf.models.crf import Chain
from bert_tf.tasks.answers.tag_schemes import Scheme, illegal, transitions


def random_case(seed, rows, positions, labels, scale=1.0, share=0.6):
    """Emissions, tags, a mask with holes, and a chain, in float64."""
    random = np.random.default_rng(seed)
    emissions = scale * random.normal(size=(rows, positions, labels))
    chain = Chain(*(scale * random.normal(size=shape) for shape in ((labels, labels), labels, labels)))
    tags = random.integers(labels, size=(rows, positions))
    mask = random.random((rows, positions)) < share
    return emissions, tags, mask, chain


def score_of(emissions, tags, chain):
    """The score of one sequence without holes."""
    if not len(tags):
        return 0.0
    pairs = sum(chain.transitions[a, b] for a, b in itertools.pairwise(tags))
    return chain.start[tags[0]] + chain.end[tags[-1]] + pairs + sum(e[t] for e, t in zip(emissions, tags, strict=True))


def by_enumeration(emissions, chain):
    """All sequences with their scores."""
    positions, labels = emissions.shape
    return {tags: score_of(emissions, tags, chain) for tags in itertools.product(range(labels), repeat=positions)}


def log_sum(values, axis=0):
    most = np.max(values, axis=axis, keepdims=True)
    return np.squeeze(most, axis) + np.log(np.exp(values - most).sum(axis=axis))


def reference(emissions, tags, chain):
    """The log-likelihood, the score of the best tags, and these, of one sequence without holes, in float64."""
    if not len(tags):
        return 0.0, 0.0, []
    sums = best = chain.start + emissions[0]
    back = []
    for emission in emissions[1:]:
        sums = log_sum(sums[:, np.newaxis] + chain.transitions) + emission
        back.append((best[:, np.newaxis] + chain.transitions).argmax(axis=0))
        best = (best[:, np.newaxis] + chain.transitions).max(axis=0) + emission
    path = [int(np.argmax(best + chain.end))]
    for pointers in reversed(back):
        path.insert(0, int(pointers[path[0]]))
    return score_of(emissions, tags, chain) - log_sum(sums + chain.end), np.max(best + chain.end), path


def on_32_bits(chain):
    return Chain(*(tf.constant(scores, tf.float32) for scores in chain))


# Traced once for all shapes.
EMISSIONS = tf.TensorSpec([None, None, None], tf.float32)
TAGS, MASK = (tf.TensorSpec([None, None], dtype) for dtype in (tf.int64, tf.bool))
CHAIN = Chain(*(tf.TensorSpec([None] * rank, tf.float32) for rank in (2, 1, 1)))
likelihood = tf.function(crf.log_likelihood, input_signature=[EMISSIONS, TAGS, MASK, CHAIN])
viterbi = tf.function(crf.viterbi, input_signature=[EMISSIONS, MASK, CHAIN])


@pytest.mark.parametrize(("positions", "labels"), [(1, 1), (1, 4), (2, 3), (3, 1), (4, 4), (5, 3), (5, 4)])
def test_likelihood_and_best_tags_equal_an_enumeration_of_all_sequences(positions, labels):
    emissions, tags, mask, chain = random_case(positions * labels, 6, positions, labels)
    mask[0], mask[1] = True, False
    values = likelihood(emissions.astype(np.float32), tags, mask, on_32_bits(chain)).numpy()
    best, scores = (part.numpy() for part in viterbi(emissions.astype(np.float32), mask, on_32_bits(chain)))
    for row, counts in enumerate(mask):
        sequences = by_enumeration(emissions[row, counts], chain)
        right = sequences[tuple(tags[row, counts])]
        assert values[row] == pytest.approx(right - log_sum(np.array([*sequences.values()])), abs=1e-5)
        assert tuple(best[row, counts]) == max(sequences, key=sequences.get)
        assert scores[row] == pytest.approx(max(sequences.values()), abs=1e-5)
        assert not best[row, ~counts].any()


def test_likelihood_and_best_tags_equal_a_reference_in_64_bits_on_200_rows():
    longest, labels = 60, 9
    emissions, tags, mask, chain = random_case(7, 200, longest, labels, scale=2.0, share=0.9)
    mask &= np.arange(longest) < np.random.default_rng(8).integers(longest + 1, size=(200, 1))
    values = likelihood(emissions.astype(np.float32), tags, mask, on_32_bits(chain)).numpy()
    best, scores = (part.numpy() for part in viterbi(emissions.astype(np.float32), mask, on_32_bits(chain)))
    for row, counts in enumerate(mask):
        value, score, path = reference(emissions[row, counts], tags[row, counts], chain)
        assert values[row] == pytest.approx(value, abs=2e-4)
        assert scores[row] == pytest.approx(score, abs=2e-4)
        assert list(best[row, counts]) == path


def test_all_sequences_together_have_a_probability_of_1():
    emissions, _, mask, chain = random_case(3, 1, 6, 3)
    mask[:] = [[True, False, True, True, False, True]]
    tags = np.zeros((3**4, 6), np.int64)
    tags[:, mask[0]] = list(itertools.product(range(3), repeat=4))
    emissions = np.repeat(emissions, 3**4, axis=0).astype(np.float32)
    values = likelihood(emissions, tags, np.repeat(mask, 3**4, axis=0), on_32_bits(chain))
    assert np.exp(values).sum() == pytest.approx(1, abs=1e-5)


def test_large_emissions_leave_the_likelihood_its_digits():
    emissions, tags, mask, chain = random_case(37, 8, 300, 5, share=1.0)
    emissions = (1e4 * emissions).astype(np.float32)
    tags[:4] = emissions[:4].argmax(axis=2)
    values = likelihood(emissions, tags, mask, on_32_bits(chain)).numpy()
    expected = [reference(*row, chain)[0] for row in zip(emissions.astype(np.float64), tags, strict=True)]
    np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-3)


def test_what_does_not_count_changes_nothing_wherever_it_stands():
    emissions, tags, mask, chain = (part for part in random_case(5, 4, 9, 3))
    other = np.where(mask[:, :, np.newaxis], emissions, 1e4).astype(np.float32)
    strange = np.where(mask, tags, -1)
    chain = on_32_bits(chain)
    plain = likelihood(emissions.astype(np.float32), tags, mask, chain).numpy()
    assert likelihood(other, strange, mask, chain).numpy().tolist() == plain.tolist()
    for row, counts in enumerate(mask):
        alone = likelihood(
            emissions[row, counts][np.newaxis].astype(np.float32),
            tags[row, counts][np.newaxis],
            np.ones((1, counts.sum()), bool),
            chain,
        ).numpy()
        assert alone[0] == pytest.approx(plain[row], abs=1e-5)


@pytest.mark.parametrize(("positions", "labels"), [(1, 3), (2, 2), (20, 3)])
@pytest.mark.parametrize("traced", [True, False])
def test_gradients_equal_finite_differences(positions, labels, traced):
    emissions, tags, mask, chain = random_case(11, 3, positions, labels)
    mask[0], mask[2] = True, False
    weights = np.array([1.0, -2.5, 3.0])

    def loss(emissions, *chain):
        values = [reference(e[c], t[c], Chain(*chain))[0] for e, t, c in zip(emissions, tags, mask, strict=True)]
        return weights @ np.array(values)

    inputs = [tf.constant(part, tf.float32) for part in (emissions, *chain)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        values = (likelihood if traced else crf.log_likelihood)(inputs[0], tags, mask, Chain(*inputs[1:]))
        total = tf.reduce_sum(values * weights.astype(np.float32))
    gradients = tape.gradient(total, inputs)
    parts, small = [emissions, *chain], 1e-5
    for which, gradient in enumerate(gradients):
        expected = np.zeros_like(parts[which])
        for place in np.ndindex(expected.shape):
            sides = []
            for step in (small, -small):
                moved = [part.copy() for part in parts]
                moved[which][place] += step
                sides.append(loss(*moved))
            expected[place] = (sides[0] - sides[1]) / (2 * small)
        np.testing.assert_allclose(gradient, expected, atol=2e-5)


@pytest.mark.parametrize("positions", [0, 1])
def test_rows_without_a_position_that_counts_have_the_likelihood_1_and_no_gradient(positions):
    emissions, tags, mask, chain = random_case(29, 2, positions, 3)
    inputs = [tf.constant(part, tf.float32) for part in (emissions, *chain)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        values = likelihood(inputs[0], tags, np.zeros_like(mask), Chain(*inputs[1:]))
    assert values.numpy().tolist() == [0, 0]
    assert not any(np.any(gradient) for gradient in tape.gradient(values, inputs))


def test_gradients_reach_variables_and_emissions_of_16_bits():
    emissions, tags, mask, chain = random_case(2, 2, 4, 3)
    variables = Chain(*(tf.Variable(scores, dtype=tf.float32) for scores in chain))
    half = tf.constant(emissions, tf.bfloat16)
    with tf.GradientTape() as tape:
        tape.watch(half)
        values = crf.log_likelihood(half, tags, mask, variables)
    gradients = tape.gradient(values, [half, *variables])
    assert values.dtype == tf.float32
    assert [gradient.dtype for gradient in gradients] == [tf.bfloat16, *[tf.float32] * 3]


# O, B-a, I-a, B-b, I-b as IOB2: I stands behind B or I of its type alone, and not in the first place.
LEGAL_BEFORE_INSIDE = {2: (1, 2), 4: (3, 4)}


def legal_of_iob2():
    between = np.ones((5, 5), bool)
    for inside, before in LEGAL_BEFORE_INSIDE.items():
        between[[label for label in range(5) if label not in before], inside] = False
    return np.array([True, True, False, True, False]), between, np.ones(5, bool)


def is_legal(tags):
    around = itertools.pairwise([0, *tags])
    return all(after not in LEGAL_BEFORE_INSIDE or before in LEGAL_BEFORE_INSIDE[after] for before, after in around)


@pytest.mark.parametrize("scale", [1.0, 1e4, 1e8])
def test_no_illegal_sequence_is_ever_returned(scale):
    emissions, _, mask, chain = random_case(13, 300, 40, 5, scale=scale)
    mask[0], mask[1], mask[2] = True, False, np.arange(40) == 17
    emissions[:50, :, [2, 4]] += 5 * scale  # Every position would be I.
    legal = crf.constrained(on_32_bits(chain), legal_of_iob2())
    best, scores = (part.numpy() for part in viterbi(emissions.astype(np.float32), mask, legal))
    assert all(is_legal(best[row, counts]) for row, counts in enumerate(mask))
    assert np.all(np.abs(scores) < -crf.ILLEGAL_SCORE / 2)
    free = viterbi(emissions.astype(np.float32), mask, on_32_bits(chain))[0].numpy()
    assert not all(is_legal(free[row, counts]) for row, counts in enumerate(mask))


def test_the_best_of_the_legal_sequences_is_returned():
    emissions, _, _, chain = random_case(17, 20, 4, 5)
    best = viterbi(
        emissions.astype(np.float32), np.ones((20, 4), bool), crf.constrained(on_32_bits(chain), legal_of_iob2())
    )
    for row in range(20):
        sequences = {tags: score for tags, score in by_enumeration(emissions[row], chain).items() if is_legal(tags)}
        assert tuple(best[0][row].numpy()) == max(sequences, key=sequences.get)


@pytest.mark.parametrize("scheme", [Scheme.IOB1, Scheme.IOB2, Scheme.BIOES])
def test_no_sequence_is_returned_that_a_scheme_does_not_allow(scheme):
    letters = "BIES" if scheme is Scheme.BIOES else "BI"
    labels = ["O", *(f"{letter}-{kind}" for letter in letters for kind in "ab")]
    emissions, _, mask, chain = random_case(31, 200, 12, len(labels), scale=1e4)
    mask[0], mask[1] = False, np.arange(12) == 5
    chain = crf.constrained(on_32_bits(chain), transitions(labels, scheme))
    best = viterbi(emissions.astype(np.float32), mask, chain)[0].numpy()
    for row, counts in enumerate(mask):
        assert illegal([labels[tag] for tag in best[row, counts]], scheme) == []


def test_a_label_that_may_not_come_last_does_not():
    emissions, _, _, chain = random_case(19, 30, 3, 2)
    legal = np.ones(2, bool), np.ones((2, 2), bool), np.array([True, False])
    best, _ = viterbi(emissions.astype(np.float32), np.ones((30, 3), bool), crf.constrained(on_32_bits(chain), legal))
    assert not best.numpy()[:, -1].any()
    assert best.numpy()[:, 0].any()


def test_it_can_be_saved_and_served_with_any_number_of_rows_and_positions(tmp_path):
    emissions, _, mask, chain = random_case(23, 3, 7, 4)
    module = tf.Module()
    module.chain = [tf.Variable(scores, dtype=tf.float32) for scores in chain]
    module.decode = tf.function(
        lambda emissions, mask: crf.viterbi(emissions, mask, Chain(*module.chain)),
        input_signature=[tf.TensorSpec([None, None, 4], tf.float32), tf.TensorSpec([None, None], tf.bool)],
    )
    tf.saved_model.save(module, str(tmp_path / "saved"))
    served = tf.saved_model.load(str(tmp_path / "saved"))
    for rows, positions in ((3, 7), (1, 1), (2, 5), (2, 0), (0, 2)):
        inputs = tf.constant(emissions[:rows, :positions], tf.float32), tf.constant(mask[:rows, :positions])
        tags, scores = served.decode(*inputs)
        expected = crf.viterbi(*inputs, on_32_bits(chain))
        assert tags.numpy().tolist() == expected[0].numpy().tolist()
        np.testing.assert_allclose(scores, expected[1], atol=1e-6)
