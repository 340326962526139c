"""Archives as they are published, packed by hand, and made to do harm."""

import io
import os
import tarfile
import zipfile

import pytest

from bert_tf.errors import InputError
from bert_tf.weights.archives import check_archive, is_archive, unpack
from tests.conftest import DEMO_CHECKPOINT

MODEL = {
    "uncased_L-1/bert_model.ckpt.index": b"index",
    "uncased_L-1/bert_model.ckpt.data-00000-of-00001": b"data",
    "uncased_L-1/bert_config.json": b"{}",
    "uncased_L-1/vocab.txt": b"[PAD]\n",
}
UNPACKED = {os.path.basename(name): data for name, data in MODEL.items()}
ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".TGZ", ".tar.bz2", ".tar.xz")


def pack(path, contents):
    """Packs {name: bytes} as the ending of the path says."""
    name = path.name.lower()
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for member, data in contents.items():
                file.writestr(member, data)
        return path
    kind = {"tar": "", "tgz": "gz"}.get(name.rsplit(".", 1)[1], name.rsplit(".", 1)[1])
    with tarfile.open(path, f"w:{kind}") as file:
        for member, data in contents.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


def unpacked(archive, folder):
    check_archive(str(archive))
    unpack(str(archive), str(folder))
    return {name: (folder / name).read_bytes() for name in os.listdir(folder)}


def refused(archive, tmp_path):
    """What is told of an archive, before and while it is unpacked alike; nothing may be left in the folder."""
    told = set()
    for act in (lambda: check_archive(str(archive)), lambda: unpack(str(archive), str(tmp_path / "target"))):
        with pytest.raises(InputError) as caught:
            act()
        told.add(str(caught.value))
    assert os.listdir(tmp_path / "target") == []
    (line,) = told
    assert str(archive) in line
    return line


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_of_archive_is_read(tmp_path, ending):
    assert unpacked(pack(tmp_path / f"model{ending}", MODEL), tmp_path / "target") == UNPACKED
    assert is_archive(f"model{ending}")
    assert not is_archive(f"model{ending}/bert_model.ckpt")


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
@pytest.mark.parametrize(
    ("changes", "renamed"),
    [
        ({"__MACOSX/uncased_L-1/._bert_model.ckpt.index": b"m", "uncased_L-1/._vocab.txt": b"m"}, {}),
        ({"uncased_L-1/bert_model.ckpt.meta": b"graph", "README.md": b"x", "a/checkpoint": b"x"}, {}),
        ({"other/config.json": b"{1}", "other/vocab.txt": b"x"}, {}),
        ({}, {"bert_config.json": "albert_config_tiny.json"}),
        ({}, {"bert_config.json": "model_config.json", "vocab.txt": "vocab_chinese.txt"}),
        ({}, {"bert_model.ckpt": "roberta_zh.ckpt-1000"}),
        ({}, {"bert_model.ckpt": "model"}),
        ({}, {"bert_model.ckpt.data-00000-of-00001": "bert_model.ckpt.data-00000-of-00002"}),
        (
            {"uncased_L-1/config.json": b"", "uncased_L-1/tokenizer_config.json": b""},
            {"bert_config.json": "a_config.json"},
        ),
        ({}, {"uncased_L-1/": ""}),
        ({}, {"uncased_L-1/": "./a/b/c/"}),
    ],
)
def test_what_belongs_to_the_model_is_found_by_its_place_and_kind(tmp_path, ending, changes, renamed):
    contents = {}
    for name, data in MODEL.items():
        for old, new in renamed.items():
            name = name.replace(old, new)
        contents[name] = data
    expected = {
        **{os.path.basename(name): data for name, data in contents.items() if name.endswith((".index", "1", "2"))},
        **{name: UNPACKED[name] for name in ("bert_config.json", "vocab.txt")},
    }
    assert unpacked(pack(tmp_path / f"m{ending}", {**changes, **contents}), tmp_path / "target") == expected


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
@pytest.mark.parametrize(
    ("contents", "told"),
    [
        ({}, "Received: 'an empty archive'"),
        ({"a/pytorch_model.bin": b"x"}, "Received: 'a/pytorch_model.bin'"),
        (
            {**MODEL, "cased/bert_model.ckpt.index": b"x"},
            "'2 of them: uncased_L-1/bert_model.ckpt, cased/bert_model.ckpt'",
        ),
        ({"a/x.ckpt.index": b"", "a/y.ckpt.index": b""}, "Received: '2 of them: a/x.ckpt, a/y.ckpt'"),
        ({**MODEL, "../../vocab.txt": b"x"}, "files below its own folder. Received: '../../vocab.txt'"),
        ({**MODEL, "/etc/bert_config.json": b"x"}, "files below its own folder. Received: '/etc/bert_config.json'"),
        ({**MODEL, "a/../b/x": b"x"}, "files below its own folder. Received: 'a/../b/x'"),
        ({**MODEL, "uncased_L-1/x_config.json": b"", "uncased_L-1/bert_config.json": b""}, None),
    ],
)
def test_what_is_no_single_model_or_leads_elsewhere_is_refused(tmp_path, ending, contents, told):
    archive = pack(tmp_path / f"m{ending}", contents)
    if told is None:  # The usual name comes before those that are like it.
        assert unpacked(archive, tmp_path / "target").keys() == UNPACKED.keys()
    else:
        assert told in refused(archive, tmp_path)


