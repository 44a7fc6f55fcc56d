"""What runs on executors: Arrow batches in, Arrow batches out. Knows blocks, files and Arrow, nothing of a session.

Records that lie side by side in an Arrow buffer are a block to the module, so noise costs one scan of the buffer.
"""

from __future__ import annotations

import functools
import json
import logging
import mmap
import os
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from .._frames import RECORD_BYTES_MAX, begins_with_list
from .._input import GZIP_MAGIC, ZSTD_MAGIC, chunks, gunzip
from .._policy import reason
from .._sift import CHUNK_BYTES, is_record
from ..errors import InputError, Trap
from ..sieve import Event, Sieve
from ._schema import ARROW

# How much of a file is held in memory at once, in bytes after decompression; a larger one is read in a stream.
FILE_BYTES_MAX = 256 << 20
READ_BYTES = 4 << 20
# A list with a candidate is taken apart in pieces of this size, and no further than to its last candidate.
PIECE_BYTES = 32 << 10
# A file is scanned in pieces of this size.
SCAN_BYTES = 1 << 20
# As much of a file's end may be white space; with more it is gone through to tell whether it ends as it should.
END_BYTES = 1 << 10
# An anchor may lie across two pieces of a file; no spelling of one is longer.
OVERLAP_BYTES = 4 << 10

log = logging.getLogger("tapsieve")


def sieve(policy: str | None) -> Sieve:
    """The sieve of this process for a policy."""
    return _sieve(os.getpid(), policy)


@functools.lru_cache(maxsize=8)
def _sieve(_process: int, policy: str | None) -> Sieve:
    return Sieve(None if policy is None else json.loads(policy))


# Records in a column.


class Found(NamedTuple):
    """What became of a record that was not unchanged: the enriched record, or None where it was dropped."""

    record: bytes | None
    mirror: dict[str, Any] | None


def enrich_batches(
    batches: Iterator[pa.RecordBatch], column: str, policy: str | None, only_mirror: bool
) -> Iterator[pa.RecordBatch]:
    """Adds `mirror` to each batch, and puts enriched records in place of those that came."""
    one = sieve(policy)
    drops_ruled_out = one.process(b"{}") is None
    for batch in batches:
        failures = one.failures
        records = batch.column(column)
        found, asked = find(one, records)
        if one.failures > failures:
            log.warning("module failed %d times, last: %s", one.failures - failures, one.last_failure)
        # What is no JSON object is not dropped.
        for row in [row for row, what in found.items() if what.record is None]:
            if not is_record(_bytes(records[row])):
                del found[row]
        if not only_mirror and drops_ruled_out:
            for row, value in enumerate(records):
                if row not in asked and value.is_valid and is_record(_bytes(value)):
                    found[row] = Found(None, None)
        yield _changed(batch, column, found, only_mirror)


def _bytes(value: pa.Scalar) -> bytes:
    return bytes(value.as_buffer())


def find(one: Sieve, records: pa.Array) -> tuple[dict[int, Found], set[int]]:
    """The records of an Arrow array that the module changes, by their place, and all that it was asked about."""
    if pa.types.is_large_string(records.type) or pa.types.is_large_binary(records.type):
        kind: Literal["q", "i"] = "q"
    elif pa.types.is_string(records.type) or pa.types.is_binary(records.type):
        kind = "i"
    else:
        raise TypeError(f"records are text or bytes, this column is {records.type}")
    found: dict[int, Found] = {}
    asked: set[int] = set()
    _, places, data = records.buffers()
    if data is None or not len(records):
        return found, asked
    offsets = memoryview(places).cast(kind)[records.offset : records.offset + len(records) + 1]
    first = 0
    while first < len(records):
        # As many records as a chunk holds, at least one.
        last = max(first + 1, bisect_right(offsets, offsets[first] + CHUNK_BYTES, first, len(records)) - 1)
        try:
            _find(one, data.address, offsets, first, last, found, asked)
        except Trap as trap:
            one._fail(trap)
            # No single record is to blame: each is asked about alone.
            for row in range(first, last):
                if row not in asked:
                    asked.add(row)
                    _process(one, records[row], row, found)
        first = last
    return found, asked


