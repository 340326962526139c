"""The folder of a run: what it holds, whose it is, and whether another run may write there."""

import dataclasses
import os
from collections.abc import Callable, Sequence

from bert_tf.config.encoder import ENCODER_CONFIG_FILE, VOCABULARY_FILE, EncoderConfig, parse_encoder_config
from bert_tf.config.paths import absolute_checkpoint, with_absolute_paths
from bert_tf.config.run import CONFIG_FILE, SECTION_TITLES, RunConfig, differing_options, from_json, replace
from bert_tf.config.typed import Typed
from bert_tf.data.cache import CACHE_FLAG, cache_path
from bert_tf.data.splits import Role
from bert_tf.errors import InputError
from bert_tf.evaluation.result_files import (
    DEV_RESULTS,
    EVAL_RESULTS,
    LABELS,
    PREDICTIONS,
    TEST_RESULTS,
    with_suffix,
)
from bert_tf.evaluation.submissions import SUBMISSIONS
from bert_tf.host import files
from bert_tf.host.json_objects import parse_json_object
from bert_tf.report.writing import FIGURES, MODEL_CARD, REPORT
from bert_tf.runs.examples import needed_splits
from bert_tf.runs.result_data import RESULT_DATA, folders_beside, test_scores_name
from bert_tf.tasks.answers.kinds import EXTRA_FILES
from bert_tf.tasks.own.stored import TASK_FILE
from bert_tf.tasks.registry import TASKS
from bert_tf.tasks.task import Task
from bert_tf.text.case import early_lower_case
from bert_tf.text.vocabulary import parse_vocabulary
from bert_tf.training.journal import JOURNAL_FILE
from bert_tf.training.watch.not_finite import LEFT_OUT_FILE
from bert_tf.weights.selection import holds_run

CROSS_VALIDATION = "cross_validation.txt"
SEEDS, BEST_SEED, ENSEMBLE = "seeds.txt", "best_seed.json", "ensemble"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A file or a folder that a run may leave in its output folder.

    Attributes:
        name: Its name.
        role: Of which splits there is one each, named with the suffix of the split; None if there is but one.
        is_result: Whether it tells of the model, so that the folder of several seeds has that of the best.
        is_cleared: Whether a new run in the folder removes it before it begins.
    """

    name: str
    role: Role | None = None
    is_result: bool = False
    is_cleared: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it may have."""
        if self.role is None:
            return (self.name,)
        suffixes = {split.suffix: None for task in TASKS.values() for split in task.splits if split.role is self.role}
        return tuple(with_suffix(self.name, suffix) for suffix in suffixes)


# Everything that there may be, but for checkpoints, which `training.checkpoints` looks after, and exports, which stay.
ENTRIES = (
    Entry(EVAL_RESULTS, is_result=True),
    Entry(DEV_RESULTS, Role.DEV, is_result=True),
    Entry(TEST_RESULTS, Role.TEST),
    Entry(PREDICTIONS, Role.TEST),
    *(Entry(name, Role.TEST) for name in EXTRA_FILES),
    *(Entry(test_scores_name(""), Role.TEST), Entry(RESULT_DATA, is_result=True)),
    Entry(SUBMISSIONS),
    Entry(REPORT, is_result=True),
    Entry(MODEL_CARD, is_result=True),
    Entry(FIGURES, is_result=True),
    Entry(CROSS_VALIDATION),
    Entry(SEEDS),
    Entry(BEST_SEED),
    Entry(ENSEMBLE),
    Entry(JOURNAL_FILE),
    Entry(LEFT_OUT_FILE),
    Entry("train"),
    Entry("eval"),
    Entry(LABELS, is_result=True, is_cleared=False),
    Entry(TASK_FILE, is_result=True, is_cleared=False),
    Entry(VOCABULARY_FILE, is_result=True, is_cleared=False),
    Entry(ENCODER_CONFIG_FILE, is_result=True, is_cleared=False),
)
RUN_FILES = tuple(name for entry in ENTRIES if entry.is_cleared for name in entry.names)
RESULTS = tuple(name for entry in ENTRIES if entry.is_result for name in entry.names)


def clear(folder: str) -> None:
    """Removes what an earlier run left in a folder, but for its checkpoints and exports."""
    for name in (*folders_beside(folder), *RUN_FILES, TASK_FILE, CONFIG_FILE):  # What tells whose it is goes last.
        files.remove(os.path.join(folder, name))


