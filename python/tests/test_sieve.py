"""`Sieve`: the same answers as every other engine, and what happens when the module fails."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import random
import re
from pathlib import Path

import pytest
import zstandard
from conftest import MIRROR, NOISE, ROOT, cases

from tapsieve import Counts, InputError, ModuleError, PolicyError, Sieve, _input


def test_every_vector() -> None:
    plain = Sieve()
    wrong = []
    count = 0
    for case in cases():
        count += 1
        sieve = plain if case.policy is None else Sieve(case.policy)
        if sieve.process(case.record) != case.expected:
            wrong.append(case.name)
        if case.expected not in (case.record, None) and sieve.scan(case.record) >= len(case.record):
            wrong.append(f"{case.name}: ruled out by a scan")
        assert sieve.failures == 0
    assert count > 1000
    assert wrong == []


def test_the_three_lines_of_the_readme_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    for readme in ("README.md", "python/README.md"):
        lines = re.search(r"```python\n(from tapsieve import Sieve\n.*?)```", Path(readme).read_text(), re.DOTALL)
        assert lines
        exec(lines[1], {})
        said = capsys.readouterr().out.splitlines()
        assert len(said) == 7
        assert said[1] == "high CreateTrafficMirrorSession arn:aws:sts::111122223333:assumed-role/NetOps/dana"


def test_an_unchanged_record_is_the_same_object_and_a_verdict_follows_a_mirror_event() -> None:
    sieve = Sieve()
    assert sieve.process(NOISE) is NOISE
    assert sieve.verdict() is None
    enriched = sieve.process(MIRROR)
    assert enriched is not None and enriched.startswith(MIRROR[:-1])
    assert sieve.verdict() == json.loads(enriched)["mirror"]
    assert sieve.process(bytearray(MIRROR)) == sieve.process(memoryview(MIRROR)) == enriched


def test_a_scan_names_the_record() -> None:
    sieve = Sieve()
    block = NOISE * 5000 + MIRROR + NOISE * 5000
    at = sieve.scan(block)
    assert 5000 * len(NOISE) <= at < 5000 * len(NOISE) + len(MIRROR)
    assert sieve.scan(NOISE * 5000) == 5000 * len(NOISE)


TOML = 'keep = "mirror"\n[[approved]]\nname = "ours"\nactors = ["*/dana"]\nuntil = 2030-01-01T00:00:00Z\n'


def test_a_policy_is_a_text_a_file_or_a_dict(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(TOML)
    until = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    as_dict = {"keep": "mirror", "approved": [{"name": "ours", "actors": ["*/dana"], "until": until}]}
    record = MIRROR[:-1] + b',"eventTime":"2026-03-04T09:03:07Z"}'
    for policy in (TOML, path, str(path), as_dict):
        sieve = Sieve(policy)
        assert sieve.process(NOISE) is None
        enriched = sieve.process(record)
        assert enriched is not None and json.loads(enriched)["mirror"]["approved"] == {"name": "ours"}
        assert sieve.policy is not None and sieve.policy["keep"] == "mirror"
    assert Sieve().policy is None


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ('keep = "all\n', "policy: not TOML: .*line 1"),
        ('kep = "all"', "policy: kep: unknown member"),
        ({"keep": "some"}, "policy: keep: "),
        ({"approved": [{"name": "a", "actions": ["red"]}]}, r"policy: approved\[0\].actions\[0\]: "),
        ({"keep": b"all"}, "policy: a policy has no place for bytes"),
        ("until = 07:32:00", "policy: a time needs its date"),
        ("none.toml", "none.toml: no such file or directory"),
    ],
)
def test_a_policy_that_is_refused_says_where(policy: object, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        Sieve(policy)  # type: ignore[arg-type]


def test_a_module_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModuleError, match=r"none\.wasm: no such file"):
        Sieve(module=tmp_path / "none.wasm")
    with pytest.raises(ModuleError, match="module: no WebAssembly module"):
        Sieve(module=b"text")
    with pytest.raises(ModuleError, match="it lacks memory, abi_version"):
        Sieve(module=b"\0asm\x01\0\0\0")


@pytest.mark.parametrize("wish", [b"t", b"b", b"n", b"w", b"l"])
def test_a_trap_costs_its_record_only(standin: bytes, wish: bytes) -> None:
    sieve = Sieve(module=standin, call_seconds=1)
    good, bad, plain = b'{"TAP!e":1}', b'{"TAP!' + wish + b'":1}', b'{"a":1}'
    assert sieve.process(bad) == bad or wish == b"n"
    assert sieve.process(good) == b'{"TAP!e":1,"mirror":{"schema":1}}'
    counts = Counts()
    lines = list(sieve.records([plain, good, bad, good, plain], counts=counts))
    assert lines == [
        plain,
        good[:-1] + b',"mirror":{"schema":1}}',
        bad,
        good[:-1] + b',"mirror":{"schema":1}}',
        plain,
    ]
    assert (counts.records, counts.enriched, counts.unchanged, counts.unanswered) == (5, 2, 3, 1)
    assert counts.failures == 1
    assert sieve.last_failure is not None and "lines, line 3: `process`" in sieve.last_failure


@pytest.mark.parametrize("wish", [b"S", b"O"])
def test_where_a_scan_fails_every_record_is_processed(standin: bytes, wish: bytes) -> None:
    sieve = Sieve(module=standin)
    bad = b'{"TAP!' + wish + b'":1}'
    assert sieve.scan(bad) == 0
    counts = Counts()
    events = list(sieve.events([b'{"TAP!e":1}', bad, b'{"TAP!e":1}'], counts=counts))
    assert len(events) == 3
    assert counts.failures > 0 and counts.unanswered == 0


def test_a_policy_stays_in_force_after_a_trap(standin: bytes) -> None:
    sieve = Sieve({"keep": "mirror"}, module=standin)
    assert sieve.process(b'{"TAP!t":1}') == b'{"TAP!t":1}'
    assert sieve.failures == 1
    assert sieve.policy == {"keep": "mirror"}


def test_files_of_every_compression(tmp_path: Path) -> None:
    lines = NOISE + b"\n" + MIRROR + b"\r\n" + NOISE
    wrapped = b'{"Records":[' + NOISE + b"," + MIRROR + b"," + NOISE + b"]}"
    sieve = Sieve()
    enriched = sieve.process(MIRROR)
    for text in (lines, wrapped):
        for name, data in {
            "plain": text,
            "a.gz": gzip.compress(text[:50]) + gzip.compress(text[50:]),
            "a.zst": zstandard.compress(text[:50]) + zstandard.compress(text[50:]),
        }.items():
            path = tmp_path / name
            path.write_bytes(data)
            for source in (path, str(path)):
                counts = Counts()
                assert list(sieve.records(source, counts=counts)) == [NOISE, enriched, NOISE]
                assert (counts.records, counts.enriched) == (3, 1)
                (event,) = sieve.events(source)
                assert event.record == enriched
                assert event.mirror["operation"] == "CreateTrafficMirrorSession"
            assert list(sieve.records(io.BytesIO(data))) == [NOISE, enriched, NOISE]


def test_a_broken_file_gives_what_was_there(tmp_path: Path) -> None:
    data = b"\n".join([MIRROR, *[b'{"n":%d}' % number for number in range(20_000)]]) + b"\n"
    for name, broken in {
        "cut.gz": gzip.compress(data)[:-3000],
        "flipped.gz": bytearray(gzip.compress(data)),
        "cut.zst": zstandard.compress(data)[:-100],
    }.items():
        if name.startswith("flipped"):
            broken[len(broken) // 2] ^= 0xFF
        path = tmp_path / name
        path.write_bytes(broken)
        events = []
        with pytest.raises(InputError, match=f"{name}: .* broken or cut short"):
            for event in Sieve().events(path):
                events.append(event)
        assert len(events) == 1
    with pytest.raises(InputError, match="none: no such file"):
        next(Sieve().events(tmp_path / "none"))
    with pytest.raises(InputError, match="stream of text"):
        next(Sieve().events(io.StringIO("{}")))  # type: ignore[arg-type]


@pytest.mark.parametrize("library", ["zlib", "isal.isal_zlib"])
def test_a_whole_gzip_file_is_right_or_refused(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_input, "inflate", pytest.importorskip(library))
    text = b"".join(b'{"n":%d}\n' % number for number in range(5000))
    packed = gzip.compress(text[:20_000]) + gzip.compress(text[20_000:])
    assert _input.gunzip(memoryview(packed), len(text)) == text
    assert _input.gunzip(packed, len(text) - 1) is None
    assert _input.gunzip(packed + b"rubbish", len(text)) is None
    chance = random.Random(7)
    for _ in range(300):
        broken = bytearray(packed)
        at = chance.randrange(10, len(packed))
        broken[at] ^= 1 << chance.randrange(8)
        assert _input.gunzip(bytes(broken), len(text)) in (None, text)
        assert _input.gunzip(packed[:at], len(text)) is None or len(packed) - at == len(gzip.compress(text[20_000:]))


def test_lines_over_the_limit_pass_unread() -> None:
    long = b'{"eventName":"' + b"x" * (17 << 20) + b'"}'
    counts = Counts()
    records = list(Sieve().records(io.BytesIO(NOISE + b"\n" + long + b"\n" + MIRROR + b"\n"), counts=counts))
    assert records[:2] == [NOISE, long] and len(records) == 3
    assert (counts.too_long, counts.enriched) == (1, 1)
