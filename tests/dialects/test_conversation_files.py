"""Conversations in files of every shape, and bad ones beside them."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from brim.cli.files import Entry, is_lines, read_entries

HI = {"role": "user", "content": "hé"}
LIST = json.dumps([HI]).encode()
REQUEST = json.dumps({"model": "m", "messages": [HI], "id": 7}, indent=1).encode()
LINE = b'{"id": "a",  "messages": [{"role": "user", "content": "h\\u00e9"}], "tools": []}'


def entries(path: Path, name: str, data: bytes) -> list[Entry]:
    file = path / name
    file.write_bytes(data)
    return list(read_entries(str(file)))


@pytest.mark.parametrize("name", ["a.json", "a", "a.txt", "a.json.gz"])
@pytest.mark.parametrize(("data", "shape"), [(LIST, "list"), (REQUEST, "request")])
def test_a_document(tmp_path: Path, name: str, data: bytes, shape: str) -> None:
    content = gzip.compress(data) if name.endswith("gz") else data
    (entry,) = entries(tmp_path, name, content)
    assert (entry.line, entry.raw, entry.shape, entry.error) == (1, data, shape, None)
    assert entry.request["messages"] == [HI]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a", "A.JSONL"])
def test_lines(tmp_path: Path, name: str) -> None:
    data = b"\n".join([LINE, b"", LIST + b"\r"]) + b"\n"
    content = gzip.compress(data) if name.endswith("gz") else data
    found = entries(tmp_path, name, content)
    assert [(one.line, one.raw, one.shape) for one in found] == [
        (1, LINE, "request"),
        (3, LIST, "list"),
    ]


def test_compression_is_seen_whatever_the_name(tmp_path: Path) -> None:
    (entry,) = entries(tmp_path, "a.json", gzip.compress(LIST))
    assert entry.raw == LIST
    (entry,) = entries(tmp_path, "a.json.gz", LIST)
    assert entry.raw == LIST


def test_the_same_shape_goes_back(tmp_path: Path) -> None:
    new = [{"role": "user", "content": "new"}]
    (one,) = entries(tmp_path, "a.json", LIST)
    assert one.rebuilt(new) == new
    (one,) = entries(tmp_path, "a.json", REQUEST)
    rebuilt = one.rebuilt(new)
    assert rebuilt == {"model": "m", "messages": new, "id": 7}
    assert list(rebuilt) == ["model", "messages", "id"]


def test_a_bad_line_does_not_stop_the_rest(tmp_path: Path) -> None:
    lines = [LINE, b'{"messages": [}', b"7", b'{"messages": "x"}', b"\xff", b"[NaN]", LINE]
    found = entries(tmp_path, "a.jsonl", b"\n".join(lines))
    assert [one.line for one in found if one.error] == [2, 3, 4, 5, 6]
    assert [one.line for one in found if one.value is not None] == [1, 7]
    assert "column 15" in str(found[1].error)
    assert "NaN" in str(found[5].error)


def test_a_broken_document_names_the_place(tmp_path: Path) -> None:
    (entry,) = entries(tmp_path, "a.json", b'{\n "messages": [,]\n}')
    assert "line 2 column 15" in str(entry.error)
    assert entry.request == {"messages": []}


@pytest.mark.parametrize("data", [b"", b" \n ", b"null"])
def test_nothing_to_read(tmp_path: Path, data: bytes) -> None:
    (entry,) = entries(tmp_path, "a.json", data)
    assert entry.error
    assert entries(tmp_path, "a.jsonl", data.strip(b"nul")) == []


def test_a_truncated_archive_keeps_what_was_read(tmp_path: Path) -> None:
    import random

    noise = random.Random(1).randbytes(40_000).hex().encode()
    data = gzip.compress(LINE + b"\n" + b'[{"role":"user","content":"' + noise + b'"}]\n')
    found = entries(tmp_path, "a.jsonl.gz", data[:-9_000])
    assert found[0].error is None
    assert "decompressed" in str(found[-1].error)
    (entry,) = entries(tmp_path, "a.json.gz", data[:-9_000])
    assert "decompressed" in str(entry.error)


def test_deep_nesting_is_an_error(tmp_path: Path) -> None:
    (entry,) = entries(tmp_path, "a.json", b"[" * 200_000)
    assert "deep" in str(entry.error)


def test_lone_surrogates_and_huge_numbers_are_read(tmp_path: Path) -> None:
    data = b'[{"role": "user", "content": "\\ud800", "n": 1' + b"0" * 60 + b"}]"
    (entry,) = entries(tmp_path, "a.json", data)
    assert entry.value == [{"role": "user", "content": "\ud800", "n": 10**60}]


def test_standard_input() -> None:
    for data, lines in ((LIST, [1]), (REQUEST, [1]), (LINE + b"\n" + LIST, [1, 2])):
        for stream in (data, gzip.compress(data)):
            assert [one.line for one in read_entries("-", io.BytesIO(stream))] == lines


def test_a_byte_order_mark_is_no_part_of_it(tmp_path: Path) -> None:
    (entry,) = entries(tmp_path, "a.json", b"\xef\xbb\xbf" + LIST)
    assert entry.raw == LIST


def test_missing_file() -> None:
    with pytest.raises(FileNotFoundError):
        list(read_entries("no-such-file.json"))


def test_names() -> None:
    assert [is_lines(name) for name in ("a.jsonl", "a.JSONL.gz", "a.json", "a.gz", "-")] == [
        True,
        True,
        False,
        False,
        False,
    ]
