"""`python -m tapsieve run` writes what `tapsieve run` writes, byte for byte, with the same exit code and messages."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import MIRROR, NOISE, ROOT, cases


def run(program: list[str], *arguments: str | Path, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    done = subprocess.run([*program, "run", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


def ours() -> list[str]:
    return [sys.executable, "-m", "tapsieve"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files as they come: samples, vectors, wrappers, line ends, broken ones."""
    folder = tmp_path_factory.mktemp("inputs")
    records = [case.record for case in cases() if b"\n" not in case.record and len(case.record) < 100_000]
    whole = [record for record in records if record.startswith(b"{") and record.endswith(b"}")]
    mixed = b"\n".join([*records, b"", b" ", b"[1]", b"{", MIRROR + b"\r", NOISE])
    files = {
        "vectors.ndjson": b"\n".join(records) + b"\n",
        "mixed.ndjson": mixed,
        "noise.ndjson": (NOISE + b"\n") * 20_000,
        "wrapped.json": b'{"Records":[' + b",".join(whole) + b"]}",
        "wrapped.json.gz": gzip.compress(b'{\n "Records": [\n' + b",\n".join(whole) + b"]\n}\n"),
        "unfinished.json": b'{"Records":[' + MIRROR + b"," + NOISE[:-3],
        "cut.json.gz": gzip.compress(b'{"Records":[' + b",".join(whole) + b"]}")[:-2000],
        "empty": b"",
        "open-end": MIRROR,
        "long": b'{"a":"' + b"y" * (16 << 20) + b'"}\n' + MIRROR + b"\n" + b"z" * (40 << 20),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    samples = sorted((ROOT / "tests/samples").glob("*.ndjson"))
    return [*samples, *(folder / name for name in files), folder / "none"]


@pytest.mark.parametrize(
    "options",
    [
        ["--summary"],
        ["--summary", "--only-mirror"],
        ["--summary", "--split-records"],
        ["--summary", "--split-records", "--only-mirror"],
        ["--summary", "--policy"],
    ],
    ids=lambda options: "".join(options),
)
def test_the_same_as_the_command(command: str, inputs: list[Path], tmp_path: Path, options: list[str]) -> None:
    if "--policy" in options:
        policy = tmp_path / "policy.toml"
        policy.write_text('keep = "mirror"\ndrop = ["read"]\n')
        options = [*options, str(policy)]
    expected = run([command], *options, *inputs)
    got = run(ours(), *options, *inputs)
    assert got[1] == expected[1]
    assert got[0] == expected[0] == 1
    if "--split-records" not in options:
        assert got[2] == expected[2]
    else:
        # What comes out of gzip before a broken byte depends on the decoder's buffers.
        named = [line for line in expected[2].splitlines() if line.startswith(b"tapsieve: ")]
        assert [line for line in got[2].splitlines() if line.startswith(b"tapsieve: ")] == named


def test_random_lines_come_out_the_same(command: str, tmp_path: Path) -> None:
    chance = random.Random(2)
    pieces = [
        MIRROR,
        NOISE,
        b"{",
        b"}",
        b"\n",
        b"\n",
        b"\n",
        b"\r\n",
        b" ",
        b"{}",
        b"[]",
        b'{"Records":[',
        b"]}",
        b",",
        b"\x0b",
    ]
    files = []
    for number in range(300):
        path = tmp_path / str(number)
        path.write_bytes(b"".join(chance.choices(pieces, k=chance.randrange(40))))
        files.append(path)
    for options in ([], ["--split-records"], ["--only-mirror"]):
        expected = run([command], "--summary", *options, *files)
        assert run(ours(), "--summary", *options, *files) == expected


def test_output_and_exit_codes(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(MIRROR + b"\n")
    assert run(ours(), "-o", target, source) == (0, b"", b"")
    assert b'"mirror":{' in target.read_bytes()
    code, _, error = run(ours(), "-o", source, source)
    assert code == 2 and error.strip().endswith(b"is both input and output")
    assert source.read_bytes() == MIRROR + b"\n"
    code, _, error = run(ours(), "--policy", tmp_path / "none", source)
    assert code == 1 and b"none: no such file or directory" in error
    code, _, error = run(ours(), "--module", source, source)
    assert code == 3 and b"no WebAssembly module" in error
    assert run(ours(), "--call-seconds", "0", source)[0] == 2
    code, out, error = run(ours(), stdin=MIRROR)
    assert (code, error) == (0, b"") and out.startswith(MIRROR[:-1])


def test_a_closed_pipe_is_no_news(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes((MIRROR + b"\n") * 20_000)
    program = subprocess.Popen([*ours(), "run", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert program.stdout and program.stderr
    os.read(program.stdout.fileno(), 10)
    program.stdout.close()
    assert program.stderr.read() == b""
    assert program.wait() == 141
