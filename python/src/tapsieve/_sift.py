"""One block of records through one instance: knows which go to the module and what became of each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import Enum, auto
from typing import NamedTuple

from . import _frames
from ._blocks import Block
from ._frames import Frame, Place, are_records
from ._instance import Instance, Timeout
from ._walk import several
from .errors import Trap

# How much is copied into the module at once, in bytes: it should stay in the core's cache.
CHUNK_BYTES = 256 << 10
# After this many calls that did not return in time the module is not called any more.
TIMEOUTS_MAX = 3


@dataclass
class Counts:
    """Numbers of records and bytes. `unchanged + enriched + dropped` is the number of records."""

    unchanged: int = 0
    enriched: int = 0
    dropped: int = 0
    not_json: int = 0
    blank: int = 0
    too_long: int = 0
    unanswered: int = 0
    failures: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    @property
    def records(self) -> int:
        """The number of records read."""
        return self.unchanged + self.enriched + self.dropped

    def add(self, other: Counts) -> None:
        """Adds what another run counted."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


class Kind(Enum):
    """What became of a frame."""

    # The module was not asked about it alone: ruled out by a scan, or no record.
    PASSED = auto()
    # The same where the policy keeps only mirror events: it is dropped.
    RULED_OUT = auto()
    UNCHANGED = auto()
    ENRICHED = auto()
    DROPPED = auto()
    # What is written of a line of several objects, after the parts of each of them; those are not written.
    ROW = auto()


GONE = (Kind.RULED_OUT, Kind.DROPPED)
NOT_ASKED = (Kind.PASSED, Kind.RULED_OUT, Kind.ROW)


class Part(NamedTuple):
    """What became of a frame, or of one object of several on a line; `record` goes on instead, nothing where empty."""

    kind: Kind
    frame: Frame
    record: bytes | None = None
    in_row: bool = False


_LINES = re.compile(rb"[^\n]*\n|[^\n]+")
_BLANKS = b" \t\n\r"


def _lines(start: int, end: int) -> Frame:
    return Frame(start, start, end, end, _frames.Kind.LINES, Place.LINE)


