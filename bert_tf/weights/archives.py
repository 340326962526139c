"""Archives in which models are published: what is in them, looked at before anything is unpacked.

Only the files of one checkpoint, its config and its vocabulary are unpacked, under the names by which they are looked
for, whatever they are called in the archive. Nothing here imports TensorFlow but for `gs://`.
"""

import contextlib
import dataclasses
import gzip
import lzma
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TypeAlias

from bert_tf.config.encoder import ENCODER_CONFIG_FILE, VOCABULARY_FILE
from bert_tf.errors import InputError
from bert_tf.host import files
from bert_tf.host.disk import check_room, is_full

_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_PUBLISHED_INDEX = "bert_model.ckpt.index"
# `config.json` and those beside it are of Hugging Face, where gelu means another function.
_LIKE_A_CONFIG = re.compile(r"^(?!config\.json$|tokenizer_|generation_).*config.*\.json$", re.IGNORECASE)
_LIKE_A_VOCABULARY = re.compile(r"vocab.*\.txt$", re.IGNORECASE)
_SHARD = re.compile(r"\.data-\d+-of-\d+$")
_MOST_BYTES = 16 * 2**30
_MOST_BYTES_OF_TEXT = 2**28  # Config, vocabulary and index: the largest that is known has 20 MiB.
# Weights hardly get smaller by packing. What gets so much smaller is made to fill a disk.
_MOST_TIMES, _HARMLESS_BYTES = 50, 2**26
_BLOCK_BYTES = 2**20
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, gzip.BadGzipFile, lzma.LZMAError),
    *(EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError, OSError),
)


@dataclasses.dataclass(frozen=True)
class Member:
    """A file in an archive.

    Attributes:
        path: Where it is in the archive.
        size: How long it says that it is.
        packed_size: How much of the archive it takes; None if it is packed together with others.
        is_link: Whether it is a link or device and no file.
        open: Opens it for reading.
    """

    path: str
    size: int
    packed_size: int | None
    is_link: bool
    open: Callable[[], IO[bytes]]

    @property
    def folder(self) -> str:
        """Where it lies in the archive."""
        return os.path.dirname(self.path)

    @property
    def name(self) -> str:
        """Its name without the folder."""
        return os.path.basename(self.path)


# The name that each file is to have, and the file.
_Chosen: TypeAlias = dict[str, Member]


def is_archive(path: str) -> bool:
    """Whether a path is that of an archive, by its ending; a folder of that name is none."""
    return path.lower().endswith(_ENDINGS) and not files.is_folder(path)


def check_archive(archive: str) -> None:
    """Makes sure that an archive holds one model and nothing that would do harm; unpacks nothing.

    Raises:
        InputError: If it does not.
    """
    with _opened(archive) as members:
        _choose(archive, members)


def unpack(archive: str, folder: str) -> None:
    """Unpacks the model of an archive: its files without the folders, config and vocabulary under their usual names.

    Args:
        archive: The archive, which may be remote.
        folder: A folder for it.

    Raises:
        InputError: If there is no such archive, it is cut off, holds no model or several, or would do harm.
    """
    files.make_folder(folder)
    with _opened(_local_copy(archive, folder)) as members:
        chosen = _choose(archive, members)
        needed = sum(member.size for member in chosen.values())
        check_room(folder, needed, f"what is in {archive}", "Unpack it on another disk and give the folder")
        for name, member in chosen.items():
            _copy(archive, member, os.path.join(folder, name))


def _local_copy(archive: str, folder: str) -> str:
    """The path of the archive on this machine, since it is read here and there."""
    if not files.is_remote(archive) or not files.exists(archive):
        return archive
    local = os.path.join(folder, os.path.basename(archive))
    with open(local, "wb") as file:
        for block in files.read_blocks(archive):
            file.write(block)
    return local


@contextlib.contextmanager
def _opened(archive: str) -> Iterator[Sequence[Member]]:
    """Lists an archive; members can be opened as long as the block lasts."""
    if not files.exists(archive):
        raise InputError("There must be an archive at the path", received=archive, fix="Check the path")
    is_zip = archive.lower().endswith(".zip")
    try:
        with files.open_bytes(archive) as file:
            if is_zip:
                with zipfile.ZipFile(file) as packed:
                    yield _members_of_zip(packed)
            else:
                packed_size = _length(file)  # Before the file is read, which continues from where it stands.
                with tarfile.open(fileobj=file, mode="r:*") as packed_together:
                    yield _members_of_tar(archive, packed_together, packed_size)
    except InputError:
        raise
    except _BROKEN as error:
        if is_full(error):
            raise
        raise InputError(
            f"{archive} must be a {'zip' if is_zip else 'tar'} file that is whole",
            received=str(error) or type(error).__name__,
            fix="The archive is cut off or damaged; download it again",
        ) from error


