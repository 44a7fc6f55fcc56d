"""Spark with tapsieve against what a user would write in Spark instead, on the same files, interleaved in one session.

`compare.py FOLDER [ROUNDS]`: seconds of each way over all files, medians, and how many events each finds.
Every way reads gz files of Records, ends in the same count, and has warm workers: a round is thrown away first.
"""

from __future__ import annotations

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

from tapsieve.spark import scan_files

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
ARRAY = "struct<Records:array<struct<eventName:string,operationName:string,protoPayload:struct<methodName:string>>>>"
NAME = "coalesce(e.eventName, e.operationName, e.protoPayload.methodName)"


def files(spark: SparkSession, folder: str) -> DataFrame:
    return spark.read.format("binaryFile").option("recursiveFileLookup", True).load(folder)


def texts(spark: SparkSession, folder: str) -> DataFrame:
    """A file is a line, which Spark decompresses itself."""
    return spark.read.option("recursiveFileLookup", True).text(folder)


def tapsieve(spark: SparkSession, folder: str) -> int:
    return scan_files(files(spark, folder)).where("record is not null").count()


def from_json(spark: SparkSession, folder: str) -> int:
    records = texts(spark, folder).select(f.explode(f.from_json("value", ARRAY)["Records"]).alias("e"))
    return records.where(f.expr(NAME).rlike(NAMES)).count()


def rlike(spark: SparkSession, folder: str) -> int:
    """Which files have a name in their text; which events those are is still to be found."""
    return texts(spark, folder).where(f.col("value").rlike(NAMES)).count()


def python_json(spark: SparkSession, folder: str) -> int:
    names = set(SEED)

    def find(lines: Iterator[Any]) -> Iterator[int]:
        for row in lines:
            for event in json.loads(row.value)["Records"]:
                name = (
                    event.get("eventName")
                    or event.get("operationName")
                    or event.get("protoPayload", {}).get("methodName", "")
                )
                if name in names or any(name.endswith(part) for part in names):
                    yield 1

    return texts(spark, folder).rdd.mapPartitions(find).count()


WAYS: dict[str, Callable[[SparkSession, str], int]] = {
    "tapsieve": tapsieve,
    "from_json and a filter": from_json,
    "rlike on raw text": rlike,
    "Python with json": python_json,
}


def main() -> None:
    folder, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(os.environ.get("MASTER", "local[2]")).config("spark.ui.enabled", False)
    spark = (
        builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 32)
        .config("spark.driver.memory", "4g")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    size = sum(path.stat().st_size for path in Path(folder).rglob("*.gz"))
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    found = {}
    for number in range(rounds + 1):
        for name, way in WAYS.items():
            begun = time.monotonic()
            found[name] = way(spark, folder)
            took = time.monotonic() - begun
            if number:
                times[name].append(took)
            print(
                f"round {number} {name}: {took:.2f} s, {found[name]} found, load {os.getloadavg()[0]:.1f}", flush=True
            )
    fastest = statistics.median(times["tapsieve"])
    print(f"| way | seconds, median of {rounds} | MB/s of gzip | times tapsieve's | found |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, each in times.items():
        median = statistics.median(each)
        print(f"| {name} | {median:.1f} | {size / 1e6 / median:.1f} | {median / fastest:.1f} | {found[name]} |")
    spark.stop()


if __name__ == "__main__":
    main()
