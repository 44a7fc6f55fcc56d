"""Opening inputs: knows files, streams and compression by magic bytes, not lines."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol, runtime_checkable

import zstandard

from ._policy import reason
from .errors import InputError

try:
    # The same interface, three times as fast; comes with the extra `spark`.
    inflate: Any = import_module("isal.isal_zlib")
except ImportError:
    inflate = zlib

READ_BYTES = 256 << 10
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BROKEN = "data is broken or cut short, everything before that was processed"


@runtime_checkable
class Readable(Protocol):
    """Anything that bytes can be read from."""

    def read(self, size: int = ..., /) -> bytes: ...


Source = str | os.PathLike[str] | Readable


def name_of(source: Source) -> str:
    """The name for messages."""
    if source == "-":
        return "standard input"
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "name", "input"))


def chunks(source: Source) -> Iterator[bytes]:
    """The bytes of a file or stream, decompressed where it is gzip or zstd.

    Raises InputError where it cannot be read further; everything before that was given out.
    """
    name = name_of(source)
    if source == "-":
        yield from _decoded(_reader(sys.stdin.buffer, name), name)
    elif isinstance(source, str | os.PathLike):
        try:
            file = Path(source).open("rb", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise InputError(f"{name}: {reason(error)}") from error
        with file:
            yield from _decoded(_reader(file, name), name)
    else:
        yield from _decoded(_reader(source, name), name)


def _reader(stream: Readable | BinaryIO, name: str) -> Callable[[], bytes]:
    # What is there should not wait for what is not, where a stream can tell.
    read = getattr(stream, "read1", stream.read)

    def once() -> bytes:
        try:
            data = read(READ_BYTES)
        except OSError as error:
            raise InputError(f"{name}: {reason(error)}") from error
        if isinstance(data, str):
            raise InputError(f"{name}: is a stream of text; open it in binary mode")
        return data or b""

    return once


def _decoded(read: Callable[[], bytes], name: str) -> Iterator[bytes]:
    head = b""
    while any(len(magic) > len(head) and magic.startswith(head) for magic in (GZIP_MAGIC, ZSTD_MAGIC)):
        more = read()
        if not more:
            break
        head += more
    if head.startswith(GZIP_MAGIC):
        yield from _gzip(head, read, name)
    elif head.startswith(ZSTD_MAGIC):
        yield from _zstd(head, read, name)
    else:
        while head:
            yield head
            head = read()


def _gzip(data: bytes, read: Callable[[], bytes], name: str) -> Iterator[bytes]:
    member = zlib.decompressobj(31)
    while data:
        before = member.copy()
        try:
            out = member.decompress(data)
        except zlib.error:
            yield _up_to_error(before, data)
            raise InputError(f"{name}: gzip {BROKEN}") from None
        if out:
            yield out
        data = b""
        if member.eof:
            data = member.unused_data
            member = zlib.decompressobj(31)
            if not data:
                data = read()
                if not data:
                    return
        else:
            data = read()
    raise InputError(f"{name}: gzip {BROKEN}")


def _up_to_error(member: zlib._Decompress, data: bytes) -> bytes:
    """What comes out of `data` before the byte that is wrong."""
    out = []
    try:
        for at in range(len(data)):
            out.append(member.decompress(data[at : at + 1]))
    except zlib.error:
        pass
    return b"".join(out)


def gunzip(content: bytes | memoryview, bytes_max: int) -> bytes | None:
    """All of a gzip file at once; None where that is more than `bytes_max` or broken: `chunks` tells where and why."""
    pieces: list[bytes] = []
    room = bytes_max
    while content:
        member = inflate.decompressobj(31)
        try:
            pieces.append(member.decompress(content, room + 1))
        except inflate.error:
            return None
        room -= len(pieces[-1])
        if room < 0 or not member.eof:
            return None
        content = member.unused_data
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _zstd(data: bytes, read: Callable[[], bytes], name: str) -> Iterator[bytes]:
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        while True:
            try:
                out = frame.decompress(data)
            except zstandard.ZstdError:
                raise InputError(f"{name}: zstd {BROKEN}") from None
            if out:
                yield out
            if frame.eof:
                break
            data = read()
            if not data:
                raise InputError(f"{name}: zstd {BROKEN}")
        data = frame.unused_data or read()
