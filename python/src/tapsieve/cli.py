"""`python -m tapsieve`: what `tapsieve run` does, for those who have only pip; the same bytes come out.

Knows the command line, messages and exit codes; the work is done elsewhere.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from . import __version__
from ._blocks import Block, blocks
from ._frames import RECORD_BYTES_MAX, Place
from ._frames import Kind as FrameKind
from ._input import chunks, name_of
from ._policy import reason
from ._sift import GONE, NOT_ASKED, Counts, Part, Sifter
from .errors import InputError, ModuleError, PolicyError, Trap
from .sieve import Sieve

INCOMPLETE, USAGE, MODULE, CLOSED_PIPE = 1, 2, 3, 141
PROGRESS_SECONDS = 0.5
SEVERITIES = ("critical", "high", "medium", "low", "informational")
KEYS = ("provider", "action", "outcome", "severity")
Tally = Counter[tuple[str, ...]]

EPILOG = """\
examples:
  python -m tapsieve run events.ndjson > enriched.ndjson
  python -m tapsieve run --only-mirror --summary --split-records logs/*.json.gz

Inputs that cannot be read are named and the others are processed all the same; the exit code is 1 then.
A line that is not one JSON object passes unchanged, and so does a line longer than 16 MiB; both are counted.
`python -m tapsieve.spark` does the same on a cluster.

exit codes:
  0    all was done
  1    not all was done: an input, the output or the module failed; standard error says where
  2    the command line is wrong
  3    the module cannot be used
  141  whoever read the output has gone, as with `| head`; nothing is said
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    try:
        return run(parser().parse_args(arguments))
    except Failure as failure:
        complain(str(failure))
        return failure.code
    except BrokenPipeError:
        # Nothing is left to be written when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return CLOSED_PIPE
    except KeyboardInterrupt:
        return 130


class Failure(Exception):
    """Why the command ends early: one line and an exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def complain(message: str) -> None:
    """Says one line on standard error."""
    print(f"tapsieve: {message}", file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m tapsieve",
        description="Find traffic mirroring in audit events with the module that log shippers load.",
    )
    top.add_argument("--version", action="version", version=f"tapsieve {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    command = commands.add_parser(
        "run",
        help="send NDJSON through the module: records come out unchanged, enriched or not at all",
        description="Send NDJSON through the module: records come out unchanged, enriched or not at all.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add(
        "files",
        metavar="FILE",
        nargs="*",
        help="NDJSON, plain or compressed with gzip or zstd; standard input when there is none, or for `-`",
    )
    add("--module", metavar="FILE", help="use this module instead of the one that this package carries")
    add("--policy", metavar="FILE", help="put this policy in force, in TOML; see docs/POLICY.md")
    add(
        "--output",
        "-o",
        metavar="FILE",
        help="write here instead of to standard output; an existing file is replaced",
    )
    add(
        "--split-records",
        action="store_true",
        help='make one line of each element of {"Records":[…]} first, as in CloudTrail\'s own files',
    )
    add("--only-mirror", action="store_true", help="write enriched records and nothing else")
    add("--summary", action="store_true", help="print what was found to standard error at the end")
    add(
        "--call-seconds",
        metavar="SECONDS",
        type=seconds,
        default=5,
        help="how long one call into the module may take; 5 without this",
    )
    return top


def seconds(text: str) -> int:
    """A number of seconds on the command line."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 3600")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """`run`: every input through one instance, in order."""
    try:
        sieve = Sieve(
            Path(options.policy) if options.policy else None,
            module=options.module,
            call_seconds=options.call_seconds,
        )
    except PolicyError as error:
        raise Failure(INCOMPLETE, str(error)) from error
    except (ModuleError, Trap) as error:
        raise Failure(MODULE, str(error)) from error
    files = options.files or ["-"]
    output, name = _open_output(options.output, files)
    sifter, tally = Sifter(sieve._instance), Tally()
    progress = Progress(bool(options.output))
    failed = 0
    try:
        writer = Writer(output, sifter.counts, options.only_mirror)
        for file in files:
            sifter.start(name_of(file))
            writer.start()
            try:
                for block in blocks(chunks(file), name_of(file), options.split_records):
                    _sift(block, sifter, writer, sieve if options.summary else None, tally)
                    progress.show(sifter.counts)
            except InputError as error:
                failed += 1
                progress.clear()
                complain(str(error))
        output.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(INCOMPLETE, f"cannot write {name}: {reason(error)}") from error
    finally:
        progress.clear()
    if options.summary:
        print(summary(sifter.counts, tally), end="", file=sys.stderr)
    return conclude(sifter, failed)


def _sift(block: Block, sifter: Sifter, writer: Writer, sieve: Sieve | None, tally: Tally) -> None:
    for part in sifter.sift(block):
        writer.part(block.data, part)
        if sieve and part.kind not in NOT_ASKED and (verdict := sieve.verdict()):
            tally[tuple(str(verdict.get(key, "")) for key in KEYS)] += 1


class Writer:
    """Writes what goes on; a last line without its line end gets one when another input follows."""

    def __init__(self, output: BinaryIO, counts: Counts, only_mirror: bool) -> None:
        self._output = output
        self._counts = counts
        self._only_mirror = only_mirror
        self._last = b"\n"
        self._new_input = False
        # Something of this list or row was written.
        self._goes_on = False

    def start(self) -> None:
        """Another input begins."""
        self._new_input, self._goes_on = True, False

    def part(self, data: bytes, part: Part) -> None:
        """Writes what goes on of a part of a block."""
        if part.in_row:
            return
        before, start, end, after, kind, place = part.frame
        gone = part.kind in GONE or part.record == b"" or (self._only_mirror and part.record is None)
        bare = self._only_mirror or place is Place.ELEMENT
        self._goes_on = self._goes_on and place is Place.NEXT
        if not bare and (place is Place.FIRST or not gone) and (place is not Place.NEXT or self._goes_on):
            self._write(data[before:start])
        if gone:
            return
        self._goes_on = True
        self._write(data[start:end] if part.record is None else part.record)
        if place is Place.LINE:
            self._write(data[end:after])
        elif bare and kind is not FrameKind.PIECE:
            self._write(b"\n")

    def _write(self, data: bytes) -> None:
        if not data:
            return
        if self._new_input and self._last != b"\n":
            self._output.write(b"\n")
            self._counts.bytes_out += 1
        self._new_input = False
        self._output.write(data)
        self._counts.bytes_out += len(data)
        self._last = data[-1:]


def _open_output(path: str | None, files: Sequence[str]) -> tuple[BinaryIO, str]:
    """Opens the output unless it is one of the inputs: reading and writing the same file destroys it."""

    def refuse(output: os.stat_result) -> None:
        for file in files:
            try:
                status = os.fstat(0) if file == "-" else Path(file).stat()
            except OSError:
                continue
            if os.path.samestat(status, output) and stat.S_ISREG(output.st_mode):
                raise Failure(USAGE, f"{name_of(file)} is both input and output")

    if path is None:
        try:
            refuse(os.fstat(1))
        except OSError:
            raise Failure(INCOMPLETE, "cannot write standard output: it is closed") from None
        return sys.stdout.buffer, "standard output"
    if Path(path).exists():
        refuse(Path(path).stat())
    try:
        return Path(path).open("wb"), path
    except OSError as error:
        raise Failure(INCOMPLETE, f"cannot write {path}: {reason(error)}") from error


class Progress:
    """Bytes and records so far, on standard error where somebody sees it."""

    def __init__(self, writes_file: bool) -> None:
        # Records that scroll by on the same terminal are progress enough.
        self._seen = sys.stderr.isatty() and (writes_file or not sys.stdout.isatty())
        self._begun = self._last = time.monotonic()

    def show(self, counts: Counts) -> None:
        """Writes the line anew, now and then."""
        now = time.monotonic()
        if self._seen and now - self._last > PROGRESS_SECONDS:
            self._last = now
            rate = counts.bytes_in / (now - self._begun) / 1e6
            print(f"\r\x1b[K{counts.records:,} records, {rate:.0f} MB/s", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Takes the line away."""
        if self._seen:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def tally_table(tally: Tally) -> list[str]:
    """Mirror events by what their verdicts say, the gravest first."""
    if not tally:
        return []

    def rank(row: tuple[tuple[str, ...], int]) -> tuple[int, tuple[str, ...]]:
        severity = row[0][3]
        return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES), row[0]

    cells = [[*KEYS, "records"]]
    cells += [[*(text or "-" for text in key), str(count)] for key, count in sorted(tally.items(), key=rank)]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    return [
        "  ".join([*(text.ljust(width) for text, width in zip(row[:4], widths, strict=False)), row[4].rjust(widths[4])])
        for row in cells
    ]


def summary(counts: Counts, tally: Tally) -> str:
    """What `--summary` prints."""
    lines = tally_table(tally)
    if lines:
        lines.append("")
    totals = [
        ("records", counts.records, True),
        ("  unchanged", counts.unchanged, True),
        ("  enriched", counts.enriched, True),
        ("  dropped", counts.dropped, True),
        ("  without an answer", counts.unanswered, False),
        ("not JSON", counts.not_json, True),
        ("blank lines", counts.blank, False),
        ("too long", counts.too_long, False),
        ("bytes in", counts.bytes_in, True),
        ("bytes out", counts.bytes_out, True),
    ]
    width = max(len(str(count)) for _, count, _ in totals)
    lines += [f"{name:20}{count:>{width}}" for name, count, always in totals if always or count]
    return "".join(line + "\n" for line in lines)


def conclude(sifter: Sifter, inputs_failed: int) -> int:
    """Says what was not done."""
    counts = sifter.counts
    if counts.too_long:
        complain(
            f"{plural(counts.too_long, 'line is', 'lines are')} longer than {RECORD_BYTES_MAX} bytes and passed unread"
        )
    if sifter.first_failure:
        calls, records = (
            plural(counts.failures, "time", "times"),
            plural(counts.unanswered, "record", "records"),
        )
        complain(f"module failed {calls}, {records} passed unchanged without an answer; first: {sifter.first_failure}")
    return INCOMPLETE if inputs_failed or sifter.first_failure else 0


def plural(count: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{count} {one if count == 1 else many}"
