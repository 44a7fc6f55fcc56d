"""`{"Records":[…]}` as one line per element, as `tapsieve run --split-records` does it.

Knows brackets and strings, not what an element means.
"""

from __future__ import annotations

import re
from enum import Enum, auto

# How far into a line the first member is looked for, in bytes.
PROBE_BYTES_MAX = 4 << 10
# How much of an element is waited for before it is gone through piece by piece.
ELEMENT_BYTES_MAX = 4 << 20
# How deep an element may be nested for the one expression that knows them whole.
DEPTH = 12

_BLANKS = rb"[ \t\r\n]*+"
_PREFIX = rb"[ \t\r]*+\{" + _BLANKS
WRAPPER = re.compile(_PREFIX + rb'"[Rr]ecords"' + _BLANKS + rb":" + _BLANKS + rb"\[")


def _starts(text: bytes) -> bytes:
    """An expression for every beginning of `text`, at the end of what is there."""
    expression = rb""
    for character in reversed(text):
        byte = rb"[Rr]" if character == ord("R") else re.escape(bytes([character]))
        expression = byte + (rb"(?:" + expression + rb")?+")
    return expression


# A line that may yet become a wrapper when more of it comes.
_UNFINISHED = re.compile(
    rb"[ \t\r]*+(?:\{" + _BLANKS + rb"(?:" + _starts(b'"Records"') + _BLANKS + rb":?+" + _BLANKS + rb")?+)?+\Z"
)
_NEXT = re.compile(rb"\n(?=" + _PREFIX + rb"(?:" + _starts(b'"Records"') + rb"\Z|\"[Rr]ecords\"|\Z))")

_FLAT = rb'(?:[^"{}\[\]\r\n]++|"(?:[^"\\\n]++|\\(?s:.))*+")*+'


def _nested(depth: int) -> bytes:
    expression = rb"[{\[]" + _FLAT + rb"[}\]]"
    for _ in range(depth):
        expression = rb"[{\[]" + _FLAT + rb"(?:" + expression + _FLAT + rb")*+[}\]]"
    return expression


_ELEMENT = re.compile(_nested(DEPTH))
_GAP = re.compile(rb"[, \t\r\n]*+")
_PLAIN = re.compile(rb'[^"{}\[\]\r\n]*+')
_SCALAR = re.compile(rb'[^"{}\[\], \t\r\n]*+')
_TEXT = re.compile(rb'[^"\\\n]*+')
_SPACE = re.compile(rb"[ \t\r\n]*+")


class _State(Enum):
    LINE_START = auto()
    PASSING = auto()
    BETWEEN = auto()
    VALUE = auto()
    AFTER = auto()
    LINE_END = auto()


class _Place(Enum):
    PLAIN = auto()
    BROKEN = auto()
    STRING = auto()
    ESCAPE = auto()


