"""tapsieve in Spark on a cluster of two executors: the same answers, and nothing lost or doubled when a part fails."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from conftest import MIRROR, NOISE, ROOT, cases

from tapsieve import PolicyError, Sieve
from tapsieve._sift import is_record

if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    if os.environ.get("CI") == "true":
        pytest.fail("Spark needs Java, and there is none", pytrace=False)
    pytest.skip("ABSENT: Spark needs Java 17 or newer, and there is none", allow_module_level=True)

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.types import BinaryType, StringType

from tapsieve.spark import MIRROR as MIRROR_TYPE
from tapsieve.spark import enrich, scan_files
from tapsieve.spark.command import main

POLICY = (
    'drop = ["read"]\n[[approved]]\nname = "ours"\nactors = ["*/dana"]\n'
    "from = 2020-01-01T00:00:00Z\nuntil = 2040-01-01T00:00:00Z\n"
)
FILES, EVENTS = 40, 300


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """Two executors of their own, each a JVM with its Python workers."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("tapsieve-tests")
    for key, value in {
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "60s",
        "spark.sql.shuffle.partitions": "2",
        # Many tasks, so that there is a midway.
        "spark.sql.files.openCostInBytes": "1000000",
        "spark.sql.files.maxPartitionBytes": "2000000",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "64",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files as a bucket holds them: Records in gzip, some NDJSON, some without a mirror event."""
    folder = tmp_path_factory.mktemp("logs")
    chance = random.Random(3)
    for number in range(FILES):
        (folder / f"day={number % 3}").mkdir(exist_ok=True)
        write_file(folder / f"day={number % 3}/{number}.json.gz", chance, mirror=10 * (number % 2), number=number)
    return folder


def write_file(path: Path, chance: random.Random, mirror: int, number: int) -> None:
    records = [
        case.record
        for case in cases()
        if b"\n" not in case.record and case.record[:1] == b"{" and case.record[-1:] == b"}" and case.policy is None
    ]
    noise = [NOISE[:-1] + b',"n":%d,"pad":"%s"}' % (chance.randrange(10**9), b"x" * 500) for _ in range(EVENTS)]
    events = noise + chance.sample(records, mirror)
    chance.shuffle(events)
    text = b"\n".join(events) if number % 5 == 4 else b'{"Records":[' + b",".join(events) + b"]}"
    path.write_bytes(gzip.compress(text, 1))


def found_by_command(command: str, files: list[Path], *options: str) -> list[bytes]:
    """What `tapsieve run` finds in files, in no order."""
    arguments = [command, "run", "--split-records", "--only-mirror", *options, *map(str, files)]
    return sorted(subprocess.run(arguments, check=False, stdout=subprocess.PIPE).stdout.splitlines())


def lines(out: Path) -> list[bytes]:
    """The lines of a table of NDJSON, in no order."""
    return sorted(line for part in out.rglob("part-*.txt") for line in part.read_bytes().splitlines())


def valid_text(record: bytes) -> str:
    """A record as a column of text holds it."""
    return record.decode(errors="replace")


def test_the_schema_is_the_table_of_members() -> None:
    members = json.loads((ROOT / "docs/members.json").read_bytes())["members"]
    assert [(field.name, field.dataType.simpleString()) for field in MIRROR_TYPE.fields] == [
        (member["name"], member["type"]) for member in members
    ]


def test_the_schema_has_every_member_of_every_verdict() -> None:
    members: dict[str, type] = {}
    sieve = Sieve()
    for case in cases():
        if case.policy is not None:
            sieve_of_case = Sieve(case.policy)
        else:
            sieve_of_case = sieve
        sieve_of_case.process(case.record)
        for name, value in (sieve_of_case.verdict() or {}).items():
            members[name] = type(value)
    kinds = {"string": str, "int": int, "boolean": bool, "array<string>": list}
    typed = {field.name: kinds.get(field.dataType.simpleString(), dict) for field in MIRROR_TYPE.fields}
    assert members.keys() - typed.keys() == set()
    assert {name: kind for name, kind in typed.items() if name in members} == members


def rows_of(records: list[bytes | None]) -> list[Row]:
    return [Row(number=number, value=record) for number, record in enumerate(records)]


def as_dict(mirror: Row | None) -> dict[str, object] | None:
    if mirror is None:
        return None
    members = {name: value for name, value in mirror.asDict(recursive=True).items() if value is not None}
    if "approved" in members:
        members["approved"] = {name: value for name, value in members["approved"].items() if value is not None}
    return members


@pytest.mark.parametrize("kind", ["string", "binary"])
@pytest.mark.parametrize("policy", [None, POLICY, 'keep = "mirror"\n'], ids=["no policy", "policy", "keep"])
@pytest.mark.parametrize("only_mirror", [False, True], ids=["all", "only_mirror"])
def test_each_row_is_what_process_makes_of_it(
    spark: SparkSession, kind: str, policy: str | None, only_mirror: bool
) -> None:
    chance = random.Random(4)
    records: list[bytes | None] = [
        case.record
        for case in cases()
        if case.policy is None and b"\xff" not in case.record and len(case.record) < 10**5
    ]
    records += [None, b"", b" ", b"no JSON", NOISE, MIRROR] + [NOISE] * 500
    chance.shuffle(records)
    if kind == "string":
        records = [record for record in records if record is None or is_text(record)]
        df = spark.createDataFrame(
            [(n, r if r is None else r.decode()) for n, r in enumerate(records)], "number int, value string"
        )
    else:
        df = spark.createDataFrame(list(enumerate(records)), "number int, value binary")
    got = enrich(df.repartition(4), policy=policy, only_mirror=only_mirror).collect()
    sieve = Sieve(policy)
    expected = {}
    for number, record in enumerate(records):
        outcome = sieve.process(record) if record else record
        if outcome is None and record is not None and not is_record(record):
            # What is no JSON object is not dropped.
            outcome = record
        mirror = sieve.verdict() if outcome != record else None
        if (outcome is None and record is not None) or (only_mirror and outcome == record):
            continue
        expected[number] = (outcome, mirror)
    assert {row.number: (as_bytes(row.value), as_dict(row.mirror)) for row in got} == expected
    assert len(got) == len(expected)


def as_bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def is_text(record: bytes) -> bool:
    try:
        return "\x00" not in record.decode()
    except UnicodeDecodeError:
        return False


def test_the_work_is_on_both_executors(spark: SparkSession, logs: Path) -> None:
    from pyspark import TaskContext

    def where(rows: Iterator[Row]) -> Iterator[tuple[str, int]]:
        context = TaskContext.get()
        assert context is not None
        time.sleep(0.3)
        yield str(context.resources().keys()), os.getppid()

    daemons = spark.sparkContext.parallelize(range(16), 16).mapPartitions(where).collect()
    assert len({daemon for _, daemon in daemons}) >= 2


def test_what_cannot_be_enriched_is_refused_on_the_driver(spark: SparkSession) -> None:
    df = spark.createDataFrame([(1, "{}")], "number int, value string")
    with pytest.raises(ValueError, match="no column 'line', there are: number, value"):
        enrich(df, "line")
    with pytest.raises(TypeError, match="column 'number' is int"):
        enrich(df, "number")
    with pytest.raises(ValueError, match="column 'mirror' already"):
        enrich(enrich(df))
    with pytest.raises(PolicyError, match="kep: unknown member"):
        enrich(df, policy="kep = 1")
    types = {field.name: type(field.dataType) for field in enrich(df).schema.fields}
    assert types["value"] is StringType
    assert type(enrich(df.selectExpr("cast(value as binary) value")).schema["value"].dataType) is BinaryType


@pytest.mark.parametrize("policy", [None, POLICY], ids=["no policy", "policy"])
def test_a_folder_gives_what_the_command_finds(
    spark: SparkSession, command: str, logs: Path, tmp_path: Path, policy: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    options = []
    if policy:
        (tmp_path / "policy.toml").write_text(policy)
        options = ["--policy", str(tmp_path / "policy.toml")]
    assert main([*options, str(logs), str(tmp_path / "out")]) == 0
    expected = found_by_command(command, sorted(logs.rglob("*.gz")), *options)
    assert len(expected) > 100
    assert lines(tmp_path / "out/events.ndjson") == expected
    table = spark.read.parquet(str(tmp_path / "out/events.parquet"))
    assert table.count() == len(expected)
    # A record need not be strict JSON, so the column is held to what the module says of the same bytes.
    sieve = Sieve(policy)
    verdicts = {}
    for path in logs.rglob("*.gz"):
        verdicts |= {valid_text(event.record): event.mirror for event in sieve.events(path)}
    for row in table.collect():
        assert row.path.endswith(".json.gz")
        assert as_dict(row.mirror) == verdicts[row.record]
    assert spark.read.parquet(str(tmp_path / "out/files.parquet")).count() == FILES
    said = capfd.readouterr().err
    assert f"{len(expected)} mirror events in" in said and f"{FILES} files of" in said
    stories = spark.read.parquet(str(tmp_path / "out/stories.parquet")).collect()
    with_story = [
        event.mirror["story"] for path in logs.rglob("*.gz") for event in sieve.events(path) if "story" in event.mirror
    ]
    assert {row.story: row.events for row in stories} == Counter(with_story)
    assert spark.read.json(str(tmp_path / "out/stories.ndjson")).count() == len(stories) > 5
    assert not (tmp_path / "out/_scanned").exists()
    assert main([str(logs), str(tmp_path / "out")]) == 2
    assert "is there already" in capfd.readouterr().err


def stories_of(command: str, files: list[Path]) -> list[str]:
    """What `tapsieve stories` joins, but for the numbers of lines."""
    said = subprocess.run([command, "stories", "--json", *map(str, files)], check=True, stdout=subprocess.PIPE).stdout
    stories = [json.loads(line) for line in said.splitlines()]
    for story in stories:
        for event in story["events"]:
            del event["at"]
    return sorted(json.dumps(story, sort_keys=True) for story in stories)


def test_what_is_found_joins_into_the_same_stories(spark: SparkSession, command: str, tmp_path: Path) -> None:
    logs = ROOT / "tests/samples/audit.ndjson"
    assert main([str(logs), str(tmp_path / "out")]) == 0
    found = stories_of(command, sorted((tmp_path / "out/events.ndjson").glob("part-*.txt")))
    assert found == stories_of(command, [logs])
    assert len(found) > 3


def executors() -> list[int]:
    """The processes of executors of this driver's cluster."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if b"CoarseGrainedExecutorBackend" in line and is_below(int(folder.name), os.getpid()):
                found.append(int(folder.name))
    return found


def is_below(process: int, above: int) -> bool:
    while process > 1:
        if process == above:
            return True
        try:
            process = int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
    return False


def test_a_killed_executor_costs_nothing(spark: SparkSession, command: str, logs: Path, tmp_path: Path) -> None:
    before = executors()
    assert len(before) == 2
    killed_at = []

    def kill_midway() -> None:
        tracker = spark.sparkContext.statusTracker()
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            for stage in tracker.getActiveStageIds():
                info = tracker.getStageInfo(stage)
                if info and info.numTasks > 8 and 2 <= info.numCompletedTasks < info.numTasks - 4:
                    os.kill(before[0], signal.SIGKILL)
                    killed_at.append((info.numCompletedTasks, info.numTasks))
                    return
            time.sleep(0.005)

    killer = threading.Thread(target=kill_midway)
    killer.start()
    assert main([str(logs), str(tmp_path / "out")]) == 0
    killer.join()
    assert killed_at, "the job ended before an executor could be killed"
    assert before[0] not in executors()
    assert lines(tmp_path / "out/events.ndjson") == found_by_command(command, sorted(logs.rglob("*.gz")))
    assert spark.read.parquet(str(tmp_path / "out/files.parquet")).count() == FILES


def test_a_corrupt_file_is_named_and_the_others_are_read(
    spark: SparkSession, command: str, logs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "logs"
    shutil.copytree(logs, folder)
    files = sorted(folder.rglob("*.gz"))
    broken = [path for path in files if path.name in ("1.json.gz", "3.json.gz", "6.json.gz")]
    for path in broken:
        data = bytearray(path.read_bytes())
        # A checksum that does not fit, or an end that is missing: a byte that differs elsewhere makes other records.
        data[-8] ^= 0xFF
        path.write_bytes(data if path.name != "3.json.gz" else data[: len(data) // 2])
    (folder / "unfinished.json").write_bytes(b'{"Records":[' + MIRROR + b"," + NOISE)
    (folder / "text.json").write_bytes(b"no JSON\n" + MIRROR + b"\n")
    (folder / "empty.json").write_bytes(b"")
    assert main([str(folder), str(tmp_path / "out")]) == 1
    said = capfd.readouterr().err
    for path in broken:
        assert f"{path}: gzip data is broken or cut short, everything before that was processed" in said
    assert 'unfinished.json: ends inside "Records", everything before that was processed' in said
    whole = [path for path in folder.rglob("*.json*") if path not in broken]
    got = lines(tmp_path / "out/events.ndjson")
    # All of the whole files and what could be read of the broken ones, each once.
    expected = found_by_command(command, whole)
    assert all(got.count(line) >= expected.count(line) for line in expected)
    every = found_by_command(command, [*whole, *(logs / path.relative_to(folder) for path in broken)])
    assert all(every.count(line) >= got.count(line) for line in got)


@pytest.mark.parametrize("local", [True, False], ids=["workers read", "Spark reads"])
def test_files_of_every_make_give_what_the_command_finds(
    spark: SparkSession, command: str, tmp_path: Path, local: bool
) -> None:
    folder = tmp_path / "a b, 100%"
    folder.mkdir()
    records = b'{"Records":[' + b",".join([NOISE] * 20 + [MIRROR, NOISE, MIRROR] + [NOISE] * 3000) + b"]}"
    lines_of = (NOISE + b"\n") * 3000 + MIRROR + b"\n" + b'{"a":"\xff",' + MIRROR[1:] + b"\n"
    (folder / "records é.json.gz").write_bytes(gzip.compress(records))
    (folder / "two members.gz").write_bytes(gzip.compress(lines_of) + gzip.compress(lines_of))
    (folder / "lines.ndjson").write_bytes(lines_of)
    (folder / "lines.zst").write_bytes(zstandard.compress(lines_of) + zstandard.compress(NOISE))
    (folder / "nothing").write_bytes(b"")
    (folder / "nothing.gz").write_bytes(gzip.compress(b""))
    (folder / "one huge line").write_bytes(b'{"pad":"' + b"x" * (17 << 20) + b'",' + MIRROR[1:] + b"\n" + MIRROR)
    (folder / "over many lines").write_bytes(b"{\n" + MIRROR[1:].replace(b",", b",\n") + b"\n" + NOISE)
    (folder / "cut.json").write_bytes(b'{"Records":[' + MIRROR + b"," + NOISE[:30])
    (folder / "cut.gz").write_bytes(gzip.compress(records + records[:5])[:-9])
    (folder / "no gzip after it.gz").write_bytes(gzip.compress(records) + b"rubbish")
    files = spark.read.format("binaryFile").load(str(folder))
    rows = scan_files(files, local=local).collect()
    # Spark itself leaves out a file of no bytes.
    other = ("cut.json", "cut.gz", "no gzip after it.gz", "nothing")
    whole = [path for path in folder.iterdir() if path.name not in other]
    found: dict[str, list[bytes]] = {path.name: [] for path in folder.iterdir()}
    for row in rows:
        if row.record is not None:
            found[Path(row.path).name].append(bytes(row.record))
    for path in folder.iterdir():
        assert sorted(found[path.name]) == found_by_command(command, [path]), path.name
    problems = {Path(row.path).name: row.problem for row in rows if row.record is None}
    assert {name for name, problem in problems.items() if problem is None} == {path.name for path in whole}
    assert problems["cut.json"] == 'ends inside "Records", everything before that was processed'
    assert "gzip data is broken or cut short" in problems["cut.gz"]
    assert len(rows) == len(problems) + sum(map(len, found.values()))


def test_a_file_that_is_gone_is_named(spark: SparkSession, tmp_path: Path) -> None:
    files = spark.createDataFrame([(f"file:{tmp_path}/gone.json",), ("s3a://bucket/key.json",)], "path string")
    problems = {row.path: row.problem for row in scan_files(files, local=True).collect()}
    assert problems == {
        f"file:{tmp_path}/gone.json": "no such file or directory",
        "s3a://bucket/key.json": "is not on this machine",
    }


def test_a_stream_that_is_killed_goes_on_from_its_checkpoint(
    spark: SparkSession, command: str, logs: Path, tmp_path: Path
) -> None:
    folder, out, state = tmp_path / "logs", tmp_path / "out", tmp_path / "state"
    shutil.copytree(logs, folder)
    arguments = ["--checkpoint", str(state), "--batch-files", "4", str(folder), str(out)]
    # A driver of its own, killed with its JVM and workers after the second batch.
    program = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tapsieve.spark",
            "--master",
            "local[1]",
            "--conf",
            "spark.ui.enabled=false",
            *arguments,
        ],
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 180
    while not (state / "commits/1").exists():
        assert program.poll() is None, "the stream ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(program.pid, signal.SIGKILL)
    program.wait()
    committed = len([path for path in (state / "commits").iterdir() if path.name.isdigit()])
    assert 2 <= committed < FILES // 4
    # Files that came meanwhile.
    write_file(folder / "late.json.gz", random.Random(5), mirror=10, number=0)
    assert main(arguments) == 0
    expected = found_by_command(command, sorted(folder.rglob("*.gz")))
    assert lines(out / "events.ndjson") == expected
    assert spark.read.parquet(str(out / "events.parquet")).count() == len(expected)
    # A batch that was written and never committed is written anew, not twice.
    last = max(int(path.name) for path in (state / "commits").iterdir() if path.name.isdigit())
    (state / f"commits/{last}").unlink()
    (state / f"commits/.{last}.crc").unlink(missing_ok=True)
    assert main(arguments) == 0
    assert lines(out / "events.ndjson") == expected
    # Nothing is new.
    assert main(arguments) == 0
    assert lines(out / "events.ndjson") == expected


def test_a_stream_of_lines_is_enriched_once(spark: SparkSession, tmp_path: Path) -> None:
    folder, out, state = tmp_path / "lines", tmp_path / "out", tmp_path / "state"
    folder.mkdir()

    def run() -> DataFrame:
        found = enrich(spark.readStream.text(str(folder)), policy=POLICY, only_mirror=True)
        writer = found.writeStream.format("parquet").option("checkpointLocation", str(state))
        writer.trigger(availableNow=True).start(str(out)).awaitTermination()
        return spark.read.parquet(str(out))

    for number in range(3):
        (folder / f"{number}.ndjson").write_bytes((NOISE + b"\n") * 100 + MIRROR + b"\n")
        assert run().count() == number + 1
    assert {row.mirror.operation for row in run().collect()} == {"CreateTrafficMirrorSession"}


def test_usage(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.toml").write_text("kep = 1\n")
    assert main(["--policy", str(tmp_path / "policy.toml"), "in", "out"]) == 1
    assert "policy.toml: kep: unknown member" in capfd.readouterr().err
    assert main(["--follow", "in", "out"]) == 2
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
