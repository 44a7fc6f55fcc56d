"""`python -m tapsieve.spark IN… OUT`: audit logs in, tables of mirror events out.

Knows the command line, the tables and what is said; the work is done in `scan_files`.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as f

from .. import __version__
from ..cli import KEYS, Failure, Tally, complain, plural, tally_table
from ..errors import TapsieveError
from ..sieve import Sieve
from . import scan_files

INCOMPLETE, USAGE = 1, 2
PROBLEMS_NAMED = 20
# Events are few; so should be the files that hold them.
TABLE_FILES_MAX = 8
PROGRESS_SECONDS = 2.0
TABLES = ("events.parquet", "events.ndjson", "files.parquet", "stories.parquet", "stories.ndjson")
SETTINGS = {
    # Files go to Python a few at a time: each may be large.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "32",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(64 << 20),
    # A task costs more to start than a file to open: hundreds of small files in one.
    "spark.sql.files.openCostInBytes": str(256 << 10),
}
"""What this job asks of Spark where nobody asks for something else."""

EPILOG = """\
writes
  OUT/events.parquet   a row for each mirror event: path, record, and mirror as a struct
  OUT/events.ndjson    the enriched records, a line each, as `tapsieve run --only-mirror` writes them
  OUT/files.parquet    a row for each file: path, bytes, and why it could not be read to its end
  OUT/stories.parquet  a row for each mirror.story: what one identity did in one account, and when
  OUT/stories.ndjson   the same, a line each; `tapsieve stories OUT/events.ndjson/part-*` joins them by ids, too

examples
  python -m tapsieve.spark s3a://trail/AWSLogs/ s3a://findings/2026-11/
  python -m tapsieve.spark --glob '*.json.gz' logs/ found/ --policy policy.toml
  python -m tapsieve.spark --checkpoint s3a://findings/state s3a://trail/AWSLogs/ s3a://findings/live

With --checkpoint only files that no run before has read are read; events are added to OUT, each once.
On a cluster: spark-submit $(python -c 'import tapsieve.spark.command as c; print(c.__file__)') IN OUT
S3 needs the package hadoop-aws of Spark's Hadoop: --conf spark.jars.packages=org.apache.hadoop:hadoop-aws:…

exit codes
  0  all was done
  1  not all was done: some files could not be read, or the output not written; standard error says which
  2  the command line is wrong
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    options = parser().parse_args(arguments)
    try:
        return run(options)
    except (Failure, TapsieveError) as error:
        complain(str(error))
        return error.code if isinstance(error, Failure) else INCOMPLETE
    except PySparkException as error:
        complain(first_line(error))
        return INCOMPLETE
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m tapsieve.spark",
        description="Find traffic mirroring in folders or buckets of audit logs with Spark.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = top.add_argument
    add("--version", action="version", version=f"tapsieve {__version__}")
    add(
        "inputs",
        metavar="IN",
        nargs="+",
        help="folders, buckets or patterns: NDJSON or Records, plain, gzip or zstd",
    )
    add("output", metavar="OUT", help="a folder or bucket for the tables; it may not hold any yet")
    add("--policy", metavar="FILE", help="put this policy in force, in TOML; see docs/POLICY.md")
    add("--glob", metavar="PATTERN", help="read only files whose names fit, such as '*.json.gz'")
    add("--overwrite", action="store_true", help="replace tables that are there")
    add("--checkpoint", metavar="DIR", help="remember here what was read, read only new files, and add to OUT")
    add("--follow", action="store_true", help="with --checkpoint: go on when all is read, until stopped")
    add(
        "--batch-files",
        metavar="N",
        type=int,
        default=100_000,
        help="with --checkpoint: how many files are committed at once",
    )
    add(
        "--master", metavar="URL", help="the cluster, such as spark://host:7077; local[*] without this and spark-submit"
    )
    add("--conf", metavar="KEY=VALUE", action="append", default=[], help="a setting of Spark; may be given often")
    return top


def session(options: argparse.Namespace) -> SparkSession:
    """Spark as this job needs it; what the cluster or --conf sets comes first."""
    # Executors on this machine run the same Python.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("tapsieve").config("spark.ui.showConsoleProgress", "false")
    if options.master:
        builder = builder.master(options.master)
    given = {}
    for setting in options.conf:
        key, equals, value = setting.partition("=")
        if not equals:
            raise Failure(USAGE, f"--conf {setting}: is not KEY=VALUE")
        given[key] = value
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    set_before = spark.sparkContext.getConf()
    for key, value in SETTINGS.items():
        if not set_before.contains(key) and key not in given:
            spark.conf.set(key, value)
    if "spark.log.level" not in given:
        spark.sparkContext.setLogLevel("ERROR")
    return spark