def _find(
    one: Sieve,
    address: int,
    offsets: memoryview,
    first: int,
    last: int,
    found: dict[int, Found],
    asked: set[int],
) -> None:
    base, end = offsets[first], offsets[last]
    if end - base > RECORD_BYTES_MAX:
        # One record over the limit passes unread.
        asked.add(first)
        return
    instance = one._instance
    instance.load_address(address + base, end - base)
    at, row = 0, first
    while at < end - base:
        candidate = instance.scan(at, end - base)
        if candidate == end - base:
            return
        row = bisect_right(offsets, base + candidate, row, last) - 1
        start, at = offsets[row] - base, offsets[row + 1] - base
        asked.add(row)
        try:
            outcome = instance.process(start, at)
        except Trap as trap:
            one._fail(trap)
            # This record goes on as it came.
            instance.load_address(address + base, end - base)
            continue
        if outcome is not True:
            found[row] = Found(outcome or None, one.verdict())
            if one._instance._store is None:
                instance.load_address(address + base, end - base)


def _process(one: Sieve, value: pa.Scalar, row: int, found: dict[int, Found]) -> None:
    record = _bytes(value) if value.is_valid else b""
    outcome = one.process(record)
    if outcome is not record:
        found[row] = Found(outcome, one.verdict())


def _changed(batch: pa.RecordBatch, column: str, found: dict[int, Found], only_mirror: bool) -> pa.RecordBatch:
    schema = batch.schema.append(pa.field("mirror", ARROW))
    enriched = {row: what for row, what in sorted(found.items()) if what.record is not None}
    if only_mirror:
        kept = batch.take(pa.array(list(enriched), pa.int64()))
        columns = kept.columns
        at = batch.schema.get_field_index(column)
        columns[at] = _array([what.record for what in enriched.values()], kept.column(at).type)
        mirror = pa.array([what.mirror for what in enriched.values()], ARROW)
        return pa.RecordBatch.from_arrays([*columns, mirror], schema=schema)
    columns = batch.columns
    if not found:
        return pa.RecordBatch.from_arrays([*columns, pa.nulls(len(batch), ARROW)], schema=schema)
    at = batch.schema.get_field_index(column)
    pieces, done = [], 0
    for row, what in enriched.items():
        pieces += [columns[at].slice(done, row - done), _array([what.record], columns[at].type)]
        done = row + 1
    columns[at] = pa.concat_arrays([*pieces, columns[at].slice(done)])
    mirror = pa.array([enriched[row].mirror if row in enriched else None for row in range(len(batch))], ARROW)
    out = pa.RecordBatch.from_arrays([*columns, mirror], schema=schema)
    if len(enriched) < len(found):
        dropped = {row for row, what in found.items() if what.record is None}
        out = out.take(pa.array([row for row in range(len(batch)) if row not in dropped], pa.int64()))
    return out


def _array(values: list[bytes | None], kind: pa.DataType) -> pa.Array:
    # Texts need not be UTF-8 to pass through, so they are not looked at.
    if pa.types.is_string(kind):
        return pa.array(values, pa.binary()).view(pa.string())
    if pa.types.is_large_string(kind):
        return pa.array(values, pa.large_binary()).view(pa.large_string())
    return pa.array(values, kind)


# Files as they lie in a folder or bucket.

SCANNED = pa.schema(
    [
        ("path", pa.string()),
        ("record", pa.binary()),
        ("mirror", ARROW),
        ("bytes", pa.int64()),
        ("problem", pa.string()),
    ]
)
"""A row for each mirror event, and one for each file: its size and, where it cannot be read to its end, why."""