def _members_of_zip(packed: zipfile.ZipFile) -> list[Member]:
    return [
        Member(
            path=info.filename,
            size=info.file_size,
            packed_size=info.compress_size,
            is_link=(info.external_attr >> 28) == 0o12,
            open=lambda info=info: packed.open(info),  # type: ignore[misc]
        )
        for info in packed.infolist()
        if not info.is_dir()
    ]


def _members_of_tar(archive: str, packed: tarfile.TarFile, packed_size: int) -> list[Member]:
    """Lists a tar file; what lies between the names of a compressed one has to be read for it, so sums are watched."""
    members, total = [], 0
    for info in packed:
        total += info.size
        if total > max(_MOST_TIMES * packed_size, _HARMLESS_BYTES) or total > _MOST_BYTES:
            raise _too_large(archive, info.name, total)
        if not info.isdir():
            is_link = not info.isreg()
            members.append(
                Member(info.name, info.size, None, is_link, lambda info=info: _extracted(packed, info))  # type: ignore[misc]
            )
    return members


def _extracted(packed: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = packed.extractfile(info)
    assert file is not None  # It is a regular file.
    return file


def _choose(archive: str, members: Sequence[Member]) -> _Chosen:
    """Finds the one model of an archive."""
    seen = [member for member in members if not _is_of_a_mac(member.path)]
    for member in seen:
        if member.path.startswith("/") or ".." in member.path.replace("\\", "/").split("/"):
            raise InputError(f"{archive} must hold files below its own folder", received=member.path)
    index = _find_index(archive, seen)
    stem = index.name.removesuffix(".index")
    beside = [member for member in seen if member.folder == index.folder]
    shards = {each.name: each for each in beside if _SHARD.sub("", each.name) == stem and _SHARD.search(each.name)}
    chosen = {
        index.name: index,
        **shards,
        **_one_of(archive, beside, ENCODER_CONFIG_FILE, _LIKE_A_CONFIG),
        **_one_of(archive, beside, VOCABULARY_FILE, _LIKE_A_VOCABULARY),
    }
    for name, member in chosen.items():
        _check(archive, member, _MOST_BYTES if name in shards else _MOST_BYTES_OF_TEXT)
    if sum(member.size for member in chosen.values()) > _MOST_BYTES:
        raise _too_large(archive, "all of it", sum(member.size for member in chosen.values()))
    return chosen


def _is_of_a_mac(path: str) -> bool:
    """Whether a file is what a Mac adds of its own: `__MACOSX/` and `._name`, which look like the real ones."""
    return path.startswith("__MACOSX/") or os.path.basename(path).startswith("._")


def _find_index(archive: str, members: Sequence[Member]) -> Member:
    found = [member for member in members if member.name.endswith(".index")]
    named = [member for member in found if member.name == _PUBLISHED_INDEX]
    if len(named or found) == 1:
        return (named or found)[0]
    rule = f"{archive} must hold one checkpoint, a .index file with its .data"
    if not found:
        received = ", ".join(member.path for member in members[:3]) or "an empty archive"
        raise InputError(rule, received=received, fix="Take the archive of a model in the format of TensorFlow 1")
    names = ", ".join(member.path.removesuffix(".index") for member in found[:10])
    fix = "Unpack it, and give the prefix of one of them"
    raise InputError(rule, received=f"{len(found)} of them: {names}", fix=fix)


def _one_of(archive: str, beside: Sequence[Member], name: str, alike: re.Pattern[str]) -> _Chosen:
    """The file of a name, else the only one whose name is like it; none if there is none."""
    found = [member for member in beside if member.name == name]
    found = found or [member for member in beside if alike.search(member.name)]
    if len({member.path for member in found}) > 1:
        names = ", ".join(member.path for member in found)
        fix = f"Unpack it, and rename the right one to {name}"
        raise InputError(f"{archive} must hold one {name}", received=names, fix=fix)
    return {name: found[-1]} if found else {}


def _check(archive: str, member: Member, most: int) -> None:
    if member.is_link:
        raise InputError(f"{archive} must hold files, and no links", received=member.path)
    packed = member.packed_size
    times_too_large = packed is not None and member.size > max(_MOST_TIMES * packed, _HARMLESS_BYTES)
    if member.size > most or times_too_large:
        raise _too_large(archive, member.path, member.size)


def _too_large(archive: str, name: str, size: int) -> InputError:
    return InputError(
        f"What is in {archive} must not be larger than the files of a model can be",
        received=f"{size:,} bytes of {name} out of {os.path.getsize(archive) if os.path.exists(archive) else 0:,}",
        fix="Download it again from where the model is published",
    )


def _copy(archive: str, member: Member, target: str) -> None:
    """Unpacks a file, and stops where it gets longer than it says."""
    left = member.size
    with member.open() as source, open(target, "wb") as file:
        while block := source.read(_BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                raise _too_large(archive, member.path, member.size - left)
            file.write(block)
    if left:
        raise EOFError(f"{member.path} ends {left:,} bytes too early")


def _length(file: IO[bytes]) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size
