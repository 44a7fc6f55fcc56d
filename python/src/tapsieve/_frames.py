"""Where records lie in bytes that arrive in any cuts: the rules of `records/src/frame.rs`, rule by rule.

Knows lines, arrays, wrappers and objects in a row, not what is in a record.
Lines that need no second look come as one frame, so that plain NDJSON costs a search for each block.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from ._walk import WRAPPERS, Buffer, Opening, Walk, Walked, array, join_lines, wrapper

# The longest record that is given to the module, in bytes; a longer one passes unchanged, in pieces.
RECORD_BYTES_MAX = 16 << 20
MARK = b"\xef\xbb\xbf"


class Kind(Enum):
    """What a frame holds, as far as its ends tell."""

    # Whole lines, each a record, blank or something else, as `is_record` tells.
    LINES = auto()
    # Begins with `{` and ends with `}`.
    RECORD = auto()
    # Anything else that is not blank.
    OTHER = auto()
    # A blank line.
    BLANK = auto()
    # A piece of a record over the limit, and the last of its pieces.
    PIECE = auto()
    TOO_LONG = auto()
    # Brackets and blanks that belong to no record.
    BETWEEN = auto()


class Place(Enum):
    """What the bytes around a record are."""

    # Its line: all of it goes on or none.
    LINE = auto()
    # The first in a list or row: the bytes before it always go on.
    FIRST = auto()
    # Another one: the bytes before it go on when it does and something before it did.
    NEXT = auto()
    # An element that becomes a line of its own; the bytes around it do not go on.
    ELEMENT = auto()


class Frame(NamedTuple):
    """A record from `start` to `end`, and the bytes from `before` and up to `after` that go with it."""

    before: int
    start: int
    end: int
    after: int
    kind: Kind
    place: Place


class _State(Enum):
    # Before the first record, or after an array.
    START = auto()
    LINE = auto()
    ROW = auto()
    LIST = auto()
    # After a wrapper's array.
    MEMBERS = auto()
    # After a list, on its last line.
    LINE_END = auto()


_BLANKS = re.compile(rb"(?:[ \t\r]|\xef\xbb\xbf)*+")
_BLANKS_OVER_LINES = re.compile(rb"(?:[ \t\r\n]|\xef\xbb\xbf)*+")
_GAP = re.compile(rb"[ \t\r\n]*+")
_LIST_GAP = re.compile(rb"[ \t\r\n,]*+")
_LINE_BLANKS = re.compile(rb"[ \t\r]*+")

_NAME = rb'\{[ \t\r\n\f]*+"(?i:' + b"|".join(WRAPPERS) + rb')"'
_CUT = rb"\{(?![^\n]*\}[ \t\r]*+(?:\n|\Z))"


def _line_that(begins: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A line of a kind where one begins, and the break before the next such line."""
    line = rb"[ \t\r]*+(?:" + begins + rb")"
    return re.compile(line), re.compile(rb"\n(?=" + line + rb")")


# Lines that need a second look: a mark first, or an object that does not end; where lists are opened also lists.
_TROUBLE = _line_that(rb"\xef|" + _CUT)
_TROUBLE_OPEN = _line_that(rb"\xef|\[|" + _NAME + rb"|" + _CUT)
_LISTS = _line_that(_NAME)


