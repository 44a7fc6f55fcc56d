"""What the tests share: where the repository is, the vectors, and the command to compare with."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Case(NamedTuple):
    """One case of the vectors: a record, a policy, and what comes out (None when it is dropped)."""

    name: str
    record: bytes
    policy: dict[str, Any] | None
    expected: bytes | None


def cases() -> Iterator[Case]:
    """Every case of tests/vectors."""
    folder = ROOT / "tests/vectors"
    for path in sorted(folder.rglob("*.toml")):
        for row in tomllib.loads(path.read_text())["case"]:
            name = f"{path.relative_to(folder).with_suffix('')}/{row['name']}"
            record = _record(row)
            yield Case(name, record, row.get("policy"), _expected(row, record))


def _record(row: dict[str, Any]) -> bytes:
    if "record_hex" in row:
        return bytes.fromhex(row["record_hex"])
    if "record_parts" in row:
        return b"".join(text.encode() * count for text, count in row["record_parts"])
    return row["record"].encode()


def _expected(row: dict[str, Any], record: bytes) -> bytes | None:
    if row.get("dropped"):
        return None
    if row.get("unchanged"):
        return record
    if "written" in row:
        return row["written"].encode()
    brace = record.rindex(b"}")
    comma = b"" if record[:brace].rstrip().endswith(b"{") else b","
    return record[:brace] + comma + row["inserted"].encode() + record[brace:]


MIRROR = (
    b'{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession",'
    b'"userIdentity":{"arn":"arn:aws:iam::111122223333:user/dana"}}'
)
NOISE = b'{"eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances"}'


@pytest.fixture(scope="session")
def command() -> str:
    """`tapsieve`, to compare with; CI has built it."""
    path = Path(os.environ.get("TAPSIEVE", ROOT / "target/release/tapsieve"))
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{path} is not there")
        pytest.skip(f"{path} is not there; `cargo build --release -p tapsieve-host` builds it")
    return str(path)


@pytest.fixture(scope="session")
def standin() -> bytes:
    """A module that does what records ask for: traps, loops and wrong answers."""
    import wasmtime

    (path,) = ROOT.glob("*/tests/modules/standin.wat")
    return bytes(wasmtime.wat2wasm(path.read_text()))
