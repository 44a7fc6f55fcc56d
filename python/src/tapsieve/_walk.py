"""The end of a JSON value that arrives in any cuts, and how lists of events begin: as `records/src` has it.

Knows brackets, strings and the names of wrappers, checks no more than that.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

Buffer = bytes | bytearray

# The first member of an object that is a list of events, in any case.
WRAPPERS = (b"records", b"events", b"value", b"items", b"entries", b"logevents")
# How far the opening bracket is looked for, in bytes.
OPENING_BYTES_MAX = 4 << 10
# How deep a value may be nested for the one expression that knows it whole.
DEPTH = 12

_STRING = rb'"(?:[^"\\\n]++|\\(?s:.))*+"'


def _nested(depth: int) -> bytes:
    """An object or array: a value in it stands after `[`, `,` or `:`, a key also after `{`."""
    value = _STRING
    for _ in range(depth):
        member = rb"[ \t\r\n]*+(?:" + value + rb')?+[^"{}\[\],:]*+(?:[,:]|(?=[}\]]))'
        value = _STRING + rb"|(?:\[|\{(?![ \t\r\n]*+[{\[]))(?:" + member + rb")*+[}\]]"
    return value


_VALUE = re.compile(_nested(DEPTH))
_BREAK = re.compile(rb"[\r\n]")
_TEXT = re.compile(rb'(?:[^"\\\n]++|\\(?s:.))*+')
_BESIDE = re.compile(rb'[^"{}\[\]]++')
_WORD = re.compile(rb'[^"{}\[\],: \t\r\n]++')


class Walked(Enum):
    """How far a value goes."""

    ENDED = auto()
    MORE = auto()
    BAD = auto()


class _Inside(Enum):
    NOTHING = auto()
    # A number, `true`, `false` or `null` that stands alone.
    WORD = auto()
    STRING = auto()
    ESCAPE = auto()
    # After a line break in a string.
    BREAK = auto()


class Walk:
    """Follows a value; keeps what it needs to go on when more bytes come."""

    def __init__(self) -> None:
        self._depth = 0
        self._inside = _Inside.NOTHING
        # The last byte outside strings that is not blank.
        self._last = ord("[")
        self._fresh = True
        # There was, or may have been, a line break outside strings.
        self.has_breaks = False

    def go(self, data: Buffer, at: int) -> tuple[Walked, int]:
        """Follows the value through the bytes from `at` on; returns where it ends, or where it is no JSON."""
        if self._fresh and at < len(data):
            self._fresh = False
            if found := _VALUE.match(data, at):
                self.has_breaks = _BREAK.search(data, at, found.end()) is not None
                return Walked.ENDED, found.end()
        while at < len(data):
            byte = data[at]
            if self._inside is _Inside.STRING:
                at = _TEXT.match(data, at).end()  # type: ignore[union-attr]
                if at == len(data):
                    break
                byte = data[at]
                at += 1
                self._last = ord('"')
                if byte == ord("\\"):
                    self._inside = _Inside.ESCAPE
                elif byte == ord("\n"):
                    self._inside = _Inside.BREAK
                else:
                    self._inside = _Inside.NOTHING
                    if self._depth == 0:
                        return Walked.ENDED, at
            elif self._inside is _Inside.ESCAPE:
                self._inside = _Inside.STRING
                at += 1
            elif self._inside is _Inside.BREAK:
                if byte == ord("{"):
                    # A string that was cut off, and the next line's record.
                    return Walked.BAD, at
                self._inside = _Inside.STRING
            elif byte in b'"{[':
                # A value begins here: after another one, or where a key should stand, this is not JSON.
                if not (self._last in b"[,:" or (byte == ord('"') and self._last == ord("{"))):
                    return Walked.BAD, at
                if byte == ord('"'):
                    self._inside = _Inside.STRING
                else:
                    self._depth += 1
                self._last = byte
                at += 1
            elif self._inside is _Inside.WORD and byte in b" \t\r\n,]}":
                return Walked.ENDED, at
            elif byte in b"}]":
                if self._depth == 0:
                    return Walked.BAD, at
                self._depth -= 1
                self._last = byte
                at += 1
                if self._depth == 0:
                    return Walked.ENDED, at
            elif self._depth:
                found = _BESIDE.match(data, at)
                assert found
                text = found.group()
                at = found.end()
                self.has_breaks = self.has_breaks or b"\n" in text or b"\r" in text
                if text := text.rstrip(b" \t\r\n"):
                    self._last = text[-1]
            elif byte in b",:":
                return Walked.BAD, at
            elif byte in b" \t\r\n":
                self.has_breaks = self.has_breaks or byte in b"\r\n"
                at += 1
            else:
                at = _WORD.match(data, at).end()  # type: ignore[union-attr]
                self._last = byte
                self._inside = _Inside.WORD
        return Walked.MORE, at


_ROW = re.compile(rb"\}[ \t\r\n\f]*+\{")
_SPACE = re.compile(rb"[ \t\r\n\f]*+")


def several(line: Buffer) -> list[tuple[int, int]]:
    """The places of the objects where a line holds several in a row; nothing where it does not."""
    if not _ROW.search(line):
        return []
    parts = []
    at = 0
    while at < len(line) and line[at] == ord("{"):
        walked, end = Walk().go(line, at)
        if walked is not Walked.ENDED:
            return []
        parts.append((at, end))
        at = _SPACE.match(line, end).end()  # type: ignore[union-attr]
    return parts if len(parts) > 1 and at == len(line) else []


_JOINED = re.compile(rb'("(?:[^"\\]++|\\(?s:.))*+"?+)|[\r\n][ \t\r\n]*+')


def join_lines(value: Buffer) -> bytes:
    """Takes line breaks outside strings away, with the blanks after them."""
    return bytes(_JOINED.sub(lambda found: found[1] or b"", value))


class Opening(NamedTuple):
    """How an object or an array begins: a list's first element stands after so many bytes; `more` must tell."""

    length: int = 0
    more: bool = False


