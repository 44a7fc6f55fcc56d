"""Writes gz files of `Records` from lines on standard input: `workload mix 1000000 | events.py FOLDER [EVENTS_A_FILE]`.

As CloudTrail delivers them: one line, some hundred to a few thousand events a file, gzip.
"""

from __future__ import annotations

import gzip
import itertools
import sys
from pathlib import Path


def main() -> None:
    folder = Path(sys.argv[1])
    a_file = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    lines = iter(sys.stdin.buffer)
    size = events = number = 0
    for number in itertools.count():
        batch = [line.rstrip(b"\n") for line in itertools.islice(lines, a_file)]
        if not batch:
            break
        path = folder / f"AWSLogs/{number % 4:012}/{number:06}.json.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = b'{"Records":[' + b",".join(batch) + b"]}"
        path.write_bytes(gzip.compress(text, 6))
        size += len(text)
        events += len(batch)
    stored = sum(path.stat().st_size for path in folder.rglob("*.gz"))
    print(f"{events} events in {number} files, {size} bytes, {stored} compressed")


if __name__ == "__main__":
    main()