def test_configs_among_which_nothing_decides_are_named(tmp_path):
    contents = {name: data for name, data in MODEL.items() if "config" not in name}
    contents |= {"uncased_L-1/a_config.json": b"", "uncased_L-1/config_b.json": b""}
    told = refused(pack(tmp_path / "m.zip", contents), tmp_path)
    assert "must hold one bert_config.json. Received: 'uncased_L-1/a_config.json, uncased_L-1/config_b.json'" in told


def test_links_are_refused(tmp_path):
    with tarfile.open(pack(tmp_path / "m.tar", MODEL), "a") as file:
        for kind, name in ((tarfile.SYMTYPE, "uncased_L-1/vocab_x.txt"), (tarfile.LNKTYPE, "x")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            file.addfile(info)
    assert unpacked(tmp_path / "m.tar", tmp_path / "first") == UNPACKED  # They are none of those that are wanted.
    contents = {name: data for name, data in MODEL.items() if "vocab" not in name}
    with tarfile.open(pack(tmp_path / "n.tar", contents), "a") as file:
        info = tarfile.TarInfo("uncased_L-1/vocab.txt")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(info)
    assert "must hold files, and no links. Received: 'uncased_L-1/vocab.txt'" in refused(tmp_path / "n.tar", tmp_path)
    link = zipfile.ZipInfo("uncased_L-1/vocab.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(pack(tmp_path / "n.zip", contents), "a") as file:
        file.writestr(link, "/etc/passwd")
    assert "must hold files, and no links" in refused(tmp_path / "n.zip", tmp_path)


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, ending):
    name = "uncased_L-1/bert_model.ckpt.data-00000-of-00001"
    archive = pack(tmp_path / f"m{ending}", {**MODEL, name: bytes(2**27)})
    assert archive.stat().st_size < 2**18
    told = refused(archive, tmp_path)
    assert "must not be larger than the files of a model can be" in told
    assert name in told


def test_a_size_that_is_a_lie_is_noticed(tmp_path):
    name = "uncased_L-1/bert_model.ckpt.data-00000-of-00001"
    archive = pack(tmp_path / "m.zip", {**MODEL, name: os.urandom(1000)})
    data = archive.read_bytes()
    size, lie = (1000).to_bytes(4, "little"), (900).to_bytes(4, "little")
    assert data.count(size) >= 2
    archive.write_bytes(data.replace(size, lie))
    with pytest.raises(InputError, match=r"must be a zip file that is whole"):
        unpack(str(archive), str(tmp_path / "target"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_archive_that_is_cut_off_or_none_at_all_is_refused(tmp_path, ending):
    archive = pack(tmp_path / f"m{ending}", {**MODEL, "x": os.urandom(20000)})
    data = archive.read_bytes()
    for content in (data[:-12000], b"PK\x03\x04 not really", b"", os.urandom(5000)):
        archive.write_bytes(content)
        with pytest.raises(InputError, match=f"{archive} must "):
            unpack(str(archive), str(tmp_path / "target"))
    with pytest.raises(InputError, match="There must be an archive at the path"):
        check_archive(str(tmp_path / f"none{ending}"))


@pytest.mark.parametrize(
    "ending",
    [pytest.param(each, marks=[pytest.mark.exhaustive] * (each not in (".zip", ".tar.gz"))) for each in ENDINGS],
)
def test_an_archive_of_real_size_is_read_whole(tmp_path, ending):
    contents = {path.name: path.read_bytes() for path in DEMO_CHECKPOINT.iterdir() if path.is_file()}
    archive = pack(tmp_path / f"demo{ending}", {f"demo/{name}": content for name, content in contents.items()})
    found = unpacked(archive, tmp_path / "target")
    assert found == {name: contents[name] for name in found}
    assert len(found) == 4
