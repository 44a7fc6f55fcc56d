"""Frames are what `tapsieve run` finds, wherever their input is cut; cases as in records/tests/framing.rs."""

from __future__ import annotations

import random

import pytest

from tapsieve._frames import Frame, Framer, Kind, Place
from tapsieve._sift import is_record

CASES = [
    ("", ""),
    ('{"a":1}\n{"b":2}', '{"a":1}\n{"b":2}'),
    ('{"Records":[{"a":1},{"b":[2,{}]}]}\n', '{"a":1}\n{"b":[2,{}]}\n'),
    ('{"records":[{"a":1}]}', '{"a":1}\n'),
    ('{"rEcords":[{"a":1}]}', '{"a":1}\n'),
    ('{"Record":[{"a":1}]}', '{"Record":[{"a":1}]}'),
    ('\ufeff{"Events":[{"a":1}]}', '{"a":1}\n'),
    ('[{"a":1},\n {"b":2}]\n{"value":[{"c":3}]}\n', '{"a":1}\n{"b":2}\n{"c":3}\n'),
    ('{"a":1,\n"b":2}\n', '{"a":1,"b":2}\n'),
    ('{"value":1}{"b":2}\n', '{"value":1}\n{"b":2}\n'),
    ('{"Records":[]}\n{"c":3}\n', '{"c":3}\n'),
    ('{"Records":{"a":1}}\n', '{"Records":{"a":1}}\n'),
    ('{"x":1,"Records":[{"a":1}]}\n', '{"x":1,"Records":[{"a":1}]}\n'),
    ('{"Records":[{"a":"]},\\"\\\\"}]}\n', '{"a":"]},\\"\\\\"}\n'),
    (
        '{\r\n  "Records" : [\r\n    {\r\n      "a": 1,\r\n      "b": "x y"\r\n    }\r\n  ]\r\n}\r\n',
        '{"a": 1,"b": "x y"}\n',
    ),
    ('{"Records":[1, "two, 2", null]}\n', '1\n"two, 2"\nnull\n'),
    ('{"Records":[{"a":1}],"next":{"t":2}}\n{"c":3}\n', '{"a":1}\n{"next":{"t":2}}\n{"c":3}\n'),
    ('{"Records":[{"a":1}]}{"Records":[{"b":1}]}', '{"a":1}\n{"b":1}\n'),
    ('{"Records":[{"a":"open\n{"b":1}\n', '{"a":"open\n{"b":1}\n'),
    ('\n\r\n {"Records":[{"a":1}]}\n\n{"b":2}\n', '\n\r\n{"a":1}\n\n{"b":2}\n'),
    ('{"Records":[{"a":1}] ?}\n{"b":2}\n', '{"a":1}\n?}\n{"b":2}\n'),
    ('{"Rec', '{"Rec'),
    (
        '{"a":1}\n{"records":[' + "[" * 30 + "1" + "]" * 30 + "]}",
        '{"a":1}\n' + "[" * 30 + "1" + "]" * 30 + "\n",
    ),
]


