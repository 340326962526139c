"""The flags on devices: what contradicts itself or would fail far away is told before anything is connected to."""

import json
import socket

import pytest

from bert_tf.cli.main import main
from bert_tf.config.run import RunConfig, replace
from bert_tf.errors import InputError
from bert_tf.runs.devices import flags_without_cluster, resolve_devices
from bert_tf.training.devices.cluster import Cluster


def config(**options):
    return replace(RunConfig(), output_dir="gs://bucket/run", **options)


@pytest.mark.parametrize("options", [{"use_tpu": True}, {"distribution": "tpu"}])
def test_there_are_two_ways_to_ask_for_a_tpu(options):
    resolved, cluster = resolve_devices(config(**options), {})
    assert (resolved.device.use_tpu, resolved.device.distribution, cluster) == (True, "tpu", None)


@pytest.mark.parametrize("kind", ["one_device", "mirrored", "multi_worker"])
def test_a_tpu_and_something_else_is_a_contradiction(kind):
    with pytest.raises(InputError, match=f"Received: '--use_tpu --distribution={kind}'"):
        resolve_devices(config(use_tpu=True, distribution=kind), {})


def test_local_paths_are_refused_on_a_remote_tpu_all_in_one_line(tmp_path):
    paths = {"output_dir": "runs/a", "data_dir": "gs://bucket/CoLA", "init_checkpoint": "/b.zip", "cache_dir": "c"}
    with pytest.raises(InputError, match="must be on Google Cloud Storage") as caught:
        resolve_devices(replace(config(use_tpu=True, tpu_name="node-1"), **paths), {})
    assert "'--output_dir=runs/a, --init_checkpoint=/b.zip, --cache_dir=c'" in str(caught.value)
    assert "\n" not in str(caught.value)
    resolved, _ = resolve_devices(replace(config(use_tpu=True, tpu_name="local"), **paths), {})
    assert resolved.model.init_checkpoint == "/b.zip"


def test_they_are_refused_before_tensorflow_is_loaded(capsys, tmp_path):
    words = ["--task=demo", "--do_train", "--use_tpu", "--tpu_name=node-1", f"--output_dir={tmp_path}/run"]
    assert main(["classifier", *words]) == 2
    assert f"Received: '--output_dir={tmp_path}/run'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"distribution": "tpu"}, "tpu"),
        ({"distribution": "one_device"}, "one_device"),
        ({"worker_hosts": "127.0.0.1:1,b:2", "task_index": 0}, "multi_worker"),
    ],
)
def test_only_the_cpu_of_one_machine_is_divided(options, kind):
    with pytest.raises(InputError, match=f"Received: '--num_cpu_devices=2 with --distribution={kind}'"):
        resolve_devices(config(num_cpu_devices=2, **options), {})
    assert resolve_devices(config(num_cpu_devices=2), {})[1] is None


def test_one_worker_is_no_cluster_unless_asked_for(capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    environment = {"TF_CONFIG": json.dumps({"cluster": {"worker": [host]}, "task": {"type": "worker", "index": 0}})}
    assert resolve_devices(config(), environment)[1] is None
    assert "this process trains alone" in capsys.readouterr().err
    assert resolve_devices(config(distribution="multi_worker"), environment)[1] == Cluster((host,), 0)
    assert resolve_devices(config(distribution="mirrored"), environment)[1] is None
    assert capsys.readouterr().err == "TF_CONFIG has no effect: --distribution=mirrored\n"


def test_flags_of_workers_have_no_effect_on_one_alone():
    assert set(flags_without_cluster(None)) == {"worker_hosts", "task_index", "worker_timeout"}
    assert flags_without_cluster(Cluster(("a:1",), 0)) == {}