class Sifter:
    """Goes through blocks of lines; a trap costs the record that it happened on."""

    def __init__(self, instance: Instance, counting: bool = True) -> None:
        self._instance = instance
        self._counting = counting
        self.counts = Counts()
        self.first_failure: str | None = None
        self.timeouts = 0
        # What is said of a failure: lines of this input that lie before the block, and the input's name.
        self.line = 0
        self.name = ""
        # The module's answer for records that a scan rules out.
        try:
            instance.load(b"{}")
            self._drops = instance.process(0, 2) is False
        except Trap:
            # It fails on records too, and is reported there.
            self._drops = False

    def start(self, name: str) -> None:
        """Another input begins."""
        self.name, self.line = name, 0

    def sift(self, block: Block) -> Iterator[Part]:
        """What becomes of the frames of a block, in their order."""
        data, frames = block
        self.counts.bytes_in += len(data)
        at = 0
        while at < len(frames):
            first = frames[at]
            following = at + 1
            if first.kind is _frames.Kind.LINES:
                start = first.start
                while start < first.end:
                    end = _chunk_end(data, start, first.end)
                    yield from self._chunk(data, start, end)
                    start = end
            else:
                limit = first.before + CHUNK_BYTES
                while following < len(frames) and frames[following].after <= limit:
                    if frames[following].kind is _frames.Kind.LINES:
                        break
                    following += 1
                yield from self._single(data, frames[at:following])
            at = following

    def _single(self, data: bytes, frames: list[Frame]) -> Iterator[Part]:
        """Goes through frames that are no lines, or not for certain."""
        every_record = False
        at = 0
        if len(frames) == 1 and frames[0].kind in _PASSING:
            yield self._ruled_out_frame(frames[0])
            return
        while at < len(frames):
            if self.timeouts >= TIMEOUTS_MAX:
                yield from map(self._unanswered_frame, frames[at:])
                return
            base, end = frames[at].before, frames[-1].after
            try:
                self._instance.load(data[base:end])
                while at < len(frames):
                    named = at
                    if not every_record:
                        found = base + self._instance.scan(frames[at].before - base, end - base)
                        named = bisect_right(frames, found, at, key=lambda frame: frame.after)
                    for frame in frames[at:named]:
                        yield self._ruled_out_frame(frame)
                    at = named
                    if at < len(frames):
                        frame = frames[at]
                        at += 1
                        if frame.kind is _frames.Kind.RECORD:
                            yield from self._record(data, base, frame)
                        elif frame.kind is _frames.Kind.OTHER and data[frame.end - 1 : frame.end] == b"}":
                            yield self._other(data, base, frame)
                        else:
                            self._count_frame(frame.kind)
                            yield Part(Kind.PASSED, frame)
            except _RecordFailed as failure:
                self._fail(failure.trap)
                yield self._unanswered_frame(failure.frame)
            except Trap as trap:
                # No single record is to blame: each is asked about alone, once.
                self._fail(trap)
                if every_record:
                    yield from map(self._unanswered_frame, frames[at:])
                    return
                every_record = True

    def _ruled_out_frame(self, frame: Frame) -> Part:
        if frame.kind is not _frames.Kind.RECORD:
            self._count_frame(frame.kind)
            return Part(Kind.PASSED, frame)
        self.line += 1
        if self._drops:
            self.counts.dropped += 1
            return Part(Kind.RULED_OUT, frame)
        self.counts.unchanged += 1
        return Part(Kind.PASSED, frame)

    def _unanswered_frame(self, frame: Frame) -> Part:
        if frame.kind is _frames.Kind.RECORD:
            self.line += 1
            self.counts.unchanged += 1
            self.counts.unanswered += 1
        else:
            self._count_frame(frame.kind)
        return Part(Kind.PASSED, frame)

    def _count_frame(self, kind: _frames.Kind) -> None:
        """Counts what is no record."""
        if kind not in (_frames.Kind.PIECE, _frames.Kind.BETWEEN):
            self.line += 1
        if kind is _frames.Kind.OTHER:
            self.counts.not_json += 1
        elif kind is _frames.Kind.BLANK:
            self.counts.blank += 1
        elif kind is _frames.Kind.TOO_LONG:
            self.counts.too_long += 1

    def _chunk(self, block: bytes, at: int, end: int) -> Iterator[Part]:
        every_line = False
        while at < end:
            if self.timeouts >= TIMEOUTS_MAX:
                yield from self._unanswered(block, at, end)
                return
            base = at
            try:
                self._instance.load(block if (base, end) == (0, len(block)) else block[base:end])
                while at < end:
                    found = at if every_line else base + self._instance.scan(at - base, end - base)
                    if found >= end:
                        yield from self._ruled_out(block, at, end)
                        return
                    start = block.rfind(b"\n", at, found) + 1 or at
                    line_end = block.find(b"\n", found, end) + 1 or end
                    yield from self._ruled_out(block, at, start)
                    at = line_end
                    yield from self._line(block, base, start, line_end)
            except _RecordFailed as failure:
                self._fail(failure.trap)
                yield self._unanswered_frame(failure.frame)
            except Trap as trap:
                # No single record is to blame: each is asked about alone, once.
                self._fail(trap)
                if every_line:
                    yield from self._unanswered(block, at, end)
                    return
                every_line = True

    def _line(self, block: bytes, base: int, start: int, end: int) -> Iterator[Part]:
        line = block[start:end]
        text = line.strip(_BLANKS)
        begin = start + len(line) - len(line.lstrip(_BLANKS))
        frame = Frame(start, begin, begin + len(text), end, _frames.Kind.RECORD, Place.LINE)
        if is_record(text):
            yield from self._record(block, base, frame)
        elif text.endswith(b"}"):
            yield self._other(block, base, frame._replace(kind=_frames.Kind.OTHER))
        else:
            self._count_other(text)
            yield Part(Kind.PASSED, _lines(start, end))

    def _other(self, block: bytes, base: int, frame: Frame) -> Part:
        """Asks about a line that ends as JSON does; where no event is in it, it is a line like any other."""
        part = self._one(block, base, frame, frame)
        if part.kind is Kind.ENRICHED:
            self.line += 1
            return part
        self.counts.unchanged -= part.kind is Kind.UNCHANGED
        self.counts.dropped -= part.kind is Kind.DROPPED
        self._count_frame(frame.kind)
        return Part(Kind.PASSED, frame)

    def _record(self, block: bytes, base: int, frame: Frame) -> Iterator[Part]:
        """Asks about a frame's record, or its records where several objects stand in a row."""
        text = block[frame.start : frame.end]
        parts = several(text)
        if not parts:
            part = self._one(block, base, frame, frame)
            self.line += 1
            yield part
            return
        line: list[bytes] = []
        before = 0
        for start, end in parts:
            one = frame._replace(start=frame.start + start, end=frame.start + end)
            part = self._one(block, base, one, frame)
            if part.kind is not Kind.DROPPED:
                if line:
                    line.append(text[before:start])
                line.append(text[start:end] if part.record is None else part.record)
            before = end
            yield part._replace(in_row=True)
        self.line += 1
        joined = b"".join(line)
        yield Part(Kind.ROW, frame, None if joined == text else joined)

    def _one(self, block: bytes, base: int, one: Frame, frame: Frame) -> Part:
        try:
            outcome = self._instance.process(one.start - base, one.end - base)
            if isinstance(outcome, bytes) and b"\n" in outcome and b"\n" not in block[one.start : one.end]:
                raise Trap("`process` returned a record with a line break")
        except Trap as trap:
            raise _RecordFailed(trap, frame) from None
        if outcome is True:
            self.counts.unchanged += 1
            return Part(Kind.UNCHANGED, one)
        if outcome is False:
            self.counts.dropped += 1
            return Part(Kind.DROPPED, one, b"")
        self.counts.enriched += 1
        return Part(Kind.ENRICHED, one, outcome)

    def _ruled_out(self, block: bytes, start: int, end: int) -> Iterator[Part]:
        if start == end:
            return
        if not self._drops:
            if self._counting:
                self.counts.unchanged += self._count_lines(block[start:end])
            yield Part(Kind.PASSED, _lines(start, end))
            return
        # The policy keeps only mirror events, and what is no record.
        for line in () if are_records(block, start, end) else _LINES.findall(block[start:end]):
            if is_record(line):
                self.counts.dropped += 1
                self.line += 1
                yield Part(Kind.RULED_OUT, _lines(start, start + len(line)))
            else:
                self._count_other(line.strip(_BLANKS))
                yield Part(Kind.PASSED, _lines(start, start + len(line)))
            start += len(line)
        if start < end:
            self.counts.dropped += self._count_lines(block[start:end])
            yield Part(Kind.RULED_OUT, _lines(start, end))

    def _unanswered(self, block: bytes, start: int, end: int) -> Iterator[Part]:
        """The module cannot be asked about these lines: they pass as they are."""
        records = self._count_lines(block[start:end])
        self.counts.unchanged += records
        self.counts.unanswered += records
        yield Part(Kind.PASSED, _lines(start, end))

    def _fail(self, trap: Trap) -> None:
        self.counts.failures += 1
        self.timeouts += isinstance(trap, Timeout)
        if self.first_failure is None:
            self.first_failure = f"{self.name}, line {self.line + 1}: {trap}" if self.name else str(trap)

    def _count_lines(self, lines: bytes) -> int:
        """Counts lines, those that are no record by what they are; returns the number of records."""
        if are_records(lines, 0, len(lines)):
            count = lines.count(b"\n") + (not lines.endswith(b"\n"))
            self.line += count
            return count
        records = 0
        for line in lines.removesuffix(b"\n").split(b"\n"):
            if is_record(line):
                records += 1
                self.line += 1
            else:
                self._count_other(line.strip(_BLANKS))
        return records

    def _count_other(self, text: bytes) -> None:
        self.line += 1
        if text:
            self.counts.not_json += 1
        else:
            self.counts.blank += 1


class _RecordFailed(Exception):
    def __init__(self, trap: Trap, frame: Frame) -> None:
        super().__init__(str(trap))
        self.trap = trap
        self.frame = frame


_PASSING = (_frames.Kind.PIECE, _frames.Kind.TOO_LONG, _frames.Kind.BETWEEN)


def is_record(line: bytes) -> bool:
    """Whether a line looks like a JSON object from outside."""
    text = line.strip(_BLANKS)
    return len(text) > 1 and text.startswith(b"{") and text.endswith(b"}")


def _chunk_end(block: bytes, at: int, end: int) -> int:
    """Where the chunk that starts at `at` ends: at a line, and without a small remainder."""
    if end - at <= CHUNK_BYTES + CHUNK_BYTES // 2:
        return end
    line = block.rfind(b"\n", at, at + CHUNK_BYTES) + 1
    return line or block.find(b"\n", at, end) + 1 or end