WHOLE = [
    (" \r\n", ["blank"]),
    ('\n{"a":1}\n{"b":2}\n', ["blank", '{"a":1}', '{"b":2}']),
    ('{"a":1}\n{"b":2}\r\n\n {"c":3} \n', ['{"a":1}', '{"b":2}', "blank", '{"c":3}']),
    ('{"a":1}\nno json\n{"b":2}', ['{"a":1}', "not no json", '{"b":2}']),
    ('\ufeff{"a":1}\n\ufeff{"b":2}\n', ['{"a":1}', '{"b":2}']),
    ('\ufeff[{"a":1}]', ['{"a":1}']),
    ('{\n "a": [1]\n}\n', ['{\n "a": [1]\n}']),
    ('{\n "a": 1\n}\n{\n "b": 2\n}', ['{\n "a": 1\n}', '{\n "b": 2\n}']),
    ('{"a":1}\n{\n"b":2\n}\n{"c":3}\n', ['{"a":1}', '{\n"b":2\n}', '{"c":3}']),
    ('{"a":1,\n{"b":2}\n{"c":3}\n', ['not {"a":1,', '{"b":2}', '{"c":3}']),
    ('{"a":"x\n{"b":2}\n{"c":3}\n', ['not {"a":"x', '{"b":2}', '{"c":3}']),
    ('{"c":3}\n{"a":[1\n{"b":2}\n', ['{"c":3}', 'not {"a":[1', '{"b":2}']),
    ("[]", []),
    ('[1, "two, 2" ,null,[3],true]', ["not 1", 'not "two, 2"', "not null", "not [3]", "not true"]),
    ('[{"a":1}]\n[{"b":2}]\n', ['{"a":1}', '{"b":2}']),
    ('[{"a":1} } x\n{"b":2}', ['{"a":1}', "not } x\n", '{"b":2}']),
    ("[note] y\n", ["not [note] y"]),
    ('{"a":1}{"b":2}', ['{"a":1}', '{"b":2}']),
    ('{"a":1}{"b":2}\nno json\n{"c":3}\n', ['{"a":1}', '{"b":2}', "blank", "not no json", '{"c":3}']),
    ('{}\n{"a":1}{"b":2}\n', ["{}", '{"a":1}{"b":2}']),
]


def framed(data: bytes, step: int, split_records: bool) -> tuple[list[tuple[bytes, Frame]], Framer]:
    """The frames of an input that arrives in pieces of `step` bytes, each with its block."""
    framer, held, found = Framer(split_records), bytearray(), []
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    for piece in [*pieces, b""]:
        held += piece
        taken, frames = framer.frame(held, ended=not piece)
        found += [(bytes(held[:taken]), frame) for frame in frames]
        del held[:taken]
    assert not held
    return found, framer


def split(text: str, step: int) -> tuple[str, bool]:
    found, framer = framed(text.encode(), step, split_records=True)
    out = b"".join(
        data[frame.start : frame.end] + b"\n" if frame.place is Place.ELEMENT else data[frame.before : frame.after]
        for data, frame in found
    )
    return out.decode(), not framer.unfinished


def records(text: str, step: int) -> list[str]:
    out = []
    for data, frame in framed(text.encode(), step, split_records=False)[0]:
        content = data[frame.start : frame.end].decode()
        if frame.kind is Kind.LINES:
            for line in content.removesuffix("\n").split("\n"):
                stripped = line.strip(" \t\r")
                out.append(stripped if is_record(line.encode()) else f"not {stripped}" if stripped else "blank")
        elif frame.kind is not Kind.BETWEEN:
            named = {Kind.RECORD: content, Kind.OTHER: f"not {content}", Kind.BLANK: "blank"}
            out.append(named[frame.kind])
    return out


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_records_are_found_and_every_byte_is_kept(step: int) -> None:
    for text, expected in WHOLE:
        assert records(text, step) == expected, text
        found, framer = framed(text.encode(), step, split_records=False)
        assert b"".join(data[frame.before : frame.after] for data, frame in found) == text.encode()
        assert not framer.unfinished


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_wrappers_are_split_wherever_reads_end(step: int) -> None:
    for text, expected in CASES:
        assert split(text, step) == (expected, True), text


@pytest.mark.parametrize("step", [1, 5, 1000])
def test_an_unfinished_wrapper_is_given_out_and_reported(step: int) -> None:
    assert split('{"Records":[{"a":1},{"b":', step) == ('{"a":1}\n{"b":', False)
    assert split('{"Records":[{"a":1}', step) == ('{"a":1}\n', False)


def test_any_bytes_come_out_the_same_wherever_reads_end() -> None:
    chance = random.Random(1)
    pieces = [
        '{"Records":[',
        '{"records" : [',
        '{"a":1}',
        ",",
        "]",
        "}",
        "{",
        "[",
        '"',
        "\\",
        "\n",
        "\r\n",
        " ",
        "x",
        '"k":',
    ]
    for _ in range(5_000):
        text = "".join(chance.choices(pieces, k=chance.randrange(1, 14)))
        whole = split(text, 1000)
        assert split(text, 1) == whole, text
        assert split(text, 3) == whole, text
