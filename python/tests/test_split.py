"""The splitter gives what `tapsieve run --split-records` gives, wherever its input is cut."""

from __future__ import annotations

import random

import pytest

from tapsieve._split import Splitter

CASES = [
    ("", ""),
    ('{"a":1}\n{"b":2}', '{"a":1}\n{"b":2}'),
    ('{"Records":[{"a":1},{"b":[2,{}]}]}\n', '{"a":1}\n{"b":[2,{}]}\n'),
    ('{"records":[{"a":1}]}', '{"a":1}\n'),
    ('{"rEcords":[{"a":1}]}', '{"rEcords":[{"a":1}]}'),
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


def split(text: str, step: int) -> tuple[str, bool]:
    splitter = Splitter()
    data = text.encode()
    out = b"".join(splitter.feed(data[at : at + step]) for at in range(0, len(data), step))
    return (out + splitter.feed(b"", final=True)).decode(), not splitter.unfinished


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
    for _ in range(20_000):
        text = "".join(chance.choices(pieces, k=chance.randrange(1, 14)))
        whole = split(text, 1000)
        assert split(text, 1) == whole, text
        assert split(text, 3) == whole, text
