"""Policies as they are written: TOML, a file of it, or a dict, to the JSON that the module takes.

Knows nothing of what a policy means: the module checks it, so that every host gives the same messages.
"""

from __future__ import annotations

import datetime
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import PolicyError

PolicyLike = str | os.PathLike[str] | Mapping[str, Any]


def to_json(policy: PolicyLike) -> tuple[bytes, str]:
    """The policy as JSON, and what to call it in messages.

    A text with a line break or a `=` is TOML, any other the name of a file; an empty text is the empty policy.
    """
    if isinstance(policy, Mapping):
        return _encode(policy, "policy"), "policy"
    if isinstance(policy, str) and (not policy or "\n" in policy or "=" in policy):
        name, text = "policy", policy
    else:
        name = os.fspath(policy)
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PolicyError(f"{name}: {reason(error)}") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{name}: not TOML: {error}") from error
    return _encode(table, name), name


def _encode(table: Mapping[str, Any], name: str) -> bytes:
    def other(value: object) -> object:
        if isinstance(value, datetime.datetime | datetime.date):
            return value.isoformat()
        if isinstance(value, Mapping):
            return dict(value)
        if isinstance(value, datetime.time):
            raise PolicyError(f"{name}: a time needs its date: {value}")
        raise PolicyError(f"{name}: a policy has no place for {type(value).__name__}: {value!r}")

    try:
        return json.dumps(dict(table), default=other, ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError, UnicodeEncodeError) as error:
        raise PolicyError(f"{name}: {error}") from error


def reason(error: Exception) -> str:
    """Why, without the number and the name that the message has anyway."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error)
