"""Hugging Face transformers and its Trainer. Variant `grouped` has the fastest settings, `default` those of run_glue.

Needs torch and transformers and no TensorFlow: python -m tests.peers.hugging_face step-16x128 --precision=bfloat16
"""

import contextlib
import os
import resource
import sys
import tempfile
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from tests.peers import contestant, texts
from tests.peers.contestant import Figures, Settings
from tests.peers.works import (
    BFLOAT16,
    ENGLISH_VOCABULARY,
    EPOCH_TASKS,
    EVALUATION,
    FIRST_STEP_DONE,
    SCALING_CORES,
    SCALING_LENGTH,
    STEP_SHAPES,
    StepShape,
)

torch.set_num_threads(len(os.sched_getaffinity(0)))


def train_step(work: str, settings: Settings) -> Figures:
    """The step as Trainer takes it: autocast, fused AdamW, clipping; attention by torch's own kernel."""
    return _time(STEP_SHAPES[work], settings) | _versions()


def scaling(work: str, settings: Settings) -> Figures:
    """Steps of several sizes."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    return contestant.time_scaling(lambda rows: _time(StepShape(rows, SCALING_LENGTH), settings)) | _versions()


def _time(shape: StepShape, settings: Settings) -> Figures:
    torch.manual_seed(settings.seed)
    model = _base_model(settings, shape.vocabulary).train()
    optimizer = torch.optim.AdamW(_parameter_groups(model), lr=contestant.LEARNING_RATE, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / 1000)
    batch = {
        "input_ids": torch.randint(1, shape.pieces, (shape.rows, shape.length)),
        "attention_mask": torch.ones(shape.rows, shape.length, dtype=torch.int64),
        "token_type_ids": torch.zeros(shape.rows, shape.length, dtype=torch.int64),
        "labels": torch.randint(0, 2, (shape.rows,)),
    }

    def step() -> float:
        with _autocast(settings):
            loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), contestant.CLIP_NORM)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        return float(loss.detach())

    return contestant.time_steps(step, settings, shape.tokens)


def _base_model(settings: Settings, vocabulary: int = ENGLISH_VOCABULARY) -> BertForSequenceClassification:
    config = BertConfig(vocab_size=vocabulary, num_hidden_layers=settings.layers, attn_implementation="sdpa")
    return BertForSequenceClassification(config)


def _autocast(settings: Settings) -> contextlib.AbstractContextManager:
    if settings.precision == BFLOAT16:
        return torch.autocast("cpu", dtype=torch.bfloat16)
    return contextlib.nullcontext()


def _parameter_groups(model: torch.nn.Module) -> list[dict]:
    """Trainer's groups: weight decay for all but LayerNorm and biases."""
    named = dict(model.named_parameters())
    plain = [value for name, value in named.items() if "LayerNorm" in name or name.endswith("bias")]
    decayed = [value for name, value in named.items() if not ("LayerNorm" in name or name.endswith("bias"))]
    return [
        {"params": decayed, "weight_decay": contestant.WEIGHT_DECAY},
        {"params": plain, "weight_decay": 0.0},
    ]