def run(options: argparse.Namespace) -> int:
    """The whole way from files to tables."""
    if options.follow and not options.checkpoint:
        raise Failure(USAGE, "--follow needs --checkpoint")
    policy = Path(options.policy) if options.policy else None
    # A policy that is refused is refused before anything starts.
    Sieve(policy)
    begun = time.monotonic()
    spark = session(options)
    job = Job(spark, options, policy)
    if options.checkpoint:
        job.stream()
    else:
        job.batch()
    return job.conclude(time.monotonic() - begun)


class Job:
    """One run of the command."""

    def __init__(self, spark: SparkSession, options: argparse.Namespace, policy: Path | None) -> None:
        self.spark = spark
        self.options = options
        self.policy = policy
        self.out = options.output.rstrip("/")
        self.mode = "overwrite" if options.overwrite else "errorifexists"

    def batch(self) -> None:
        """Everything at once."""
        files = self._reader(self.spark.read).load(self.options.inputs)
        self._refuse_existing()
        with Progress(self.spark):
            self._write(scan_files(files, self.policy, local=self._local()), "")
        self._write_stories()

    def stream(self) -> None:
        """What is new since the checkpoint, in batches that are each written once."""
        if self.options.overwrite:
            raise Failure(USAGE, "--overwrite and --checkpoint exclude each other")
        if len(self.options.inputs) > 1:
            raise Failure(USAGE, "with --checkpoint there is one IN; a pattern such as logs/{a,b} names several")
        self.mode = "overwrite"
        files = self._reader(self.spark.readStream).option("maxFilesPerTrigger", self.options.batch_files)
        files = files.schema(BINARY_FILE).load(self.options.inputs[0])
        found = scan_files(files, self.policy, local=self._local())

        def write(batch: DataFrame, number: int) -> None:
            # A batch that was begun before a failure is written anew over what it left.
            self._write(batch, f"/batch={number}")

        writer = found.writeStream.foreachBatch(write).option("checkpointLocation", self.options.checkpoint)
        writer = writer.trigger(processingTime="1 minute") if self.options.follow else writer.trigger(availableNow=True)
        with Progress(self.spark):
            query = writer.start()
            try:
                query.awaitTermination()
            finally:
                query.stop()
        self._write_stories()

    def _reader(self, reader: Any) -> Any:
        reader = reader.format("binaryFile").option("recursiveFileLookup", True)
        return reader.option("pathGlobFilter", self.options.glob) if self.options.glob else reader

    def _refuse_existing(self) -> None:
        if self.options.overwrite:
            return
        for table in TABLES:
            if self._exists(f"{self.out}/{table}"):
                raise Failure(USAGE, f"{self.out}/{table} is there already; --overwrite replaces it")

    def _write(self, found: DataFrame, part: str) -> None:
        """Scans once, into a table of its own; the others are made from that."""
        scanned = f"{self.out}/_scanned{part}"
        found.write.mode("overwrite").parquet(scanned)
        rows = self.spark.read.schema(found.schema).parquet(scanned)
        events = rows.where("record is not null").coalesce(TABLE_FILES_MAX)
        # Readers of Parquet refuse text that is not UTF-8; the lines hold the very bytes.
        text = f.make_valid_utf8(f.col("record").cast("string"))
        table = events.select("path", text.alias("record"), "mirror")
        table.write.mode(self.mode).parquet(f"{self.out}/events.parquet{part}")
        lines = events.select(f.col("record").cast("string"))
        lines.write.mode(self.mode).text(f"{self.out}/events.ndjson{part}")
        files = rows.where("record is null").select("path", "bytes", "problem")
        files.coalesce(TABLE_FILES_MAX).write.mode(self.mode).parquet(f"{self.out}/files.parquet{part}")
        self._delete(scanned)

    def _write_stories(self) -> None:
        """Events by the key that the module gives them; the closer join of `tapsieve stories` is not done twice."""
        if not self._exists(f"{self.out}/events.parquet"):
            return
        events = self.spark.read.parquet(f"{self.out}/events.parquet").where("mirror.story is not null")
        stories = events.groupBy(f.col("mirror.story").alias("story")).agg(
            f.count("*").alias("events"),
            f.min("mirror.time").alias("first"),
            f.max("mirror.time").alias("last"),
            f.sort_array(f.collect_set("mirror.provider")).alias("providers"),
            f.sort_array(f.collect_set("mirror.operation")).alias("operations"),
            f.sort_array(f.collect_set("mirror.actor")).alias("actors"),
            f.sort_array(f.collect_set("mirror.account")).alias("accounts"),
            f.sort_array(f.collect_set("mirror.severity")).alias("severities"),
        )
        stories = stories.coalesce(1).orderBy("first", "story").persist()
        stories.write.mode("overwrite").parquet(f"{self.out}/stories.parquet")
        stories.write.mode("overwrite").json(f"{self.out}/stories.ndjson")
        stories.unpersist()

    def conclude(self, seconds: float) -> int:
        """Says what was found and what could not be read."""
        files = self.spark.read.parquet(f"{self.out}/files.parquet")
        total = files.agg(f.count("*").alias("files"), f.sum("bytes").alias("bytes")).first() or Row(files=0, bytes=0)
        events = self.spark.read.parquet(f"{self.out}/events.parquet")
        rows = events.groupBy(*(f.col(f"mirror.{key}").alias(key) for key in KEYS)).count().collect()
        tally = Tally({tuple(row[key] or "" for key in KEYS): row["count"] for row in rows})
        for line in tally_table(tally):
            print(line, file=sys.stderr)
        found = plural(tally.total(), "mirror event", "mirror events")
        complain(f"{found} in {self.out}/events.parquet")
        size = (total["bytes"] or 0) / 1e6
        complain(f"{plural(total['files'], 'file', 'files')} of {size:,.1f} MB read in {seconds:.0f} s")
        broken = files.where("problem is not null").orderBy("path")
        named = broken.limit(PROBLEMS_NAMED + 1).collect()
        for row in named[:PROBLEMS_NAMED]:
            complain(f"{row.path}: {row.problem}")
        if len(named) > PROBLEMS_NAMED:
            complain(
                f"{broken.count()} files in all could not be read to their end; {self.out}/files.parquet names them"
            )
        return INCOMPLETE if named else 0

    def _local(self) -> bool:
        """Whether workers can read the files themselves, without Spark between."""
        return all(self._path(path)[0].getUri().getScheme() == "file" for path in self.options.inputs)

    # Files of whatever file system the path names.

    def _path(self, path: str) -> tuple[Any, Any]:
        jvm: Any = self.spark._jvm
        hadoop = jvm.org.apache.hadoop.fs.Path(path)
        return hadoop.getFileSystem(self.spark._jsparkSession.sessionState().newHadoopConf()), hadoop

    def _exists(self, path: str) -> bool:
        system, hadoop = self._path(path)
        return bool(system.exists(hadoop))

    def _delete(self, path: str) -> None:
        system, hadoop = self._path(path)
        system.delete(hadoop, True)


