"""tapsieve in Spark: the same module on every executor, for batch and streaming DataFrames.

>>> from tapsieve.spark import enrich
>>> mirror = enrich(spark.read.text("s3a://logs/"), only_mirror=True)

Executors need this package with its extra `spark`, in the Python that `PYSPARK_PYTHON` names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import BinaryType, LongType, StringType, StructField, StructType

from .._policy import PolicyLike
from ..sieve import Sieve
from ._schema import MIRROR

__all__ = ["MIRROR", "SCANNED", "enrich", "scan_files"]

SCANNED = StructType(
    [
        StructField("path", StringType()),
        StructField("record", BinaryType()),
        StructField("mirror", MIRROR),
        StructField("bytes", LongType()),
        StructField("problem", StringType()),
    ]
)
"""What `scan_files` gives."""


def enrich(
    df: DataFrame, column: str = "value", policy: PolicyLike | None = None, only_mirror: bool = False
) -> DataFrame:
    """Adds the column `mirror`: what is known of a record that is about mirroring, null for every other.

    `column` holds one JSON object a row, as text or bytes; enriched records take the place of those that came.
    `policy` is as for `Sieve`: it is checked here and goes to the executors; rows that it drops are gone.
    `only_mirror` keeps the rows of mirror events alone. All other columns stay as they are.
    """
    kinds = {field.name: field.dataType for field in df.schema.fields}
    if column not in kinds:
        raise ValueError(f"no column {column!r}, there are: {', '.join(kinds)}")
    if not isinstance(kinds[column], StringType | BinaryType):
        raise TypeError(f"column {column!r} is {kinds[column].simpleString()}; records are text or bytes")
    if "mirror" in kinds:
        raise ValueError("there is a column 'mirror' already; rename or drop it")
    checked = _check(policy)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from tapsieve.spark._executor import enrich_batches

        return enrich_batches(batches, column, checked, only_mirror)

    return df.mapInArrow(run, StructType([*df.schema.fields, StructField("mirror", MIRROR)]))


def scan_files(files: DataFrame, policy: PolicyLike | None = None, *, local: bool = False) -> DataFrame:
    """The mirror events of whole files, as `spark.read.format("binaryFile")` gives them.

    Files are NDJSON or `{"Records":[…]}`, plain, gzip or zstd. A row for each mirror event: `path`, `record`, `mirror`;
    and one for each file: `path`, `bytes` and, where it cannot be read to its end, `problem`. Spark leaves out files of
    no bytes.
    With `local` workers read the files themselves, which is faster and knows no limit of size: all of them must be
    `file:` and there on every executor.
    """
    checked = _check(policy)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from tapsieve.spark._executor import scan_batches

        return scan_batches(batches, checked)

    # Spark reads a file only where its content is asked for.
    return files.select("path", *(() if local else ("content",))).mapInArrow(run, SCANNED)


def _check(policy: PolicyLike | None) -> str | None:
    """The policy as JSON for the executors; raises PolicyError here rather than there."""
    if policy is None:
        return None
    return json.dumps(Sieve(policy).policy)