_OTHER, _MORE = Opening(), Opening(more=True)


def wrapper(data: Buffer, at: int, ended: bool) -> Opening:
    """Whether `{` and what follows is a list: one of WRAPPERS first, and an array."""
    seen = data[at : at + OPENING_BYTES_MAX]
    more = _OTHER if ended or len(seen) == OPENING_BYTES_MAX else _MORE
    to = 0
    for token in b'{":[':
        to = _SPACE.match(seen, to).end()  # type: ignore[union-attr]
        if to == len(seen):
            return more
        if seen[to] != token:
            return _OTHER
        to += 1
        if token == ord('"'):
            end = seen.find(b'"', to)
            if end < 0:
                return _OTHER if len(seen) - to > 16 else more
            if bytes(seen[to:end]).lower() not in WRAPPERS:
                return _OTHER
            to = end + 1
    return Opening(to)


_NO_WORD = re.compile(rb"[^A-Za-z0-9+.\-]")


def array(data: Buffer, at: int, ended: bool) -> Opening:
    """Whether `[` and what follows is a list of events, not the `[` of a log line such as `[note]` or `[12:30]`."""
    seen = bytes(data[at + 1 : at + 2 * OPENING_BYTES_MAX])
    blanks = _SPACE.match(seen, 0, OPENING_BYTES_MAX).end()  # type: ignore[union-attr]
    rest = seen[blanks:]
    more = _OTHER if ended or blanks == OPENING_BYTES_MAX else _MORE
    if not rest:
        return more
    if rest[0] in b'{]"[':
        return Opening(1)
    found = _NO_WORD.search(rest, 0, 40)
    if not found:
        return more if len(rest) < 40 else _OTHER
    # A word first: only a comma after it makes a list.
    word = rest[: found.start()]
    is_list = (word in (b"null", b"true", b"false") or _is_number(word)) and rest[len(word) :].lstrip(
        b" \t\r\n\f"
    ).startswith(b",")
    return Opening(1) if is_list else _OTHER


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
