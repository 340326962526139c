from bert_tf.text.unknown import count_unknown_characters
from bert_tf.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "e", "##a", "k", "文"))


def test_only_characters_that_no_form_of_is_known_are_counted():
    texts = ["Éa 文☃☃", "ß\u200d\u0301\t☃k", "字"]
    assert count_unknown_characters(texts, VOCABULARY, lower_case=True, strip_accents=True) == {"☃": 3, "ß": 1, "字": 1}


def test_without_lower_casing_the_character_itself_must_be_known():
    assert count_unknown_characters(["Fé e"], VOCABULARY, lower_case=False, strip_accents=False) == {"F": 1, "é": 1}


def test_accents_count_by_themselves():
    kept = count_unknown_characters(["É é E"], Vocabulary(("é", "e")), lower_case=True, strip_accents=False)
    removed = count_unknown_characters(["É é E"], Vocabulary(("é", "e")), lower_case=False, strip_accents=True)
    assert (kept, removed) == ({}, {"É": 1, "E": 1})
