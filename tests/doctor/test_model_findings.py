import shutil

import pytest
import tensorflow as tf

from bert_tf.config.run import RunConfig, replace
from bert_tf.doctor.findings import Severity
from bert_tf.doctor.model_findings import look_at_model
from bert_tf.tasks.known.demo import DEMO
from tests.conftest import DEMO_CHECKPOINT

ENTRIES = (DEMO_CHECKPOINT / "vocab.txt").read_text().splitlines()


@pytest.fixture
def folder(tmp_path):
    shutil.copy(DEMO_CHECKPOINT / "bert_config.json", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("entries", "options", "told"),
    [
        (ENTRIES, {}, []),
        (ENTRIES, {"do_lower_case": False}, ["capitals are kept, but only 0 of the"]),
        (ENTRIES, {"strip_accents": False}, ["accents are kept, but only 0 of the"]),
        ([*ENTRIES[:-9], *(f"ñ{index}" for index in range(9))], {}, ["accents are removed, and 9 of the"]),
        ([*ENTRIES[:-1], ENTRIES[-2]], {}, ["the vocabulary has 1 entry that a later line repeats"]),
        (ENTRIES[:-1], {}, ["entries, and the model has"]),
        ([*ENTRIES, "", "\x1a"], {}, []),
    ],
)
def test_case_accents_and_repeated_entries_are_told(folder, entries, options, told):
    (folder / "vocab.txt").write_text("\n".join(entries))
    files = {
        name: str(folder / file)
        for name, file in (("bert_config_file", "bert_config.json"), ("vocab_file", "vocab.txt"))
    }
    config = replace(RunConfig(), **files, **options)
    findings = look_at_model(DEMO, config, tf.distribute.get_strategy(), None, None).section.findings
    warnings = [each.what for each in findings if each.severity is Severity.WARNING]
    assert warnings.pop().startswith("there is no checkpoint")
    assert len(warnings) == len(told)
    assert all(part in warning for part, warning in zip(told, warnings, strict=True)), warnings
    hopeless = [each for each in findings if "that no text matches" in each.what and each.severity is Severity.OK]
    assert len(hopeless) == (len(entries) > len(ENTRIES))