class Framer:
    """Finds records; keeps what it needs to go on from one call to the next.

    - A line that begins with `{` and ends with `}` is a record; any other line is not, unless an object that begins on
      it ends on a later one.
    - Input that begins with an array is taken apart into its elements.
    - Input that begins with two objects on one line is taken as objects in a row, with blanks between them or not.
    - A byte order mark before any of these is no part of a record.
    - With `open`, arrays and wrappers are opened on any line: each element becomes a line of its own.
    """

    def __init__(self, open: bool) -> None:
        self._open = open
        self._state = _State.START
        # In a list or row: nothing of it was seen before; and the list is a wrapper's.
        self._first = self._wrapper = False
        # The value that is being followed, and where it begins.
        self._walking: int | None = None
        self._walk = Walk()
        # The first unfinished byte was looked at up to here.
        self._seen = 0
        # So many bytes after the last frame were understood.
        self._opened = 0
        # No object of many lines begins before this: that was tried.
        self._plain_until = 0
        # In a record that is too long.
        self._long = False
        # The lines of this call may yet be plain from end to end.
        self._calm = True
        self._frames: list[Frame] = []
        self.unfinished = False
        """The input ended inside a list."""

    def frame(self, data: bytearray, ended: bool) -> tuple[int, list[Frame]]:
        """Finds the records of `data`, in order; returns how many bytes they took, and them.

        The next call gets the bytes that are left and more after them; with `ended` no more will come.
        Bytes are changed only where lists are opened: an element is put on one line, in its place.
        """
        self._frames, self._calm = [], True
        at = 0
        while at < len(data):
            to = self._next(data, at, ended)
            if to is not None:
                if to > at:
                    self._seen, self._opened = max(self._seen, to), 0
                at = to
            elif ended:
                self._rest(data, at)
                at = len(data)
            elif len(data) - at >= RECORD_BYTES_MAX:
                start = max(at, at + self._opened if self._walking is None else self._walking)
                in_value = self._walking is not None or self._state is _State.LINE
                place = Place.LINE if self._long else self._place()
                self._push(at, start, len(data), len(data), Kind.PIECE if in_value else Kind.BETWEEN, place)
                self._long = self._long or in_value
                self._opened = 0
                at = len(data)
            else:
                break
        if ended and at == len(data) and self._state in (_State.LIST, _State.MEMBERS):
            self.unfinished = True
        if self._walking is not None:
            self._walking = max(0, self._walking - at)
        self._seen = max(0, self._seen - at)
        self._plain_until = max(0, self._plain_until - at)
        return at, self._frames

    def _place(self) -> Place:
        """Where the record that is being read stands."""
        if self._state in (_State.MEMBERS, _State.LIST) and self._open:
            return Place.ELEMENT
        if self._state in (_State.ROW, _State.LIST):
            return Place.FIRST if self._first else Place.NEXT
        return Place.LINE

    def _push(self, before: int, start: int, end: int, after: int, kind: Kind, place: Place) -> None:
        if end - start > RECORD_BYTES_MAX and kind in (Kind.RECORD, Kind.OTHER):
            kind = Kind.TOO_LONG
        self._frames.append(Frame(before, start, end, after, kind, place))

    def _next(self, data: bytearray, at: int, ended: bool) -> int | None:
        """The next frame from `at` on, or a step towards it; None when the bytes end before it does."""
        if self._walking is not None:
            return self._value(data, at, ended)
        if self._state is _State.START:
            return self._start(data, at, ended)
        if self._state is _State.LINE:
            return self._line(data, at, ended)
        if self._state is _State.LINE_END:
            return self._line_end(data, at, ended)
        return self._between(data, at, ended)

    def _enter(self, state: _State, at: int, understood: int) -> int:
        """Goes into `state`, of which so many bytes from `at` on are understood."""
        self._state = state
        if self._open:
            return at + understood
        self._opened = understood
        return at

    def _follow(self, data: bytearray, at: int, start: int, ended: bool) -> int | None:
        self._walking, self._walk, self._seen = start, Walk(), start
        return self._value(data, at, ended)

    def _start(self, data: bytearray, at: int, ended: bool) -> int | None:
        first = _end(_BLANKS_OVER_LINES, data, at)
        byte = data[first : first + 1]
        opening = Opening()
        if not byte:
            if not ended and first - at <= RECORD_BYTES_MAX // 2:
                return None
        elif byte == b"[":
            opening = array(data, first, ended)
        elif byte == b"{":
            opening = wrapper(data, first, ended)
            if not self._open or opening == Opening():
                return self._follow(data, at, first, ended)
            # A list in an object is told on its line.
        elif not ended and MARK.startswith(data[first : first + 4]):
            return None
        if opening.more:
            return None
        if opening.length and not self._open:
            self._first, self._wrapper = True, False
            return self._enter(_State.LIST, at, first - at + opening.length)
        return self._enter(_State.LINE, at, 0)

    def _line(self, data: bytearray, at: int, ended: bool) -> int | None:
        start = at
        if not self._long:
            if (plain := self._plain_lines(data, at, ended)) > at:
                self._frames.append(Frame(at, at, plain, plain, Kind.LINES, Place.LINE))
                return plain
            start = _end(_BLANKS, data, at)
            byte = data[start : start + 1]
            opening = Opening()
            if self._open and byte == b"{":
                opening = wrapper(data, start, ended)
            elif self._open and byte == b"[":
                opening = array(data, start, ended)
            if opening.more:
                return None
            if opening.length:
                self._first, self._wrapper = True, byte == b"{"
                return self._enter(_State.LIST, at, start - at + opening.length)
        to = data.find(b"\n", max(self._seen, start)) + 1
        if not to:
            if not ended:
                self._seen = len(data)
                return None
            to = len(data)
        end = start + len(data[start:to].rstrip(b" \t\r\n"))
        begins = end > start and data[start] == ord("{")
        if self._long:
            kind = Kind.TOO_LONG
        elif end == start:
            kind = Kind.BLANK
        elif begins and data[end - 1] == ord("}"):
            kind = Kind.RECORD
        elif begins and start >= self._plain_until:
            return self._follow(data, at, start, ended)
        else:
            kind = Kind.OTHER
        self._long = False
        self._push(at, start, end, to, kind, Place.LINE)
        return to

    def _plain_lines(self, data: bytearray, at: int, ended: bool) -> int:
        """Where the lines from `at` on end that need no second look."""
        end = len(data) if ended else data.rfind(b"\n", at) + 1
        if end <= at:
            return at
        line, following = _TROUBLE_OPEN if self._open else _TROUBLE
        # Once a call: mostly all lines are records.
        if self._calm and are_records(data, at, end):
            if not self._open:
                return end
            line, following = _LISTS
        self._calm = False
        if line.match(data, at, end):
            return at
        found = following.search(data, at, end)
        return found.end() if found else end

    def _between(self, data: bytearray, at: int, ended: bool) -> int | None:
        """Between the records of a list or row, and after it."""
        is_list = self._state is _State.LIST
        following = _end(_LIST_GAP if is_list else _GAP, data, min(at + self._opened, len(data)))
        if following == len(data):
            return None
        byte = data[following]
        if is_list and byte == ord("]"):
            return self._enter(_State.MEMBERS if self._wrapper else _State.LINE_END, at, following + 1 - at)
        if self._state is _State.MEMBERS and byte == ord("}"):
            return self._enter(_State.LINE_END, at, following + 1 - at)
        if self._state is _State.MEMBERS and byte == ord(","):
            # What stands beside the list becomes an object of its own.
            data[following] = ord("{")
            return self._follow(data, at, following, ended)
        if is_list or (self._state is _State.ROW and byte == ord("{")):
            return self._follow(data, at, following, ended)
        self._state = _State.LINE
        return following if self._open else at

    def _line_end(self, data: bytearray, at: int, ended: bool) -> int | None:
        to = _end(_LINE_BLANKS, data, min(at + self._opened, len(data)))
        if to == len(data):
            if not ended:
                return None
        elif data[to] == ord("\n"):
            to += 1
        if not self._open:
            self._push(at, at, to, to, Kind.BETWEEN, Place.LINE)
        self._state = _State.LINE if self._open else _State.START
        return to

    def _value(self, data: bytearray, at: int, ended: bool) -> int | None:
        """Follows a value to its end."""
        start = self._walking
        assert start is not None
        # An object of many lines, or the first of the input: lines are lines when it does not come out as one.
        tried = self._state in (_State.START, _State.LINE)
        walked, end = self._walk.go(data, max(self._seen, start))
        if walked is Walked.MORE and not (tried and (ended or len(data) - at >= RECORD_BYTES_MAX)):
            self._seen = len(data)
            return None
        if walked is not Walked.ENDED and tried:
            self._plain_until = end if walked is Walked.BAD else len(data)
            return self._leave(at)
        if walked is not Walked.ENDED:
            return self._broken(data, at, start, end, ended)
        after = _end(_BLANKS, data, end)
        if tried and after == len(data) and not ended:
            # The next byte tells whether another object follows.
            self._walk, self._seen = Walk(), start
            return None
        if self._state is _State.START:
            if after == len(data) or data[after] != ord("{"):
                self._leave(at)
                # Blank lines before it are lines of their own.
                if not self._walk.has_breaks and b"\n" not in data[at:start]:
                    self._seen = end
                return at
            self._state, self._first = (_State.LINE if self._open else _State.ROW), True
        is_line = self._state is _State.LINE
        record = Kind.RECORD if data[start] == ord("{") else Kind.OTHER
        place = Place.ELEMENT if is_line and self._open else self._place()
        last = end
        if place is Place.ELEMENT and self._walk.has_breaks and not self._long:
            joined = join_lines(data[start:end])
            last = start + len(joined)
            data[start:last] = joined
        to = after + 1 if is_line and data[after : after + 1] == b"\n" else end
        before = start if place is Place.ELEMENT else at
        self._push(before, start, last, to, Kind.TOO_LONG if self._long else record, place)
        self._walking, self._long, self._first = None, False, False
        if self._state is _State.MEMBERS:
            # The bracket that closed the members closed the wrapper.
            self._state = _State.LINE_END
        self._seen = to
        return to

    def _leave(self, at: int) -> int:
        """What was followed is no value of its own: it is read line by line."""
        self._walking, self._state, self._seen, self._opened = None, _State.LINE, at, 0
        return at

    def _broken(self, data: bytearray, at: int, start: int, bad: int, ended: bool) -> int | None:
        """A list or row that is not JSON any more: the rest of this line is no record, and the next one starts anew."""
        to = bad
        if data[bad - 1 : bad] != b"\n":
            to = data.find(b"\n", bad) + 1
        if not to:
            if not ended and len(data) - at < RECORD_BYTES_MAX:
                # The rest of the line is still to come.
                self._seen = bad
                return None
            to = len(data)
        before = start if self._open else at
        self._push(before, max(start, before), to, to, Kind.OTHER, Place.LINE)
        return self._leave(to)

    def _rest(self, data: bytearray, at: int) -> None:
        """The input ends in the middle of something."""
        start = self._walking
        if start is None:
            start = len(data) if self._open else at
        before = start if self._open else at
        if self._long:
            kind = Kind.TOO_LONG
        else:
            kind = Kind.BETWEEN if self._walking is None else Kind.OTHER
        if before < len(data):
            self._push(before, max(start, before), len(data), len(data), kind, Place.LINE)
        self._walking = None


def _end(pattern: re.Pattern[bytes], data: Buffer, at: int) -> int:
    found = pattern.match(data, at)
    return found.end() if found else at


def are_records(data: Buffer, start: int, end: int) -> bool:
    """Whether all lines begin with `{` and end with `}`, told cheaply; blanks and the like make it say no."""
    last = end - 1 if data[end - 1] == ord("\n") else end
    if not (data.startswith(b"{", start, end) and data.endswith(b"}", start, last)):
        return False
    return data.count(b"}\n{", start, last) == data.count(b"\n", start, last)


def begins_with_list(data: Buffer) -> bool:
    """Whether an input begins with an array or a wrapper."""
    first = _end(_BLANKS_OVER_LINES, data, 0)
    how = {b"[": array, b"{": wrapper}.get(bytes(data[first : first + 1]))
    return how is not None and how(data, first, True).length > 0
