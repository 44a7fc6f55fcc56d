"""Spark with tapsieve against what a user would write in Spark instead, on the same files, interleaved in one session.

`compare.py FOLDER [ROUNDS]`: each way over all files: seconds by the clock and of processor time (Spark, its JVM and
its workers together), medians, and how many events it finds. gz files are taken for `Records`, all others for NDJSON.
Every way ends in the same count, and has warm workers: a round is thrown away first.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from tapsieve.spark import enrich, scan_files
from tapsieve.spark.command import SETTINGS

# What the LogScale query that tapsieve grew out of looks for.
SEED = [
    *(
        f"{verb}TrafficMirror{what}"
        for verb in ("Create", "Modify")
        for what in ("Session", "Target", "Filter", "FilterRule")
    ),
    *(f"DeleteTrafficMirror{what}" for what in ("Session", "Filter", "FilterRule")),
    "Microsoft.Network/virtualNetworkTaps/write",
    "Microsoft.Network/virtualNetworkTaps/delete",
    "Microsoft.Network/networkInterfaces/tapConfigurations/write",
    "Microsoft.Network/networkInterfaces/tapConfigurations/delete",
    "packetMirrorings.insert",
    "packetMirrorings.patch",
    "packetMirrorings.delete",
]
NAMES = "|".join(name.replace(".", "\\.") for name in SEED)
EVENT = "struct<eventName:string,operationName:string,protoPayload:struct<methodName:string>>"
ARRAY = f"struct<Records:array<{EVENT}>>"
NAME = "coalesce(e.eventName, e.operationName, e.protoPayload.methodName)"


def files(spark: SparkSession, folder: str) -> DataFrame:
    return spark.read.format("binaryFile").option("recursiveFileLookup", True).load(folder)


def texts(spark: SparkSession, folder: str) -> DataFrame:
    """Lines; a file of `Records` is one, which Spark decompresses itself."""
    return spark.read.option("recursiveFileLookup", True).text(folder)


def by_workers(spark: SparkSession, folder: str) -> int:
    return scan_files(files(spark, folder), local=True).where("record is not null").count()


def by_spark(spark: SparkSession, folder: str) -> int:
    return scan_files(files(spark, folder)).where("record is not null").count()


def column(spark: SparkSession, folder: str) -> int:
    return enrich(texts(spark, folder), only_mirror=True).count()


def read_only(spark: SparkSession, folder: str) -> int:
    """What Spark needs to read the text and nothing else."""
    return texts(spark, folder).where(f.length("value") == 1).count()


def from_json(spark: SparkSession, folder: str) -> int:
    records = texts(spark, folder).select(f.explode(f.from_json("value", ARRAY)["Records"]).alias("e"))
    return records.where(f.expr(NAME).rlike(NAMES)).count()


def from_json_lines(spark: SparkSession, folder: str) -> int:
    return texts(spark, folder).select(f.from_json("value", EVENT).alias("e")).where(f.expr(NAME).rlike(NAMES)).count()


def rlike(spark: SparkSession, folder: str) -> int:
    """Which lines have a name in their text; of a file of `Records`, which events those are is still to be found."""
    return texts(spark, folder).where(f.col("value").rlike(NAMES)).count()


def python_json(spark: SparkSession, folder: str) -> int:
    names = set(SEED)

    def find(lines: Iterator[Any]) -> Iterator[int]:
        for row in lines:
            value = json.loads(row.value)
            for event in value.get("Records", [value]):
                name = (
                    event.get("eventName")
                    or event.get("operationName")
                    or event.get("protoPayload", {}).get("methodName", "")
                )
                if name in names or any(name.endswith(part) for part in names):
                    yield 1

    return texts(spark, folder).rdd.mapPartitions(find).count()


Way = Callable[[SparkSession, str], int]
RECORDS: dict[str, Way] = {
    "tapsieve, workers read the files": by_workers,
    "tapsieve, Spark reads the files": by_spark,
    "Spark reads the text, nothing else": read_only,
    "`from_json` and a filter": from_json,
    "`rlike` on raw text": rlike,
    "Python with `json`": python_json,
}
LINES: dict[str, Way] = {
    "tapsieve, workers read the files": by_workers,
    "tapsieve on a column (`enrich`)": column,
    "Spark reads the text, nothing else": read_only,
    "`from_json` and a filter": from_json_lines,
    "`rlike` on raw text": rlike,
    "Python with `json`": python_json,
}


def processor_seconds() -> float:
    """Of this process and all below it, also those that have ended."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                words = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                parents[int(folder.name)] = int(words[1])
                ticks[int(folder.name)] = sum(map(int, words[11:15]))
    total = 0
    for process, spent in ticks.items():
        above = process
        while above != os.getpid() and above in parents:
            above = parents[above]
        total += spent if above == os.getpid() else 0
    return total / os.sysconf("SC_CLK_TCK")


def main() -> None:
    folder, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    skipped = os.environ.get("SKIP", "").split(",")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(os.environ.get("MASTER", "local[2]")).config("spark.ui.enabled", False)
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    spark = builder.config("spark.driver.memory", "4g").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    paths = [path for path in Path(folder).rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in paths)
    ways = RECORDS if paths[0].suffix == ".gz" else LINES
    ways = {name: way for name, way in ways.items() if not any(word and word in name for word in skipped)}
    clock: dict[str, list[float]] = {name: [] for name in ways}
    processor: dict[str, list[float]] = {name: [] for name in ways}
    found = {}
    for number in range(rounds + 1):
        for name, way in ways.items():
            begun, spent = time.monotonic(), processor_seconds()
            if way is column:
                spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", 10_000)
            found[name] = way(spark, folder)
            spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", 32)
            took, spent = time.monotonic() - begun, processor_seconds() - spent
            if number:
                clock[name].append(took)
                processor[name].append(spent)
            said = f"round {number} {name}: {took:.2f} s, {spent:.2f} s of processor time, {found[name]} found"
            print(f"{said}, load {os.getloadavg()[0]:.1f}", flush=True)
    first = next(iter(ways))
    print(f"{len(paths)} files, {size / 1e6:.0f} MB as they lie; medians of {rounds}")
    print("| way | seconds | times the first | processor seconds | times the first | found |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in ways:
        took, spent = statistics.median(clock[name]), statistics.median(processor[name])
        times = took / statistics.median(clock[first]), spent / statistics.median(processor[first])
        print(f"| {name} | {took:.1f} | {times[0]:.1f} | {spent:.1f} | {times[1]:.1f} | {found[name]} |")
    spark.stop()


if __name__ == "__main__":
    main()
