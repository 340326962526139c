"""Who trains together, from flags or from TF_CONFIG: what is no cluster is told in one line."""

import json
import re
import socket

import pytest

from bert_tf.config.run import DeviceConfig
from bert_tf.errors import InputError
from bert_tf.training.devices.cluster import Cluster, find_cluster

HOSTS = ["a.example:2222", "10.0.0.7:2223", "[::1]:2224"]


def tf_config(cluster, task):
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})}


def test_flags_name_the_workers():
    device = DeviceConfig(worker_hosts=", ".join(HOSTS), task_index=2)
    assert find_cluster(device, {}) == Cluster(tuple(HOSTS), 2)
    assert find_cluster(device, {}).own_port == 2224


@pytest.mark.parametrize(
    ("cluster", "task", "position"),
    [
        ({"worker": HOSTS}, {"type": "worker", "index": 1}, 1),
        ({"worker": HOSTS[1:], "chief": HOSTS[:1]}, {"type": "worker", "index": 1}, 2),
        ({"worker": HOSTS[1:], "chief": HOSTS[:1]}, {"type": "chief", "index": 0}, 0),
        ({"worker": HOSTS}, {"type": "worker", "index": "2"}, 2),
    ],
)
@pytest.mark.parametrize("distribution", ["auto", "multi_worker"])
def test_so_does_the_environment_with_the_chief_first(cluster, task, position, distribution):
    found = find_cluster(DeviceConfig(distribution=distribution), tf_config(cluster, task))
    assert found == Cluster(tuple(HOSTS), position)


@pytest.mark.parametrize("device", [DeviceConfig(), DeviceConfig(distribution="mirrored"), DeviceConfig(use_tpu=True)])
def test_without_workers_a_process_is_alone(device):
    assert find_cluster(device, {}) is None


@pytest.mark.parametrize("distribution", ["one_device", "mirrored", "tpu"])
def test_who_asks_for_one_machine_gets_it_whatever_the_environment_says(distribution):
    assert find_cluster(DeviceConfig(distribution=distribution), {"TF_CONFIG": "{"}) is None


TASK = {"type": "worker", "index": 0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{worker: 1}", r"^TF_CONFIG must be JSON\. Received: '\{worker: 1\}: Expecting property name"),
        ("[]", "TF_CONFIG must name a cluster. Received: '[]'."),
        ("{}", "TF_CONFIG must name a cluster. Received: '{}'."),
        (tf_config({}, TASK), "TF_CONFIG must name a cluster"),
        (tf_config({"worker": "a:1"}, TASK), "must list the addresses of worker. Received: '\"a:1\"'"),
        (tf_config({"worker": []}, TASK), "TF_CONFIG must name the workers"),
        (tf_config({"worker": ["a:1"], "ps": ["b:1"]}, TASK), "workers and at most a chief. Received: 'ps'"),
        (tf_config({"chief": ["a:1", "b:1"]}, TASK), "must not have more than one chief. Received: 2"),
        (tf_config({"worker": ["a"]}, TASK), "with a port from 1 to 65535. Received: 'a'"),
        (tf_config({"worker": ["a:1"]}, None), "must be one of its cluster. Received: 'no task'"),
        (tf_config({"worker": ["a:1"]}, {"type": "worker", "index": 1}), '"index": 1}\''),
        (tf_config({"worker": ["a:1"]}, {"type": "worker", "index": -1}), "must be one of its cluster"),
        (tf_config({"worker": ["a:1"]}, {"type": "worker", "index": True}), "must be one of its cluster"),
        (tf_config({"worker": ["a:1"]}, {"type": "chief", "index": 0}), "must be one of its cluster"),
        (tf_config({"worker": ["a:1"]}, {"type": ["worker"], "index": 0}), "must be one of its cluster"),
    ],
)
def test_an_environment_that_names_no_cluster_is_refused(text, message):
    environment = text if isinstance(text, dict) else {"TF_CONFIG": text}
    with pytest.raises(InputError, match=message if message[0] == "^" else re.escape(message)) as caught:
        find_cluster(DeviceConfig(), environment)
    assert "\n" not in str(caught.value)
    assert "or unset it" in str(caught.value) or "same list for every worker" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"worker_hosts": "a:1,b:1"}, "--worker_hosts needs --task_index"),
        ({"task_index": 0}, "--task_index needs --worker_hosts. Received: 0"),
        ({"worker_hosts": "a:1,b:1", "task_index": 2}, "less than the 2 --worker_hosts. Received: 2"),
        ({"worker_hosts": "a:1,b", "task_index": 0}, "with a port from 1 to 65535. Received: 'b'"),
        ({"worker_hosts": "a:1,b:70000", "task_index": 0}, "Received: 'b:70000'"),
        ({"worker_hosts": "a:1,b:0", "task_index": 0}, "Received: 'b:0'"),
        ({"worker_hosts": "a:1,,b:1", "task_index": 0}, "Received: ''"),
        ({"worker_hosts": "grpc://a:1", "task_index": 0}, "Received: 'grpc://a:1'"),
        ({"worker_hosts": "a:1,a:1", "task_index": 0}, "must not name a worker twice. Received: 'a:1'"),
        ({"distribution": "multi_worker"}, "needs to know the workers"),
        (
            {"distribution": "mirrored", "worker_hosts": "a:1", "task_index": 0},
            "--worker_hosts needs --distribution=multi_worker. Received: '--distribution=mirrored'",
        ),
        ({"use_tpu": True, "worker_hosts": "a:1", "task_index": 0}, "Received: '--use_tpu'"),
    ],
)
def test_flags_that_name_no_cluster_are_refused(options, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        find_cluster(DeviceConfig(**options), {})
    assert "\n" not in str(caught.value)


def test_flags_and_environment_may_agree_but_not_differ():
    device = DeviceConfig(worker_hosts=",".join(HOSTS), task_index=1)
    environment = tf_config({"worker": HOSTS}, {"type": "worker", "index": 1})
    assert find_cluster(device, environment) == Cluster(tuple(HOSTS), 1)
    with pytest.raises(InputError, match="must not contradict each other"):
        find_cluster(device, tf_config({"worker": HOSTS}, {"type": "worker", "index": 0}))


def test_a_port_that_another_process_has_is_named():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        host = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(InputError, match=f"Received: '{host}, which is in use'"):
            Cluster((host, "127.0.0.1:1"), 0).check_port()
    Cluster((host, "127.0.0.1:1"), 0).check_port()
