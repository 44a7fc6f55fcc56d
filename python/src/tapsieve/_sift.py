"""One block of lines through one instance: knows which lines go to the module and what became of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import Enum, auto
from typing import NamedTuple

from ._instance import Instance, Timeout
from .errors import Trap

# The longest line that is given to the module, in bytes; a longer one passes unchanged.
LINE_BYTES_MAX = 16 << 20
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
    """What became of some lines."""

    # Lines that the module was not asked about alone: ruled out by a scan, or no records.
    PASSED = auto()
    # The same where the policy keeps only mirror events: they are dropped.
    RULED_OUT = auto()
    UNCHANGED = auto()
    ENRICHED = auto()
    DROPPED = auto()


GONE = (Kind.RULED_OUT, Kind.DROPPED)
NOT_ASKED = (Kind.PASSED, Kind.RULED_OUT)


class Part(NamedTuple):
    """Lines `start` to `end` of a block; of an enriched record also what goes on and where its line end begins."""

    kind: Kind
    start: int
    end: int
    record: bytes = b""
    content_end: int = 0


_LINES = re.compile(rb"[^\n]*\n|[^\n]+")
_BLANKS = b" \t\n\r\f"


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

    def sift(self, block: bytes) -> Iterator[Part]:
        """What becomes of the lines of a block, in their order. The block holds whole lines."""
        self.counts.bytes_in += len(block)
        at = 0
        while at < len(block):
            end = _chunk_end(block, at)
            yield from self._chunk(block, at, end)
            at = end

    def pass_long_line(self, piece: bytes, first: bool) -> None:
        """Counts a piece of a line that is longer than the limit and passes unread."""
        self.counts.bytes_in += len(piece)
        self.counts.too_long += first
        self.line += first

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
                    yield self._record(block, base, start, line_end)
            except _RecordFailed as failure:
                self._fail(failure.trap)
                self.counts.unchanged += 1
                self.counts.unanswered += 1
                self.line += 1
                yield Part(Kind.UNCHANGED, failure.start, at)
            except Trap as trap:
                # No single record is to blame: each is asked about alone, once.
                self._fail(trap)
                if every_line:
                    yield from self._unanswered(block, at, end)
                    return
                every_line = True

    def _record(self, block: bytes, base: int, start: int, end: int) -> Part:
        line = block[start:end]
        text = line.strip(_BLANKS)
        if not text or text[0] != ord("{") or text[-1] != ord("}") or len(text) < 2:
            self._count_other(text)
            return Part(Kind.PASSED, start, end)
        content_end = end - (2 if line.endswith(b"\r\n") else 1 if line.endswith(b"\n") else 0)
        try:
            outcome = self._instance.process(start - base, content_end - base)
            if isinstance(outcome, bytes) and b"\n" in outcome:
                raise Trap("`process` returned a record with a line break")
        except Trap as trap:
            raise _RecordFailed(trap, start) from None
        self.line += 1
        if outcome is True:
            self.counts.unchanged += 1
            return Part(Kind.UNCHANGED, start, end)
        if outcome is False:
            self.counts.dropped += 1
            return Part(Kind.DROPPED, start, end)
        self.counts.enriched += 1
        return Part(Kind.ENRICHED, start, end, outcome, content_end)

    def _ruled_out(self, block: bytes, start: int, end: int) -> Iterator[Part]:
        if start == end:
            return
        if not self._drops:
            if self._counting:
                self.counts.unchanged += self._count_lines(block[start:end])
            yield Part(Kind.PASSED, start, end)
            return
        # The policy keeps only mirror events, and what is no record.
        for line in _LINES.findall(block[start:end]) if self._other(block[start:end]) else ():
            if is_record(line):
                self.counts.dropped += 1
                self.line += 1
                yield Part(Kind.RULED_OUT, start, start + len(line))
            else:
                self._count_other(line.strip(_BLANKS))
                yield Part(Kind.PASSED, start, start + len(line))
            start += len(line)
        if start < end:
            self.counts.dropped += self._count_lines(block[start:end])
            yield Part(Kind.RULED_OUT, start, end)

    def _unanswered(self, block: bytes, start: int, end: int) -> Iterator[Part]:
        """The module cannot be asked about these lines: they pass as they are."""
        records = self._count_lines(block[start:end])
        self.counts.unchanged += records
        self.counts.unanswered += records
        yield Part(Kind.PASSED, start, end)

    def _fail(self, trap: Trap) -> None:
        self.counts.failures += 1
        self.timeouts += isinstance(trap, Timeout)
        if self.first_failure is None:
            self.first_failure = f"{self.name}, line {self.line + 1}: {trap}" if self.name else str(trap)

    def _other(self, lines: bytes) -> bool:
        """Whether there is a line that is no record, told cheaply where there is none."""
        ends = lines.endswith((b"}\n", b"}"))
        breaks = lines.count(b"\n") - lines.endswith(b"\n")
        return not (lines.startswith(b"{") and ends and lines.count(b"}\n{") == breaks)

    def _count_lines(self, lines: bytes) -> int:
        """Counts lines, those that are no record by what they are; returns the number of records."""
        if not self._other(lines):
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
    def __init__(self, trap: Trap, start: int) -> None:
        super().__init__(str(trap))
        self.trap = trap
        self.start = start


def is_record(line: bytes) -> bool:
    """Whether a line looks like a JSON object from outside."""
    text = line.strip(_BLANKS)
    return len(text) > 1 and text.startswith(b"{") and text.endswith(b"}")


def _chunk_end(block: bytes, at: int) -> int:
    """Where the chunk that starts at `at` ends: at a line, and without a small remainder."""
    if len(block) - at <= CHUNK_BYTES + CHUNK_BYTES // 2:
        return len(block)
    line = block.rfind(b"\n", at, at + CHUNK_BYTES) + 1
    return line or block.find(b"\n", at) + 1 or len(block)