def check_output_dir(
    config: RunConfig, typed: Typed, task: Task, output_dir: str
) -> tuple[RunConfig, RunConfig | None]:
    """Makes sure that a run can write to its folder, and that it is the one which the folder may hold already.

    Args:
        config: All options.
        typed: What was typed of them.
        task: What is to be learnt.
        output_dir: The folder.

    Returns:
        The options, with what the folder decides; and those of the run that is continued, None if there is none.

    Raises:
        InputError: If the folder can't be used.
    """
    files.check_writable(output_dir)
    _check_cache(config, task, output_dir)
    earlier = saved_config(output_dir)
    if config.action.do_train and earlier is None:
        check_strange_folder(output_dir)
    if config.action.do_train and config.action.overwrite_output_dir:
        earlier = None
    if earlier is not None:
        config = with_case_of(config, earlier)
        if config.action.do_train and config.device.precision == "auto":  # What the run began with.
            config = replace(config, precision=earlier.device.precision)
        _check_same_run(output_dir, earlier, config, typed)
    return config, earlier


def require_output_dir(config: RunConfig) -> str:
    """Returns the output folder.

    Raises:
        InputError: If none was given.
    """
    if not config.action.output_dir:
        raise InputError("--output_dir must be set", fix="Give a folder that the run may write to")
    return config.action.output_dir


def saved_config(output_dir: str) -> RunConfig | None:
    """Returns the config that an earlier run left in a folder, None if there is none.

    Raises:
        InputError: If it can't be read.
    """
    path = os.path.join(output_dir, CONFIG_FILE)
    if not files.exists(path):
        return None
    text = files.read_text(path, "the config of the run", "Choose another --output_dir")
    config, written = from_json(text, path), parse_json_object(text, path).get("model", {})
    return config if "strip_accents" in written else _with_early_case(config, output_dir)


def config_of_checkpoint(folder: str) -> RunConfig | None:
    """Returns the config of the run that a checkpoint is of, None if it is of none.

    Raises:
        InputError: If it can't be read.
    """
    path = os.path.join(folder, CONFIG_FILE)
    if not files.exists(path):
        return None
    tree = parse_json_object(files.read_text(path, "the config of the run", "Choose another checkpoint"), path)
    return saved_config(folder) if set(tree) & set(SECTION_TITLES) else None  # Other programs name theirs so, too.


def with_case_of(config: RunConfig, trained: RunConfig | None) -> RunConfig:
    """Returns the options with the case in which a run was trained, as far as they say nothing of it.

    Args:
        config: All options.
        trained: Those of the run whose weights are used; None if they are of none.
    """
    if trained is None:
        return config
    lower_case, strip_accents = config.model.do_lower_case, config.model.strip_accents
    if lower_case is None:
        lower_case = trained.model.do_lower_case
    if strip_accents is None and lower_case == trained.model.do_lower_case:
        strip_accents = trained.model.strip_accents
    return replace(config, do_lower_case=lower_case, strip_accents=strip_accents)


def _with_early_case(config: RunConfig, folder: str) -> RunConfig:
    """The config with the case of a run of version 0.1, which removed accents whenever it lower-cased.

    It did not keep what it found from the vocabulary, and found it by capitals and accents together.
    """
    lower_case, path = config.model.do_lower_case, os.path.join(folder, VOCABULARY_FILE)
    if lower_case is None and files.exists(path):
        data = files.read_bytes(path, "the vocabulary of the run", "Choose another --output_dir")
        lower_case = early_lower_case(parse_vocabulary(data, path))
    return replace(config, do_lower_case=lower_case, strip_accents=lower_case)


def weights_place(config: RunConfig) -> str | None:
    """Where the weights of a run come from: its own folder if that holds some and is continued, else the checkpoint
    that the options name; None for new ones.
    """
    action = config.action
    starts_anew = action.do_train and action.overwrite_output_dir
    if action.output_dir and not starts_anew and holds_run(action.output_dir):
        return action.output_dir
    return config.model.init_checkpoint


def _check_cache(config: RunConfig, task: Task, output_dir: str) -> None:
    """Makes sure that what the cache lacks can be written to it, and stays there."""
    folder, length = config.data.cache_dir, config.data.max_seq_length
    if not folder:
        return
    for name in RUN_FILES:
        own = os.path.abspath(os.path.join(output_dir, name))
        if os.path.join(os.path.abspath(folder), "").startswith(os.path.join(own, "")):
            raise InputError(
                f"--{CACHE_FLAG} must not lie in a folder that a new run removes",
                received=folder,
                fix=f"Choose another --{CACHE_FLAG}",
            )
    wanted = [cache_path(folder, task.name, split, length) for split in needed_splits(config, task)]
    if not files.is_remote(folder) and not all(files.exists(path) for path in wanted):
        files.check_writable(folder, CACHE_FLAG)