BINARY_FILE = "path string, modificationTime timestamp, length long, content binary"


class Progress:
    """How many tasks are done, on standard error, while a job runs: a line anew on a terminal, else now and then."""

    def __init__(self, spark: SparkSession) -> None:
        self._tracker = spark.sparkContext.statusTracker()
        self._ended = threading.Event()
        self._seen = sys.stderr.isatty()
        self._thread = threading.Thread(target=self._watch, name="tapsieve-progress", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        if self._seen:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _watch(self) -> None:
        last, begun = "", time.monotonic()
        while not self._ended.wait(PROGRESS_SECONDS if self._seen else 5 * PROGRESS_SECONDS):
            stages = [self._tracker.getStageInfo(stage) for stage in self._tracker.getActiveStageIds()]
            running = max((stage for stage in stages if stage), key=lambda stage: stage.numTasks, default=None)
            if running is None or running.numTasks < 2:
                continue
            elapsed = time.monotonic() - begun
            line = f"{running.numCompletedTasks} of {running.numTasks} parts of the files read, {elapsed:.0f} s"
            if self._seen:
                print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            elif line != last:
                complain(line)
            last = line


def first_line(error: PySparkException) -> str:
    """What Spark says, without the trace."""
    return str(error.getMessage() or error).strip().splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
