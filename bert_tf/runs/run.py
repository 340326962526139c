"""One run: its actions, in their order."""

import os

import tensorflow as tf

from bert_tf.data.splits import DEV
from bert_tf.errors import InputError
from bert_tf.host.console import say
from bert_tf.host.workers import is_chief, wait_for_workers
from bert_tf.runs.inputs import ClassifierInputs
from bert_tf.runs.outcomes import evaluate_dev_sets, export, predict_test_sets
from bert_tf.runs.session import check_same_inputs, check_same_weights, open_session, open_source
from bert_tf.runs.tokens import token_tables
from bert_tf.runs.train import train
from bert_tf.tasks.task_model import load_trained
from bert_tf.training.journal import JOURNAL_FILE, Journal
from bert_tf.weights.google import list_tensors
from bert_tf.weights.places import find_prefix


def run_once(inputs: ClassifierInputs, strategy: tf.distribute.Strategy) -> int:
    """Runs the actions of the config, in their order."""
    journal = Journal(os.path.join(inputs.output_dir, JOURNAL_FILE) if is_chief(strategy) else None)
    with journal.closing():
        return _act(inputs, strategy, journal)


def _act(inputs: ClassifierInputs, strategy: tf.distribute.Strategy, journal: Journal) -> int:
    action = inputs.config.action
    for text in inputs.warnings:
        journal.warn_early(text)
    with open_source(inputs) as checkpoint:
        if checkpoint is None and not action.do_train:
            fix = "Train with --do_train, or give a fine-tuned checkpoint by --init_checkpoint"
            raise InputError("There must be a trained checkpoint", received=inputs.output_dir, fix=fix)
        session = open_session(inputs, checkpoint, strategy, journal)
        cache_dir = session.config.data.cache_dir
        tables = token_tables(inputs.splits, session.task, session.text_step, cache_dir, writes=session.writes)
        check_same_inputs(session, tables)
        evaluator = session.evaluator(tables[DEV]) if DEV in tables else None
        if action.do_train:
            train(session, inputs, checkpoint, tables, evaluator)
            wait_for_workers(strategy)  # Until the chief has written the last checkpoint.
            checkpoint = list_tensors(find_prefix(session.output_dir))
        assert checkpoint is not None
        report = load_trained(session.model, checkpoint)
        check_same_weights(session, checkpoint)
        if not action.do_train:
            say(f"weights from {checkpoint.prefix}, step {checkpoint.global_step}:\n{report.table()}")
            if session.writes:
                session.keep_config()
            journal.step = checkpoint.global_step or 0
            session.note_start()
        if action.do_eval and evaluator is not None:
            session = evaluate_dev_sets(session, evaluator, inputs.splits, tables, checkpoint.global_step)
        if action.do_predict:
            predict_test_sets(session, inputs, tables)
        if action.do_export and session.writes:
            export(session, checkpoint)
        wait_for_workers(strategy)
    return 0
