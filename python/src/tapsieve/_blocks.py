"""Cutting a stream of bytes into blocks of whole records: knows buffers and ends of inputs, not what a record is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ._frames import RECORD_BYTES_MAX, Frame, Framer
from .errors import InputError


class Block(NamedTuple):
    """Bytes of an input, and the records in them. Only what frames hold goes on."""

    data: bytes
    frames: list[Frame]


def blocks(chunks: Iterable[bytes], name: str, split_records: bool) -> Iterator[Block]:
    """Blocks of an input, which together are the input; with `split_records` lists are opened.

    Raises InputError where the input ends inside a list, and what `chunks` raises, after everything before that.
    """
    framer = Framer(split_records)
    held = bytearray()
    failure = None
    source = iter(chunks)
    while failure is None:
        try:
            chunk = next(source, None)
        except InputError as error:
            failure, chunk = error, None
        if chunk is None:
            break
        at = 0
        while at < len(chunk):
            # A record over the limit is told by a full buffer.
            more = chunk[at : at + RECORD_BYTES_MAX - len(held)]
            at += len(more)
            held += more
            yield from _taken(framer, held, ended=False)
    yield from _taken(framer, held, ended=True)
    if failure:
        raise failure
    if framer.unfinished:
        where = '"Records"' if split_records else "an array"
        raise InputError(f"{name}: ends inside {where}, everything before that was processed")


def _taken(framer: Framer, held: bytearray, ended: bool) -> Iterator[Block]:
    taken, frames = framer.frame(held, ended)
    if taken:
        block = bytes(memoryview(held)[:taken])
        del held[:taken]
        yield Block(block, frames)
