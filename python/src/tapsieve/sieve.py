"""`Sieve`: what this package is for. Knows records, policies and inputs, not how a cluster works."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from . import _input
from ._blocks import Block, blocks
from ._frames import Kind as FrameKind
from ._input import Readable, Source
from ._instance import Bytes, Instance, program
from ._policy import PolicyLike, reason, to_json
from ._sift import GONE, Counts, Kind, Sifter
from .errors import InputError, ModuleError, PolicyError, Trap


class Event(NamedTuple):
    """A mirror event that was found."""

    record: bytes
    """The record as it goes on: enriched, without a line end."""
    mirror: dict[str, Any]
    """What is known of it: the members of `mirror`."""


class Sieve:
    """Finds mirror events. One instance of the module: for one thread at a time.

    `policy` is TOML as a text, the name of a TOML file, or the same as a dict; see docs/POLICY.md.
    `module` is another module to use than the one that the package carries, as bytes or as a file.
    `call_seconds` is how long one call into the module may take.

    A record on which the module fails goes on unchanged: it is counted in `failures`, and
    `last_failure` says why. No method raises because of what a record holds.
    """

    def __init__(
        self,
        policy: PolicyLike | None = None,
        *,
        module: bytes | str | os.PathLike[str] | None = None,
        call_seconds: float = 5,
    ) -> None:
        name = "module"
        if isinstance(module, str | os.PathLike):
            name = os.fspath(module)
            try:
                module = Path(name).read_bytes()
            except OSError as error:
                raise ModuleError(f"{name}: {reason(error)}") from error
        self._instance = Instance(program(module, name), call_seconds)
        self.failures = 0
        """How many calls into the module gave no answer."""
        self.last_failure: str | None = None
        """Why the last of them did not."""
        if policy is None:
            # Says at once when the module cannot be started.
            self._instance.load(b"{}")
        else:
            text, called = to_json(policy)
            try:
                message = self._instance.configure(text)
            except Trap as trap:
                raise PolicyError(f"{called}: {trap}") from trap
            if message is not None:
                raise PolicyError(f"{called}: {message}")

    @property
    def policy(self) -> dict[str, Any] | None:
        """The policy in force, or None when there is none."""
        text = self._instance.policy()
        return json.loads(text) if text else None

    def process(self, record: Bytes) -> bytes | None:
        """Takes one JSON object; returns it unchanged or enriched, or None where the policy drops it."""
        try:
            self._instance.load(record)
            outcome = self._instance.process(0, len(record))
        except Trap as trap:
            self._fail(trap)
            outcome = True
        if outcome is True:
            return record if isinstance(record, bytes) else bytes(record)
        return outcome or None

    def scan(self, block: Bytes) -> int:
        """Takes whole records, one after the other, with or without line ends.

        Returns its length when none of them can be about mirroring, and otherwise an offset inside the first that
        might be: give that record to `process`, and scan on after it.
        """
        try:
            self._instance.load(block)
            return self._instance.scan(0, len(block))
        except Trap as trap:
            self._fail(trap)
            # In doubt every record might be.
            return 0

    def verdict(self) -> dict[str, Any] | None:
        """What is known of the last record given to `process`, dropped or not; None when it was not about mirroring."""
        try:
            text = self._instance.verdict()
        except Trap as trap:
            self._fail(trap)
            return None
        return json.loads(text) if text else None

    def records(
        self, source: Source | Iterable[bytes], *, split_records: bool = True, counts: Counts | None = None
    ) -> Iterator[bytes]:
        """All records that go on, unchanged and enriched, without their line ends.

        `source` is a file (plain, gzip or zstd, told apart by its first bytes), `-` for standard input, anything with
        `read`, or lines as bytes. `split_records` makes one record of each element of `{"Records":[…]}` and its kin.
        Raises InputError where the source cannot be read further, after everything before that.
        """
        name, chunks = _open(source)
        found = self._go_through(name, chunks, counts, split_records=split_records, only_mirror=False)
        return (record for record, _ in found)

    def events(
        self, source: Source | Iterable[bytes], *, split_records: bool = True, counts: Counts | None = None
    ) -> Iterator[Event]:
        """The mirror events alone, each with what is known of it; as `records` otherwise."""
        name, chunks = _open(source)
        return self._events(name, chunks, counts, split_records)

    def _events(
        self,
        name: str,
        chunks: Iterable[bytes],
        counts: Counts | None = None,
        split_records: bool = True,
        until: int | None = None,
    ) -> Iterator[Event]:
        found = self._go_through(name, chunks, counts, split_records=split_records, only_mirror=True, until=until)
        for record, mirror in found:
            yield Event(record, mirror or {})

    def _go_through(
        self,
        name: str,
        chunks: Iterable[bytes],
        counts: Counts | None,
        *,
        split_records: bool,
        only_mirror: bool,
        until: int | None = None,
    ) -> Iterator[tuple[bytes, dict[str, Any] | None]]:
        """Records and their verdicts; with `until` only those that begin before this place, and maybe some more."""
        sifter = Sifter(self._instance, counting=counts is not None)
        if counts is not None:
            sifter.counts = counts
        sifter.start(name)
        failures = sifter.counts.failures
        long_record: list[bytes] = []
        failure = None
        done = 0
        try:
            for data, frames in blocks(chunks, name, split_records):
                for part in sifter.sift(Block(data, frames)):
                    _, start, end, _, kind, _ = part.frame
                    if part.kind is Kind.ENRICHED:
                        yield part.record or b"", self.verdict() if only_mirror else None
                    elif only_mirror or part.kind in GONE or part.kind is Kind.ROW:
                        continue
                    elif kind is FrameKind.LINES:
                        for line in data[start:end].split(b"\n"):
                            if line:
                                yield line.removesuffix(b"\r"), None
                    elif kind is FrameKind.PIECE or long_record:
                        long_record.append(data[start:end])
                        if kind is not FrameKind.PIECE:
                            yield b"".join(long_record), None
                            long_record = []
                    elif kind not in (FrameKind.BLANK, FrameKind.BETWEEN):
                        yield data[start:end], None
                done += len(data)
                if until is not None and done >= until:
                    break
        except InputError as error:
            failure = error
        finally:
            self.failures += sifter.counts.failures - failures
            self.last_failure = sifter.first_failure or self.last_failure
        if long_record:
            yield b"".join(long_record), None
        if failure:
            raise failure

    def _fail(self, trap: Trap) -> None:
        self.failures += 1
        self.last_failure = str(trap)


def _open(source: Source | Iterable[bytes]) -> tuple[str, Iterator[bytes]]:
    if isinstance(source, str | os.PathLike | Readable):
        return _input.name_of(source), _input.chunks(source)
    return "lines", _lines(source)


def _lines(source: Iterable[bytes]) -> Iterator[bytes]:
    for line in source:
        yield line if line.endswith(b"\n") else line + b"\n"
