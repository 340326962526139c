"""Choosing a tag for each word of a text. B rows of F pieces, W words, C tags."""

from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from bert_tf import features
from bert_tf.config.encoder import EncoderConfig
from bert_tf.data.table import TokenTable
from bert_tf.models.crf import Chain, constrained, viterbi
from bert_tf.models.heads import PieceHead
from bert_tf.tasks.answers.space import ENDS, PLACE, PROBABILITIES, SPLITS, STARTS
from bert_tf.tasks.answers.tag_schemes import OUTSIDE, split, transitions
from bert_tf.tasks.answers.tags import Tags
from bert_tf.tasks.objectives.objective import LOGITS, LOSS, LossTerm, Objective, Outputs
from bert_tf.text.excerpts import LongText

_MOST_POSITIONS = 2**18  # Of words that are decided on together, padding included.
_SMALLEST = 1e-37  # Of probabilities, so that they have logarithms.


class TagsObjective(Objective[Tags]):
    """One score a tag for each piece; of the sequences that the scheme allows, the likeliest is chosen."""

    def make_head(self, config: EncoderConfig) -> PieceHead:
        """Creates a head with one score a tag."""
        return PieceHead(config, len(self.space.labels))

    def example_losses(self, logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Returns the negative log-likelihood of each tag, float32 [B, F], from logits [B, F, C] and int32 [B, F]."""
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)

    def weights(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the number of words: each is counted at the piece that answers for it."""
        return {LOSS: tf.reduce_sum(batch[features.LABEL_WEIGHTS])}

    def loss_terms(self, logits: tf.Tensor, batch: Mapping[str, tf.Tensor]) -> tuple[LossTerm, ...]:
        losses = self.example_losses(logits, batch[features.LABEL_IDS])
        return (LossTerm(LOSS, losses, batch[features.LABEL_WEIGHTS]),)

    def answers(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the probability of each tag, [W, C]; rows sum to 1."""
        return {PROBABILITIES: tf.nn.softmax(logits)}

    def decide(self, answers: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Adds the places of the likeliest sequence that the scheme allows, int32 [W] (Viterbi 1967)."""
        probabilities = answers[PROBABILITIES]
        scores = tf.math.log(tf.maximum(probabilities, _SMALLEST))
        sentences = tf.RaggedTensor.from_row_splits(scores, answers[SPLITS], validate=False)
        count = len(self.space.labels)
        alike = Chain(tf.zeros([count, count]), tf.zeros([count]), tf.zeros([count]))
        chain = constrained(alike, transitions(self.space.labels, self.space.scheme))
        mask = tf.sequence_mask(sentences.row_lengths(), tf.reduce_max(tf.pad(sentences.row_lengths(), [[0, 1]])))
        places, _ = viterbi(sentences.to_tensor(), mask, chain)
        return {PLACE: tf.boolean_mask(places, mask), PROBABILITIES: probabilities, SPLITS: answers[SPLITS]}

    def decided(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the probabilities, [W, C], with the places of the tags; takes also `splits`, int64 [M + 1]."""
        splits, probabilities = columns[SPLITS], columns[PROBABILITIES]
        blocks = []
        for first, last in _blocks(np.diff(splits)):
            block = tf.constant(probabilities[splits[first] : splits[last]])
            own = tf.constant(splits[first : last + 1] - splits[first])
            blocks.append(self.decide({PROBABILITIES: block, SPLITS: own})[PLACE].numpy())
        return {PLACE: np.concatenate(blocks), PROBABILITIES: probabilities, SPLITS: splits}

    def gather(self, logits: np.ndarray, losses: np.ndarray, table: TokenTable, way: LongText) -> Outputs:
        """Returns what the pieces that answer for the words say of them, of the logits of all pieces."""
        assert table.word_splits is not None
        own = logits[table.answering]
        probabilities = self.answers(tf.constant(own))[PROBABILITIES].numpy()
        decided = self.decided({PROBABILITIES: probabilities, SPLITS: table.word_splits})
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