def scan_batches(batches: Iterator[pa.RecordBatch], policy: str | None) -> Iterator[pa.RecordBatch]:
    """The mirror events of files that come as `path` and, where Spark has read them, `content`."""
    one = sieve(policy)
    for batch in batches:
        paths = batch.column("path").to_pylist()
        if "content" in batch.schema.names:
            contents = [value.as_buffer() for value in batch.column("content")]
        else:
            contents = [None] * len(paths)
        rows: list[dict[str, Any]] = []
        for path, content in zip(paths, contents, strict=True):
            row: dict[str, Any] = {"path": path}
            failures = one.failures
            try:
                if content is None:
                    content = read_local(path)
                row["bytes"] = len(content)
                for event in events_of_file(one, path, memoryview(content)):
                    rows.append({"path": path, "record": event.record, "mirror": event.mirror})
            except InputError as error:
                row["problem"] = str(error).removeprefix(f"{path}: ")
            if one.failures > failures and "problem" not in row:
                row["problem"] = f"module failed {one.failures - failures} times, last: {one.last_failure}"
            rows.append(row)
        yield pa.RecordBatch.from_pylist(rows, SCANNED)


def local(path: str) -> str | None:
    """Where a file of Spark's is on this machine; None for one that lies elsewhere."""
    if not path.startswith("file:"):
        return None
    return "/" + path.removeprefix("file:").lstrip("/")


def read_local(path: str) -> bytes | mmap.mmap:
    """A file as it lies: large ones are mapped, not read."""
    place = local(path)
    if place is None:
        raise InputError(f"{path}: is not on this machine")
    try:
        with Path(place).open("rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size > FILE_BYTES_MAX:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return file.readall()
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error


def events_of_file(one: Sieve, name: str, content: memoryview) -> Iterator[Event]:
    """The mirror events of a file's content, which may be compressed.

    Raises InputError where it cannot be read to its end, after everything before that.
    """
    whole = _whole(content)
    if whole is None:
        # Large or broken: in a stream, which gives out all that can be read.
        yield from one._events(name, chunks(_Stream(content, name)))
        return
    try:
        end = _last_candidate(one, whole)
    except Trap as trap:
        one._fail(trap)
        end = len(whole)
    is_list = begins_with_list(whole)
    if is_list and not bytes(memoryview(whole)[-END_BYTES:]).rstrip().endswith((b"]}", b"]")):
        # It may end inside the list: gone through to its end to tell.
        end = len(whole)
    if end:
        size = PIECE_BYTES if is_list else CHUNK_BYTES
        pieces = (whole[at : at + size] for at in range(0, len(whole), size))
        yield from one._events(name, pieces, until=None if end == len(whole) else end)


class _Stream:
    """A file's content as a stream, without a copy of the whole."""

    def __init__(self, content: memoryview, name: str) -> None:
        self._content, self._at = content, 0
        self.name = name

    def read(self, size: int = READ_BYTES, /) -> bytes:
        piece = bytes(self._content[self._at : self._at + size])
        self._at += len(piece)
        return piece


def _whole(content: memoryview) -> bytes | None:
    """The bytes of a file, decompressed; None where they are too many or cannot be had."""
    head = bytes(content[:4])
    if head.startswith(GZIP_MAGIC):
        return gunzip(content, FILE_BYTES_MAX)
    if not head.startswith(ZSTD_MAGIC):
        return bytes(content) if len(content) <= FILE_BYTES_MAX else None
    pieces, size = [], 0
    try:
        with pa.input_stream(pa.py_buffer(content), compression="zstd") as stream:
            while piece := stream.read(READ_BYTES):
                pieces.append(piece)
                size += len(piece)
                if size > FILE_BYTES_MAX:
                    return None
    except OSError:
        return None
    return b"".join(pieces)


def _last_candidate(one: Sieve, whole: bytes) -> int:
    """Where the last bytes end that make a record a candidate, or 0: one scan of the whole."""
    view = pa.py_buffer(whole)
    instance = one._instance
    last = 0
    for at in range(0, len(whole), SCAN_BYTES):
        size = min(SCAN_BYTES + OVERLAP_BYTES, len(whole) - at)
        instance.load_address(view.address + at, size)
        found = instance.scan(0, size)
        while found < size:
            last = at + found + 1
            found = instance.scan(found + 1, size)
    return last