class CountingCollator:
    """Pads the rows of a batch to the longest of them, and counts what is padding."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase):
        self._pad = DataCollatorWithPadding(tokenizer)
        self.tokens = self.places = 0

    def __call__(self, rows: list[dict]) -> dict[str, torch.Tensor]:
        batch = self._pad(rows)
        self.tokens += int(batch["attention_mask"].sum())
        self.places += batch["attention_mask"].numel()
        return batch


class TellingFirstStep(TrainerCallback):
    """Says when the first step has ended."""

    def on_step_end(self, arguments, state, control, **kwargs):
        print(FIRST_STEP_DONE, file=sys.stderr, flush=True)
        control.should_training_stop = True


def epoch(work: str, settings: Settings) -> Figures:
    """Trains MiniLM for an epoch and scores it. The time is that of `Trainer.train`, which writes no checkpoint."""
    task = EPOCH_TASKS[work]
    tokenizer = _tokenizer(settings)
    collator = CountingCollator(tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(_minilm(settings), collator, settings, folder)
        trainer.train_dataset = _encode(tokenizer, task, "train", settings, settings.rows)
        started = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - started
        figures = {
            "seconds": seconds,
            "steps": trainer.state.global_step,
            "useful_tokens": collator.tokens / collator.places,
        }
        output = trainer.predict(_encode(tokenizer, task, "dev", settings))
    # Predictions are in the order of length grouping, and so are these labels.
    score = texts.score(task, output.predictions.argmax(-1).tolist(), output.label_ids.tolist())
    return figures | {"score": score, "peak_memory_mib": contestant.peak_memory_mib(resource.RUSAGE_SELF)} | _versions()


def until_first_step(work: str, settings: Settings) -> Figures:
    """What `first-step` starts and ends: training on CoLA, all of which is tokenised before."""
    tokenizer = _tokenizer(settings)
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(_minilm(settings), CountingCollator(tokenizer), settings, folder)
        trainer.train_dataset = _encode(tokenizer, "cola", "train", settings, settings.rows)
        trainer.add_callback(TellingFirstStep)
        trainer.train()
    return {}


def evaluation(work: str, settings: Settings) -> Figures:
    """Predicts the dev set of SST-2: first from strings, then again from word pieces."""
    torch.manual_seed(settings.seed)
    tokenizer = _tokenizer(settings)
    collator = CountingCollator(tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(_base_model(settings), collator, settings, folder, trains=False)
        started = time.perf_counter()
        rows = _encode(tokenizer, "sst-2", "dev", settings, settings.rows)
        trainer.predict(rows)
        first = time.perf_counter() - started
        tokens, useful = collator.tokens, collator.tokens / collator.places
        later = []
        for _ in range(settings.passes):
            started = time.perf_counter()
            trainer.predict(rows)
            later.append(time.perf_counter() - started)
    return contestant.passes(first, later, tokens) | {"useful_tokens": useful} | _versions()


def _minilm(settings: Settings) -> PreTrainedModel:
    set_seed(settings.seed)
    return AutoModelForSequenceClassification.from_pretrained(settings.minilm_hugging_face, num_labels=2)


def _tokenizer(settings: Settings) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(settings.minilm_hugging_face)


def _encode(
    tokenizer: PreTrainedTokenizerBase, task: str, split: str, settings: Settings, limit: int = 0
) -> list[dict[str, object]]:
    """Word pieces of all rows of a split; `default` pads them here, as run_glue does."""
    rows = texts.read_rows(settings.glue_dir, task, split, limit)
    padding = "max_length" if settings.variant == "default" else False
    encoded = tokenizer(*rows.texts, truncation=True, max_length=contestant.MAX_LENGTH, padding=padding)
    names = ("input_ids", "attention_mask", "token_type_ids")
    columns = [encoded[name] for name in names]
    return [
        {**dict(zip(names, values, strict=True)), "labels": label}
        for *values, label in zip(*columns, rows.labels, strict=True)
    ]


def _trainer(
    model: PreTrainedModel, collator: CountingCollator, settings: Settings, folder: str, *, trains: bool = True
) -> Trainer:
    is_fast, is_short = settings.variant == "grouped", settings.precision == BFLOAT16
    arguments = TrainingArguments(
        output_dir=folder,
        num_train_epochs=1,
        per_device_train_batch_size=contestant.BATCH_SIZE,
        per_device_eval_batch_size=contestant.BATCH_SIZE,
        learning_rate=contestant.LEARNING_RATE,
        weight_decay=contestant.WEIGHT_DECAY,
        max_grad_norm=contestant.CLIP_NORM,
        warmup_steps=contestant.WARMUP_SHARE,
        optim="adamw_torch_fused",
        train_sampling_strategy="group_by_length" if is_fast else "random",
        bf16=is_short and trains,  # By autocast, which casts the weights in every step.
        bf16_full_eval=is_short and not trains,  # With weights that were cast once, which is faster.
        use_cpu=not torch.cuda.is_available(),  # It has to be told before it takes bfloat16 on a CPU.
        seed=settings.seed,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    return Trainer(model=model, args=arguments, data_collator=collator)


def _versions() -> Figures:
    return {"versions": contestant.versions(("torch", "transformers", "accelerate"))}


if __name__ == "__main__":
    contestant.main(
        {
            **dict.fromkeys(STEP_SHAPES, train_step),
            **dict.fromkeys(SCALING_CORES, scaling),
            **dict.fromkeys(EPOCH_TASKS, epoch),
            EVALUATION: evaluation,
            "until-first-step": until_first_step,
        }
    )
