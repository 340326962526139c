"""Choosing a tag for each word of a text. B rows of F pieces, W words, C tags.

With a chain (`Tags.crf`) the loss of a row is the negative log-likelihood of the tags of all words that the row answers
for (Lafferty et al. 2001). It is shared out among these words, so that the loss of a batch is a mean over words, as it
is without a chain: both are equal while the scores of the chain are 0, and so the same learning rate does for both. A
sentence that is longer than a row is learnt in one stretch of words for each of its windows. What its first tag starts
with counts in the first stretch alone, and what its last one ends with in the last; the pair of neighbours at the
border of two stretches is learnt in neither. Decisions are on whole sentences.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.data.table import TokenTable
from bert_tf.models.crf import Chain, constrained, log_likelihood, marginals, viterbi
from bert_tf.models.heads import ChainHead, PieceHead
from bert_tf.tasks.answers.space import ENDS, PLACE, PROBABILITIES, SPLITS, STARTS
from bert_tf.tasks.answers.tag_schemes import OUTSIDE, split, transitions
from bert_tf.tasks.answers.tags import FIRST, LAST, Tags
from bert_tf.tasks.objectives.objective import LOGITS, LOSS, LossTerm, Objective, Outputs
from bert_tf.text.excerpts import LongText

_MOST_POSITIONS = 2**18  # Of words that are decided on together, padding included.
_SMALLEST = 1e-37  # Of probabilities, so that they have logarithms.


class TagsObjective(Objective[Tags]):
    """One score a tag for each piece; of the sequences that the scheme allows, the likeliest is chosen."""

    def make_head(self, config: EncoderConfig) -> PieceHead:
        """Creates a head with one score a tag, and those of a chain if there is one."""
        return (ChainHead if self.space.crf else PieceHead)(config, len(self.space.labels))

    @property
    def chain(self) -> Chain | None:
        """The chain of the model that is asked; None if it has none, or no model is asked."""
        return self.head.chain if isinstance(self.head, ChainHead) else None

    def example_losses(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns the negative log-likelihood of each tag, float32 [B, F], from logits [B, F, C] and int32 [B, F]."""
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)

    def weights(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the number of words: each is counted at the piece that answers for it."""
        return {LOSS: tf.reduce_sum(batch[features.LABEL_WEIGHTS])}

    def loss_terms(self, logits: tf.Tensor, batch: Mapping[str, tf.Tensor]) -> tuple[LossTerm, ...]:
        weights = batch[features.LABEL_WEIGHTS]
        if self.space.crf:
            return (LossTerm(LOSS, self._losses_of_chains(logits, batch), weights),)
        return (LossTerm(LOSS, self.example_losses(logits, batch[features.LABEL_IDS]), weights),)

    def _losses_of_chains(self, logits: tf.Tensor, batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """The mean loss of the words that a row answers for, at each of its positions: float32 [B, F]."""
        chain, borders = self.chain, batch[features.SENTENCE_BORDERS]
        assert chain is not None, "a chain is learnt by the model that has it"
        is_first, is_last = (tf.cast(borders & bit > 0, tf.float32)[:, :, tf.newaxis] for bit in (FIRST, LAST))
        emissions = tf.cast(logits, tf.float32) + is_first * chain.start + is_last * chain.end
        inner = Chain(chain.transitions, tf.zeros_like(chain.start), tf.zeros_like(chain.end))
        is_word = batch[features.LABEL_WEIGHTS] > 0
        whole = -log_likelihood(emissions, batch[features.LABEL_IDS], is_word, inner)
        words = tf.math.count_nonzero(is_word, axis=1, dtype=tf.float32)
        return tf.repeat((whole / tf.maximum(words, 1.0))[:, tf.newaxis], tf.shape(logits)[1], axis=1)

    def answers(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the probability of each tag, [W, C]; rows sum to 1. With a chain the logits themselves: what a word
        is depends on its neighbours.
        """
        return {PROBABILITIES: tf.nn.softmax(logits)} if self.chain is None else {LOGITS: logits}

    def decide(self, answers: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Adds the places of the likeliest sequence that the scheme allows, int32 [W] (Viterbi 1967).

        With the logits of a chain its scores count too, and the probabilities are those that a tag has in all sequences
        that are allowed. The mean of the probabilities of several models is decided on without their chains, which have
        done their part.
        """
        splits, chain = answers[SPLITS], self.chain
        if LOGITS in answers:
            assert chain is not None, "logits alone are what a model with a chain answers"
            scores = answers[LOGITS]
        else:
            scores, chain = tf.math.log(tf.maximum(answers[PROBABILITIES], _SMALLEST)), self._no_chain()
        sentences = tf.RaggedTensor.from_row_splits(scores, splits, validate=False)
        mask = tf.sequence_mask(sentences.row_lengths(), tf.reduce_max(tf.pad(sentences.row_lengths(), [[0, 1]])))
        padded, legal = sentences.to_tensor(), constrained(chain, transitions(self.space.labels, self.space.scheme))
        places, _ = viterbi(padded, mask, legal)
        probabilities = answers.get(PROBABILITIES)
        if probabilities is None:
            probabilities = tf.boolean_mask(marginals(padded, mask, legal), mask)
        return {PLACE: tf.boolean_mask(places, mask), PROBABILITIES: probabilities, SPLITS: splits}

    def _no_chain(self) -> Chain:
        """Neighbours of which nothing is known."""
        count = len(self.space.labels)
        return Chain(tf.zeros([count, count]), tf.zeros([count]), tf.zeros([count]))

    def decided(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the probabilities, [W, C], with the places of the tags; takes also `splits`, int64 [M + 1]; and the
        logits where a model with a chain is asked.
        """
        name = PROBABILITIES if self.chain is None or LOGITS not in columns else LOGITS
        splits, values = columns[SPLITS], columns[name]
        blocks = []
        for first, last in _blocks(np.diff(splits)):
            block = tf.constant(values[splits[first] : splits[last]])
            own = tf.constant(splits[first : last + 1] - splits[first])
            blocks.append(self.decide({name: block, SPLITS: own}))
        found = {each: np.concatenate([block[each].numpy() for block in blocks]) for each in (PLACE, PROBABILITIES)}
        return {**found, SPLITS: splits}

    def gather(self, logits: np.ndarray, losses: np.ndarray, table: TokenTable, way: LongText) -> Outputs:
        """Returns what the pieces that answer for the words say of them, of the logits of all pieces."""
        assert table.word_splits is not None
        own = logits[table.answering]
        answers = {name: tensor.numpy() for name, tensor in self.answers(tf.constant(own)).items()}
        decided = self.decided({**answers, SPLITS: table.word_splits})
        return Outputs({LOGITS: own, **decided}, losses[table.answering])

    def serve(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the tags of the words of each of B texts, S the most words of one, and the entities, E the most.

        `tags` string [B, S], empty behind the last word; `starts` and `ends` int32 [B, S], the characters of each word,
        -1 behind the last; `probabilities` float32 [B, S], of the tags. Where tags spell entities also `entity_types`
        string [B, E], `entity_starts` and `entity_ends` int32 [B, E], their characters, and `entity_probabilities`
        float32 [B, E], the least of their tags.
        """
        places, splits = outputs[PLACE], outputs[SPLITS]
        chosen = tf.gather(outputs[PROBABILITIES], places, batch_dims=1)
        served = {
            "tags": _rows(tf.gather(tf.constant(self.space.labels), places), splits, ""),
            "starts": _rows(outputs[STARTS], splits, -1),
            "ends": _rows(outputs[ENDS], splits, -1),
            "probabilities": _rows(chosen, splits, 0.0),
        }
        return served | (self._entities(outputs, chosen) if self.space.has_entities else {})

    def _entities(self, outputs: Mapping[str, tf.Tensor], chosen: tf.Tensor) -> dict[str, tf.Tensor]:
        """What legal tags spell: an entity is a tag that begins one, with what continues it."""
        letters, kinds = zip(*map(split, self.space.labels), strict=True)
        places, splits = outputs[PLACE], outputs[SPLITS]
        begins = tf.gather(tf.constant([letter in "BS" for letter in letters]), places)
        is_inside = tf.gather(tf.constant([letter != OUTSIDE for letter in letters]), places)
        number = tf.cumsum(tf.cast(begins, tf.int32)) - 1
        firsts = tf.where(begins)[:, 0]
        count = tf.size(firsts)
        segment = tf.where(is_inside, number, count)  # What is outside goes to a segment of its own.
        positions = tf.range(tf.size(places, tf.int64))
        lasts = tf.math.unsorted_segment_max(positions, segment, count + 1)[:count]
        least = tf.math.unsorted_segment_min(chosen, segment, count + 1)[:count]
        by_text = tf.searchsorted(firsts, splits, out_type=tf.int64)
        kind = tf.gather(tf.constant(kinds), tf.gather(places, firsts))
        return {
            "entity_types": _rows(kind, by_text, ""),
            "entity_starts": _rows(tf.gather(outputs[STARTS], firsts), by_text, -1),
            "entity_ends": _rows(tf.gather(outputs[ENDS], lasts), by_text, -1),
            "entity_probabilities": _rows(least, by_text, 0.0),
        }


def _blocks(lengths: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yields ranges of examples that are decided on together: padded to the longest, they must fit in memory."""
    first, longest = 0, 1
    for index, length in enumerate(lengths.tolist()):
        longest = max(longest, length)
        if index > first and (index + 1 - first) * longest > _MOST_POSITIONS:
            yield first, index
            first, longest = index, max(length, 1)
    yield first, len(lengths)


def _rows(values: tf.Tensor, splits: tf.Tensor, filling: str | float) -> tf.Tensor:
    """Values of all texts as one row a text: [W] to [B, S]."""
    return tf.RaggedTensor.from_row_splits(values, splits, validate=False).to_tensor(filling)
