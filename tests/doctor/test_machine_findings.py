import pytest
import tensorflow as tf

from bert_tf.config.run import DeviceConfig, RunConfig, replace
from bert_tf.doctor.findings import Severity
from bert_tf.doctor.machine_findings import devices_here, hidden_gpu, look_at_machine
from bert_tf.training.devices.strategy import make_strategy


def test_batches_that_do_not_go_round_block_the_run():
    config = replace(RunConfig(), train_batch_size=3, gradient_accumulation_steps=4)
    section, precision = look_at_machine(config, make_strategy(config.device))
    assert [finding.severity for finding in section.findings] == [Severity.BLOCKER]
    assert "--train_batch_size must be at least 4" in section.findings[0].what
    assert precision.policy == "float32"
    assert f"tensorflow {tf.__version__}," in section.lines[0]


def test_a_run_elsewhere_is_looked_at_here_and_that_is_said():
    for device in (DeviceConfig(distribution="multi_worker"), DeviceConfig(use_tpu=True)):
        here = devices_here(device)
        assert (here.distribution, here.use_tpu) == ("auto", False)
    config = replace(RunConfig(), distribution="tpu")
    section, _ = look_at_machine(config, make_strategy(devices_here(config.device)))
    assert "TPUs are not looked at" in section.lines[-1]


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="TensorFlow sees the GPU")
def test_a_gpu_that_tensorflow_does_not_see_is_told_unless_somebody_hid_it(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert hidden_gpu(DeviceConfig(), str(tmp_path)) == []
    (tmp_path / "nvidia0").write_text("")
    (finding,) = hidden_gpu(DeviceConfig(), str(tmp_path))
    assert (finding.severity, "tensorflow[and-cuda]" in finding.fix) == (Severity.WARNING, True)
    assert hidden_gpu(DeviceConfig(num_cpu_devices=2), str(tmp_path)) == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert hidden_gpu(DeviceConfig(), str(tmp_path)) == []
