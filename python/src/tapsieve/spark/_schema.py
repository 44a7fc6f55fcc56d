"""The members of `mirror` as types of Spark and Arrow; knows their names and types, nothing of how they are found."""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import types
from pyspark.sql.pandas.types import to_arrow_type

TEXT, NUMBER, TEXTS = types.StringType(), types.IntegerType(), types.MapType(types.StringType(), types.StringType())

# Every member that a verdict may have, in their order.
MEMBERS: tuple[tuple[str, types.DataType], ...] = (
    ("schema", NUMBER),
    ("provider", TEXT),
    ("operation", TEXT),
    ("kind", TEXT),
    ("technique", TEXT),
    ("action", TEXT),
    ("outcome", TEXT),
    ("severity", TEXT),
    ("raised_by", TEXT),
    ("actor", TEXT),
    ("actor_type", TEXT),
    ("source_ip", TEXT),
    ("account", TEXT),
    ("region", TEXT),
    ("resource_group", TEXT),
    ("time", TEXT),
    ("error", TEXT),
    ("resources", TEXTS),
    ("approved", types.StructType([types.StructField("name", TEXT), types.StructField("ticket", TEXT)])),
    ("matches", NUMBER),
)

MIRROR = types.StructType([types.StructField(name, kind) for name, kind in MEMBERS])
"""The type of the column `mirror`."""

ARROW: pa.DataType = to_arrow_type(MIRROR)
