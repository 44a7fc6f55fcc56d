"""The members of `mirror` as types of Spark and Arrow, as docs/members.json has them."""

from __future__ import annotations

import json
from importlib import resources

import pyarrow as pa
from pyspark.sql import types
from pyspark.sql.pandas.types import to_arrow_type

TEXT = types.StringType()
# The types that the table of members uses; another one fails here, and not in a column that is silently empty.
TYPES: dict[str, types.DataType] = {
    "string": TEXT,
    "int": types.IntegerType(),
    "boolean": types.BooleanType(),
    "array<string>": types.ArrayType(TEXT),
    "map<string,string>": types.MapType(TEXT, TEXT),
    "struct<name:string,ticket:string>": types.StructType(
        [types.StructField("name", TEXT), types.StructField("ticket", TEXT)]
    ),
}

_MEMBERS = json.loads(resources.files("tapsieve").joinpath("members.json").read_bytes())["members"]

MIRROR = types.StructType([types.StructField(member["name"], TYPES[member["type"]]) for member in _MEMBERS])
"""The type of the column `mirror`."""

ARROW: pa.DataType = to_arrow_type(MIRROR)