class Splitter:
    """Splits every object whose first member is `Records` or `records`, an array; other lines pass as they are.

    The object may be one line, many lines or the whole input, and of any length.
    A line break inside an element is left out together with the blanks after it.
    Members after the array follow the elements as a line of their own.
    """

    def __init__(self) -> None:
        self._held = b""
        self._fed = 0
        self._state = _State.LINE_START
        self._depth = 0
        self._place = _Place.PLAIN
        self._members = False

    @property
    def unfinished(self) -> bool:
        """Whether an input that ends here ends inside a wrapper."""
        return self._state in (_State.BETWEEN, _State.VALUE, _State.AFTER)

    def between(self, place: int) -> bool:
        """Whether every element is out that begins before a place in what was fed."""
        return self._state is _State.BETWEEN and self._fed - len(self._held) >= place

    def feed(self, data: bytes, final: bool = False) -> bytes:
        """Takes the next bytes; returns what is known of the lines so far."""
        buffer = self._held + data if self._held else data
        self._held = b""
        self._fed += len(data)
        out: list[bytes] = []
        at, end = 0, len(buffer)
        while at < end:
            state = self._state
            if state is _State.LINE_START:
                limit = min(end, at + PROBE_BYTES_MAX)
                if found := WRAPPER.match(buffer, at, limit):
                    at = found.end()
                    self._state = _State.BETWEEN
                elif not final and limit == end and _UNFINISHED.match(buffer, at, end):
                    break
                else:
                    self._state = _State.PASSING
            elif state is _State.PASSING:
                at = self._pass(buffer, at, out)
            elif state is _State.BETWEEN:
                if (skipped := _GAP.match(buffer, at).end()) > at:  # type: ignore[union-attr]
                    at = skipped
                elif buffer[at] == ord("]"):
                    at += 1
                    self._state = _State.AFTER
                elif found := _ELEMENT.match(buffer, at):
                    at = found.end()
                    out += (found.group(), b"\n")
                elif not final and end - at < ELEMENT_BYTES_MAX:
                    break
                else:
                    self._begin(_Place.PLAIN, depth=0, members=False)
            elif state is _State.VALUE:
                at = self._value(buffer, at, out)
            elif state is _State.AFTER:
                if (skipped := _SPACE.match(buffer, at).end()) > at:  # type: ignore[union-attr]
                    at = skipped
                elif buffer[at] == ord("}"):
                    at += 1
                    self._state = _State.LINE_END
                elif buffer[at] == ord(","):
                    at += 1
                    out.append(b"{")
                    self._begin(_Place.BROKEN, depth=1, members=True)
                else:
                    # Not JSON: the rest of the line passes as it is.
                    self._state = _State.PASSING
            elif buffer[at] in b" \t\r":
                at += 1
            else:
                at += buffer[at] == ord("\n")
                self._state = _State.LINE_START
        self._held = buffer[at:]
        return b"".join(out)

    def _begin(self, place: _Place, depth: int, members: bool) -> None:
        self._state, self._place, self._depth, self._members = _State.VALUE, place, depth, members

    def _pass(self, buffer: bytes, at: int, out: list[bytes]) -> int:
        """Passes lines on, up to one that begins, or may begin, a wrapper."""
        if found := _NEXT.search(buffer, at):
            stop = found.end()
        else:
            stop = buffer.rfind(b"\n", at) + 1 or len(buffer)
        out.append(buffer[at:stop])
        if buffer[stop - 1] == ord("\n"):
            self._state = _State.LINE_START
        return stop

    def _value(self, buffer: bytes, at: int, out: list[bytes]) -> int:
        """Copies as much of a value as the buffer has."""
        start, end = at, len(buffer)
        while at < end:
            byte = buffer[at]
            if self._place is _Place.STRING:
                at = _TEXT.match(buffer, at).end()  # type: ignore[union-attr]
                if at == end:
                    break
                byte = buffer[at]
                at += 1
                if byte == ord('"'):
                    self._place = _Place.PLAIN
                elif byte == ord("\\"):
                    self._place = _Place.ESCAPE
                else:
                    # A string does not go over a line: this is not JSON, the next line starts anew.
                    out.append(buffer[start:at])
                    self._state = _State.LINE_START
                    return at
            elif self._place is _Place.ESCAPE:
                at += 1
                self._place = _Place.STRING
            elif self._place is _Place.BROKEN:
                start = at = _SPACE.match(buffer, at).end()  # type: ignore[union-attr]
                if at < end:
                    self._place = _Place.PLAIN
            elif byte == ord('"'):
                at += 1
                self._place = _Place.STRING
            elif byte in b"{[":
                at += 1
                self._depth += 1
            elif byte in b"}]" and self._depth > 0:
                at += 1
                self._depth -= 1
                if self._depth == 0:
                    out += (buffer[start:at], b"\n")
                    self._state = _State.LINE_END if self._members else _State.BETWEEN
                    return at
            elif self._depth == 0 and byte in b",] \t\r\n":
                # The end of an element that is neither object nor array.
                out += (buffer[start:at], b"\n")
                self._state = _State.BETWEEN
                return at
            elif byte in b"\r\n":
                out.append(buffer[start:at])
                at += 1
                start = at
                self._place = _Place.BROKEN
            else:
                plain = _PLAIN if self._depth else _SCALAR
                at = max(at + 1, plain.match(buffer, at).end())  # type: ignore[union-attr]
        out.append(buffer[start:at])
        return at
