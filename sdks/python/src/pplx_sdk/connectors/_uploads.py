"""What is uploaded, and how it is laid out in a multipart body whose length is known before a byte is read."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK = 256 * 1024
"""Bytes read at a time."""

LARGE = 16_000_000
"""A larger file is sent so that it can go on after a broken connection."""

Progress = Callable[[int, int], object]
"""Called with the bytes sent so far and the bytes in all."""


@dataclass(frozen=True)
class FileToUpload:
    """A file to upload: from disk, or bytes that are there already.

    Attributes:
        source: a path on this machine, or the bytes.
        name: what it is called; the path's own name when left out.
        path: where it belongs among folders, such as `Reports/2026/May.pdf`; its name when left out.
        mime_type: guessed from the name when left out.
    """

    source: str | os.PathLike[str] | bytes
    name: str = ""
    path: str = ""
    mime_type: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            if isinstance(self.source, bytes):
                raise ValueError("bytes have no name of their own: FileToUpload(…, name='notes.md')")
            object.__setattr__(self, "name", Path(self.source).name)

    def size(self) -> int:
        return len(self.source) if isinstance(self.source, bytes) else os.stat(self.source).st_size

    def stamp(self) -> str:
        """What changes when the bytes do."""
        if isinstance(self.source, bytes):
            return f"{len(self.source)} {hashlib.sha256(self.source).hexdigest()}"
        about = os.stat(self.source)
        return f"{about.st_size} {about.st_mtime_ns} {Path(self.source).resolve()}"

    def open(self) -> BinaryIO | None:
        return None if isinstance(self.source, bytes) else open(self.source, "rb")

    def type(self) -> str:
        return self.mime_type or mimetypes.guess_type(self.name)[0] or "application/octet-stream"


Uploadable = str | os.PathLike[str] | FileToUpload


def files_of(what: Uploadable | Iterable[Uploadable]) -> list[FileToUpload]:
    """Lists the files meant: one, several, and for a folder everything in it, with the folder's own name in front."""
    many = [what] if isinstance(what, str | os.PathLike | FileToUpload) else list(what)
    found: list[FileToUpload] = []
    for one in many:
        if isinstance(one, FileToUpload):
            found.append(one)
        elif Path(one).is_dir():
            found += _below(Path(one))
        else:
            found.append(FileToUpload(one))
    if not found:
        raise ValueError("there is nothing to upload: no file was named, or the folder is empty")
    return found


def _below(folder: Path) -> Iterator[FileToUpload]:
    top = folder.resolve().name
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield FileToUpload(path, path=f"{top}/{path.relative_to(folder).as_posix()}")


class MultipartBody:
    """A body of files: its length, and its pieces in order. May be sent any number of times."""

    def __init__(self, files: list[FileToUpload]) -> None:
        self.boundary = uuid.uuid4().hex
        self.files = files
        self.sizes = [file.size() for file in files]
        self.length = sum(len(self.head(file)) for file in files) + sum(self.sizes) + 2 * len(files) + len(self.foot())

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Content-Type": f"multipart/form-data; boundary={self.boundary}",
            "Content-Length": str(self.length),
        }

    def head(self, file: FileToUpload) -> bytes:
        """What stands before a file's bytes: where it belongs, then what it is called and what it is."""
        path, name = _line(file.path or file.name), _quoted(file.name)
        return (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="path"\r\n\r\n{path}\r\n'
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {file.type()}\r\n\r\n"
        ).encode()

    def foot(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode()


def metadata_of(file: FileToUpload, collection_uuid: str, on_conflict: str | None) -> str:
    """What is said of a file before a resumable upload: keys, and values in Base64."""
    about = {
        "collection_uuid": collection_uuid,
        "filename": file.name,
        "path": _line(file.path or file.name),
        "filetype": file.type(),
        "on_conflict": on_conflict,
    }
    pairs = ((key, base64.b64encode(value.encode()).decode()) for key, value in about.items() if value is not None)
    return ",".join(f"{key} {value}" for key, value in pairs)


def _quoted(name: str) -> str:
    """A name as browsers write it between quotes."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")
