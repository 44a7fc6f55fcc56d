"""Cutting a stream of bytes into blocks of whole lines: knows where lines end, not what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ._sift import LINE_BYTES_MAX
from ._split import Splitter
from .errors import InputError


class Block(NamedTuple):
    """Whole lines, or a piece of a line that is over the limit."""

    lines: bytes
    piece: bool = False


def blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """Blocks of an input; only its last line may lack its line end.

    Raises what `chunks` raises, after everything before that.
    """
    held: list[bytes] = []
    held_bytes = 0
    in_long_line = False
    failure = None
    source = iter(chunks)
    while True:
        try:
            chunk = next(source, None)
        except InputError as error:
            failure, chunk = error, None
        if chunk is None:
            break
        if in_long_line:
            end = chunk.find(b"\n") + 1
            yield Block(chunk[: end or len(chunk)], piece=True)
            in_long_line = not end
            chunk = chunk[end:] if end else b""
        end = chunk.rfind(b"\n") + 1
        if end and held_bytes:
            first = chunk.find(b"\n") + 1
            line = b"".join([*held, chunk[:first]])
            long = len(line) > LINE_BYTES_MAX
            yield Block(line, piece=long)
            if first < end:
                yield Block(chunk[first:end])
        elif end:
            yield Block(chunk[:end])
        if end:
            held, held_bytes = [], 0
        if rest := chunk[end:]:
            held.append(rest)
            held_bytes += len(rest)
        if held_bytes > LINE_BYTES_MAX:
            yield Block(b"".join(held), piece=True)
            held, held_bytes, in_long_line = [], 0, True
    if held:
        yield Block(b"".join(held))
    if failure:
        raise failure


def split(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The same bytes with the elements of `Records` as lines of their own.

    Raises InputError where the input ends inside a wrapper, and what `chunks` raises.
    """
    splitter = Splitter()
    failure = None
    source = iter(chunks)
    while failure is None:
        try:
            chunk = next(source, None)
        except InputError as error:
            failure, chunk = error, None
        if chunk is None:
            break
        if out := splitter.feed(chunk):
            yield out
    if out := splitter.feed(b"", final=True):
        yield out
    if failure:
        raise failure
    if splitter.unfinished:
        raise InputError(f'{name}: ends inside "Records", everything before that was processed')
