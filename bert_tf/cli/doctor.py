"""`bert-tf doctor`: what can be known of a run before it trains."""

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator

import tensorflow as tf

from bert_tf.cli.doctor_inputs import DoctorInputs
from bert_tf.config.run import RunConfig, replace
from bert_tf.data.cleaning import choose_removal, write_without
from bert_tf.data.readers.own_files import find_format, read_own_file
from bert_tf.data.splits import DEV, TRAIN
from bert_tf.doctor.answer_findings import look_at_answers, read_answers
from bert_tf.doctor.data_findings import compare_splits
from bert_tf.doctor.findings import Finding, Section, Severity, blocker, blocking, count, ok, render, verdict
from bert_tf.doctor.machine_findings import devices_here, look_at_machine
from bert_tf.doctor.model_findings import ModelFacts, look_at_model
from bert_tf.doctor.room_findings import look_at_room
from bert_tf.doctor.token_findings import look_at_texts, read_texts
from bert_tf.runs.folder import check_output_dir, config_of_checkpoint, with_case_of
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.runs.session import open_source
from bert_tf.tasks.own.own_data import layout_of
from bert_tf.text.template import Template
from bert_tf.training.devices.strategy import make_strategy
from bert_tf.weights.checkpoint import Checkpoint
from bert_tf.weights.google import open_checkpoint

_NOT_LOOKED_AT = Section("texts, memory and disk", ["not looked at, as they depend on the model"])


def run(inputs: DoctorInputs) -> int:
    """Tells what it finds, section by section, and what it comes to.

    Returns:
        1 if something would end the run, else 0.
    """
    sections = list(inputs.sections)
    for section in itertools.chain(_sections(inputs), _fix(inputs)):
        print(render(section), flush=True)
        sections.append(section)
    print(verdict(sections))
    return 1 if count(sections, Severity.BLOCKER) else 0


def _sections(inputs: DoctorInputs) -> Iterator[Section]:
    config, task = inputs.config, inputs.found.task
    strategy = make_strategy(devices_here(config.device))
    section, precision = look_at_machine(config, strategy)
    yield section
    config = replace(config, precision=precision.policy)
    with contextlib.ExitStack() as stack:
        findings, checkpoint = _open(inputs, stack)
        if checkpoint is None and config.model.init_checkpoint is not None:
            yield Section("model", findings=findings)
            yield _NOT_LOOKED_AT
            return
        trained = config_of_checkpoint(checkpoint.folder) if checkpoint else None
        config = with_case_of(config, trained)
        trained_task = trained.data.task_name if trained else None
        facts = look_at_model(task, config, strategy, checkpoint, trained_task)
        yield dataclasses.replace(facts.section, findings=[*findings, *facts.section.findings])
        yield from _text_sections(inputs, config, strategy, facts)


def _open(inputs: DoctorInputs, stack: contextlib.ExitStack) -> tuple[list[Finding], Checkpoint | None]:
    """Finds where the weights would come from, and what stands against the output folder."""
    config, task, folder = inputs.config, inputs.found.task, inputs.config.action.output_dir
    findings: list[Finding] = []
    earlier = checkpoint = None
    if folder:
        with blocking(findings):
            config, earlier = check_output_dir(config, inputs.typed, task, folder)
    if not inputs.has_place:
        return findings, None
    if folder:
        with blocking(findings):
            source = ClassifierInputs(config, task, folder, inputs.found.splits, earlier)
            checkpoint = stack.enter_context(open_source(source))
    elif config.model.init_checkpoint is not None:
        with blocking(findings):
            checkpoint = stack.enter_context(open_checkpoint(config.model.init_checkpoint))
    return findings, checkpoint


def _text_sections(
    inputs: DoctorInputs, config: RunConfig, strategy: tf.distribute.Strategy, facts: ModelFacts
) -> Iterator[Section]:
    """What can be told with the vocabulary, and then with the model too."""
    if facts.encoder is None or facts.assets is None or facts.model is None:
        yield _NOT_LOOKED_AT
        return
    splits = inputs.found.splits
    texts = read_texts(splits, facts.assets, config, inputs.found.task.answers.template)
    yield look_at_texts(texts, config.data, facts.encoder.max_position_embeddings)
    answers = inputs.found.task.answers
    if answers.template is Template.CONTEXT:
        labelled = {split: examples for split, examples in splits.items() if examples.labels is not None}
        facts_of_answers = {
            split: read_answers(each, facts.assets, config, answers) for split, each in labelled.items()
        }
        yield look_at_answers(facts_of_answers, config)
    folds = config.own_data.k_folds
    share = (folds - 1) / folds if folds else 1  # Of the training file that a run trains on.
    row_lengths, whole_examples = texts.rows_of(round(share * len(splits[TRAIN])))
    yield look_at_room(facts.model, row_lengths, config, strategy, whole_examples, texts.rows_in_use)


def _fix(inputs: DoctorInputs) -> Iterator[Section]:
    """Writes the cleaned copy, if it is asked for and there is something to leave out, and says what it did."""
    config, target, path = inputs.config, inputs.fixed_file, inputs.config.own_data.train_file
    if target is None or path is None:
        return
    layout = layout_of(config)
    whole = read_own_file(path, layout, is_labelled=True)  # Of which --eval_split may have taken a part.
    splits = {TRAIN: whole}
    if config.own_data.eval_file is not None:
        splits[DEV] = inputs.found.splits[DEV]
    removal = choose_removal(compare_splits(inputs.found.task, splits)[TRAIN], len(whole))
    if not len(removal.dropped):
        yield Section("fix", findings=[ok(f"nothing is to be left out of {path}, so no copy was written")])
    elif len(removal.dropped) == len(whole):
        what = f"nothing of {path} would be left, so no copy was written: {removal}"
        yield Section("fix", findings=[blocker(what, "Give other examples")])
    else:
        lines = [line for line in whole.lines or () if isinstance(line, int)]
        write_without(path, target, find_format(path, layout.file_format), lines, removal.dropped)
        yield Section("fix", findings=[ok(f"wrote {target} with {removal}")])