def check_strange_folder(output_dir: str) -> None:
    """Makes sure that a folder which no run made has no names that a run clears: they are somebody's data.

    Raises:
        InputError: If it has some.
    """
    taken = [name for name in RUN_FILES if files.exists(os.path.join(output_dir, name))]
    if taken:
        raise InputError(
            "--output_dir must be a new folder or that of an earlier run",
            received=f"{output_dir}, which has {', '.join(taken)} but no {CONFIG_FILE}",
            fix="Choose another --output_dir",
        )


def _check_same_run(output_dir: str, earlier: RunConfig, config: RunConfig, typed: Typed) -> None:
    """Makes sure that what was typed doesn't contradict the run in the folder, whose weights are about to be used."""
    _check_own_files(output_dir, config, typed)
    _check_own_case(output_dir, earlier, config)
    start = config.model.init_checkpoint if "init_checkpoint" in typed.values else earlier.model.init_checkpoint
    if not config.action.do_train:
        is_other = absolute_checkpoint(start) != absolute_checkpoint(earlier.model.init_checkpoint)
        if is_other and files.exists(os.path.join(output_dir, "checkpoint")):
            raise InputError(
                f"{output_dir} holds a run of its own, whose weights are used",
                received=f"--init_checkpoint={start}",
                fix="Leave --init_checkpoint out, or choose another --output_dir",
            )
        return
    differing = differing_options(with_absolute_paths(earlier), with_absolute_paths(config))
    if (earlier.train.num_seeds > 1) is not (config.train.num_seeds > 1):  # Any other number adds or leaves out seeds.
        differing["num_seeds"] = (earlier.train.num_seeds, config.train.num_seeds)
    if differing:
        shown = ", ".join(f"{name} was {old!r} and is {new!r}" for name, (old, new) in differing.items())
        raise InputError(
            f"{output_dir} belongs to a run with other options",
            received=shown,
            fix="Choose another --output_dir, or start anew in this one with --overwrite_output_dir",
        )


def check_options_of_run(output_dir: str, base: RunConfig, config: RunConfig, allowed: Sequence[str]) -> None:
    """Makes sure that a --config file, or what was typed, leaves a trained model what it was trained with.

    Args:
        output_dir: The folder of the run.
        base: Its options.
        config: Those that are to be used.
        allowed: The options that may differ.

    Raises:
        InputError: If another one does.
    """
    differing = differing_options(with_absolute_paths(base), with_absolute_paths(config))
    others = [name for name in differing if name not in allowed]
    if others:
        own, chosen = differing[others[0]]
        fix = f"Leave {others[0]} out"
        raise InputError(f"--{others[0]} must be {own}, as in the run in {output_dir}", received=chosen, fix=fix)


def _check_own_case(output_dir: str, earlier: RunConfig, config: RunConfig) -> None:
    """Makes sure that texts are read as those were that the run in the folder was trained on."""
    if config.action.do_train:
        return  # Where all options that shape the training are compared.
    for name in ("do_lower_case", "strip_accents", "hidden_act"):
        own, chosen = getattr(earlier.model, name), getattr(config.model, name)
        if chosen != own and (own is not None or name == "hidden_act"):
            fix = f"Leave --{name} out"
            rule = f"--{name} must be {'left out' if own is None else own}, as in the run in {output_dir}"
            raise InputError(rule, received=chosen, fix=fix)


def _check_own_files(output_dir: str, config: RunConfig, typed: Typed) -> None:
    """Makes sure that a vocabulary or architecture that was typed is the one which the run in the folder has."""
    pairs = (
        ("vocab_file", config.model.vocab_file, VOCABULARY_FILE, lambda data, path: data),
        ("bert_config_file", config.model.bert_config_file, ENCODER_CONFIG_FILE, _architecture(config)),
    )
    for flag, path, own_name, meaning in pairs:
        own_path = os.path.join(output_dir, own_name)
        if path is None or flag not in typed.values or not files.exists(own_path):
            continue
        fix = f"Set --{flag} to the file that the run began with, or leave it out"
        given, own = (meaning(files.read_bytes(name, f"the --{flag}", fix), name) for name in (path, own_path))
        if given != own:
            raise InputError(f"--{flag} must be that of the run in {output_dir}", received=path, fix=fix)


def _architecture(config: RunConfig) -> Callable[[bytes, str], EncoderConfig]:
    def parse(data: bytes, path: str) -> EncoderConfig:
        encoder = parse_encoder_config(data.decode("utf-8-sig"), path)
        return dataclasses.replace(encoder, hidden_act=config.model.hidden_act or encoder.hidden_act)

    return parse
