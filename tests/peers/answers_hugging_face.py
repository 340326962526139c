"""Hugging Face on tags, spans and choices: one training of MiniLM with Trainer, and its scores on the dev set.

Needs torch and transformers and no TensorFlow: python -m tests.peers.answers_hugging_face tags --train=FILE --dev=FILE
--minilm=FOLDER. What it prints last is one line of JSON.
"""

import argparse
import itertools
import json
import os
import pathlib
import tempfile
import time
from collections.abc import Callable, Sequence

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from transformers import (
    AutoModelForMultipleChoice,
    AutoModelForQuestionAnswering,
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForMultipleChoice,
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    set_seed,
)

from bert_tf.metrics.entities import TAG_METRICS, count_tags
from bert_tf.metrics.spans import SPAN_METRICS, score_answers
from bert_tf.tasks.answers.tag_schemes import Scheme, entities
from tests.peers.contestant import CLIP_NORM, WARMUP_SHARE, WEIGHT_DECAY

torch.set_num_threads(len(os.sched_getaffinity(0)))
_OUTSIDE = -100  # What the loss of torch passes over.


def main() -> None:
    """Trains once, and prints the scores and the seconds of the training."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=WORKS)
    for name in ("train", "dev", "minilm"):
        parser.add_argument(f"--{name}", required=True)
    for name, value in (("rows", 0), ("seed", 1), ("batch", 16), ("length", 128), ("stride", 128)):
        parser.add_argument(f"--{name}", type=int, default=value)
    for name, value in (("epochs", 3.0), ("rate", 1e-4)):
        parser.add_argument(f"--{name}", type=float, default=value)
    settings = parser.parse_args()
    set_seed(settings.seed)
    scores, seconds = WORKS[settings.kind](settings, AutoTokenizer.from_pretrained(settings.minilm))
    print(json.dumps({**scores, "seconds": round(seconds, 2)}), flush=True)


def trained(model, collator: Callable, rows: Sequence[dict], settings: argparse.Namespace) -> tuple[Trainer, float]:
    """Trains as the other contestants do, in bfloat16 with rows of like length together; returns the seconds, too."""
    arguments = TrainingArguments(
        output_dir=tempfile.mkdtemp(),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch,
        learning_rate=settings.rate,
        weight_decay=WEIGHT_DECAY,
        max_grad_norm=CLIP_NORM,
        warmup_steps=WARMUP_SHARE,
        optim="adamw_torch_fused",
        train_sampling_strategy="group_by_length",
        bf16=True,
        use_cpu=True,
        seed=settings.seed,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=True,
    )
    trainer = Trainer(model=model, args=arguments, data_collator=collator, train_dataset=list(rows))
    started = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - started
    trainer.args.train_sampling_strategy = "random"  # Grouped, predictions would not be in the order of the rows.
    return trainer, seconds


# --- Tags ------------------------------------------------------------------------------------------------------------


def tags(settings: argparse.Namespace, tokenizer) -> tuple[dict[str, float], float]:
    """Token classification as its example script does it: loss and answers at the first piece of a word."""
    train, dev = _sentences(settings.train)[: settings.rows or None], _sentences(settings.dev)
    labels = sorted({tag for _, tags in train for tag in tags})
    model = AutoModelForTokenClassification.from_pretrained(settings.minilm, num_labels=len(labels))
    collator = DataCollatorForTokenClassification(tokenizer)
    trainer, seconds = trained(model, collator, _tagged(tokenizer, train, labels, settings.length), settings)
    rows = _tagged(tokenizer, dev, labels, settings.length)
    output = trainer.predict(rows)
    given = []
    for (words, _), row, logits in zip(dev, rows, output.predictions, strict=True):
        firsts = [place for place, label in enumerate(row["labels"]) if label != _OUTSIDE]
        found = [labels[place] for place in logits[firsts].argmax(-1)]
        given.append(found + ["O"] * (len(words) - len(found)))  # What was cut off is no name.
    counts = count_tags([tags for _, tags in dev], given, lambda tags: entities(tags, Scheme.IOB2))
    return {name: float(TAG_METRICS[name](counts)) for name in ("f1", "precision", "recall")}, seconds


def _sentences(path: str) -> list[tuple[list[str], list[str]]]:
    lines = pathlib.Path(path).read_text(encoding="utf-8-sig").split("\n")
    groups = itertools.groupby((line.rstrip("\r") for line in lines), lambda line: bool(line.strip()))
    found = []
    for is_sentence, group in groups:
        rows = [line.split("\t") for line in group if is_sentence]
        rows = [(word.removeprefix("en:"), tag) for word, tag in (row for row in rows if len(row) == 2)]
        if rows:
            words, tags = zip(*rows, strict=True)
            found.append((list(words), list(tags)))
    return found


def _tagged(tokenizer, sentences: Sequence[tuple], labels: Sequence[str], length: int) -> list[dict]:
    rows = []
    for words, tags in sentences:
        row = dict(tokenizer(words, is_split_into_words=True, truncation=True, max_length=length))
        numbers = tokenizer(words, is_split_into_words=True, truncation=True, max_length=length).word_ids()
        firsts = [number != before and number is not None for before, number in itertools.pairwise([None, *numbers])]
        row["labels"] = [
            (labels.index(tags[number]) if tags[number] in labels else 0) if is_first else _OUTSIDE
            for number, is_first in zip(numbers, firsts, strict=True)
        ]
        rows.append(row)
    return rows


# --- Spans -----------------------------------------------------------------------------------------------------------


def spans(settings: argparse.Namespace, tokenizer) -> tuple[dict[str, float], float]:
    """Question answering as its example script does it: windows, 20 best starts and ends, answers of 30 pieces."""
    train, dev = _questions(settings.train)[: settings.rows or None], _questions(settings.dev)
    model = AutoModelForQuestionAnswering.from_pretrained(settings.minilm)
    features = [row for each in train for row in _windows(tokenizer, each, settings)]
    names = ("input_ids", "attention_mask", "token_type_ids", "start_positions", "end_positions")
    rows = [{name: row[name] for name in names} for row in features]
    trainer, seconds = trained(model, DataCollatorWithPadding(tokenizer), rows, settings)
    asked = [[index, row] for index, each in enumerate(dev) for row in _windows(tokenizer, each, settings)]
    starts, ends = trainer.predict([{name: row[name] for name in names[:3]} for _, row in asked]).predictions
    best: list[tuple[float, str]] = [(-np.inf, "")] * len(dev)
    for (index, row), start_logits, end_logits in zip(asked, starts, ends, strict=True):
        best[index] = max(best[index], _best(row["offsets"], start_logits, end_logits, dev[index]["context"]))
    compared = score_answers([text for _, text in best], [x["texts"] for x in dev], version_2_with_negative=False)
    return {name: float(SPAN_METRICS[name](compared)) for name in ("f1", "exact_match")}, seconds


def _questions(path: str) -> list[dict]:
    tree = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    return [
        {
            "question": question["question"].lstrip(),
            "context": paragraph["context"],
            "texts": [answer["text"] for answer in question["answers"]],
            "start": question["answers"][0]["answer_start"],
        }
        for article in tree["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]


def _windows(tokenizer, asked: dict, settings: argparse.Namespace) -> list[dict]:
    found = tokenizer(
        asked["question"],
        asked["context"],
        truncation="only_second",
        max_length=settings.length,
        stride=settings.stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    first, end = asked["start"], asked["start"] + len(asked["texts"][0])
    rows = []
    for window, ids in enumerate(found["input_ids"]):
        part = found.sequence_ids(window)
        offsets = [o if s == 1 else None for o, s in zip(found["offset_mapping"][window], part, strict=True)]
        inside = [place for place, offset in enumerate(offsets) if offset is not None]
        row = {"input_ids": ids, "attention_mask": found["attention_mask"][window], "offsets": offsets}
        row |= {"token_type_ids": found["token_type_ids"][window], "start_positions": 0, "end_positions": 0}
        if inside and offsets[inside[0]][0] <= first and offsets[inside[-1]][1] >= end:
            row["start_positions"] = max(place for place in inside if offsets[place][0] <= first)
            row["end_positions"] = min(place for place in inside if offsets[place][1] >= end)
        rows.append(row)
    return rows


def _best(offsets: list, starts: np.ndarray, ends: np.ndarray, context: str) -> tuple[float, str]:
    count = len(offsets)
    found = [(-np.inf, "")]
    for start in np.argsort(-starts[:count])[:20]:
        for end in np.argsort(-ends[:count])[:20]:
            if offsets[start] and offsets[end] and 0 <= end - start < 30:
                found.append((float(starts[start] + ends[end]), context[offsets[start][0] : offsets[end][1]]))
    return max(found)


# --- Choices ---------------------------------------------------------------------------------------------------------


def choices(settings: argparse.Namespace, tokenizer) -> tuple[dict[str, float], float]:
    """Multiple choice as its example script does it: the softmax of one score a choice."""
    train, dev = _stems(settings.train)[: settings.rows or None], _stems(settings.dev)
    model = AutoModelForMultipleChoice.from_pretrained(settings.minilm)
    collator = DataCollatorForMultipleChoice(tokenizer)
    settings_rows = [_choice_row(tokenizer, *each, settings.length) for each in train]
    trainer, seconds = trained(model, collator, settings_rows, settings)
    output = trainer.predict([_choice_row(tokenizer, *each, settings.length) for each in dev])
    right = np.array([label for *_, label in dev])
    return {"accuracy": float((output.predictions.argmax(-1) == right).mean())}, seconds


def _stems(path: str) -> list[tuple[str, list[str], int]]:
    found = []
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        tree = json.loads(line)
        offered = tree["question"]["choices"]
        place = [choice["label"] for choice in offered].index(tree["answerKey"])
        found.append((tree["question"]["stem"], [choice["text"] for choice in offered], place))
    return found


def _choice_row(tokenizer, stem: str, offered: Sequence[str], label: int, length: int) -> dict:
    found = tokenizer([stem] * len(offered), list(offered), truncation=True, max_length=length)
    return {**{name: found[name] for name in ("input_ids", "attention_mask", "token_type_ids")}, "label": label}


WORKS = {"tags": tags, "spans": spans, "choices": choices}

if __name__ == "__main__":
    main()
