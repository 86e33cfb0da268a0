"""The kind of a text: our own samples of each, and real conversations where they are."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from brim.api import ContentKind, content_kind

DATA = Path(__file__).parents[2].parent / "shared" / "data"

SAMPLES = {
    "prose": [
        "",
        "   \n",
        "ok",
        "42",
        "We met the suppliers on Tuesday; they can deliver (at the old price) until March.",
        "Let me know (as soon as you can) whether that works for you.",
        "Die Rechnung ist bezahlt. Bitte schicken Sie uns die Bestätigung bis Freitag!",
        "La réunion est reportée à jeudi : merci de prévenir les autres équipes.",
        "Нам нужно перенести встречу на четверг. Предупредите остальных, пожалуйста.",
        "会议改到周四下午三点（地点不变），请通知其他部门的同事。预算不能超过五千元。",
        "酒店(四合院店)是个很不错的选择～",
        "会議は木曜日に変更になりました。予算は五千円を超えないでください。",
        "회의가 목요일로 변경되었습니다. 예산은 5천 원을 넘지 마세요.",
        "تم تأجيل الاجتماع إلى يوم الخميس، يرجى إبلاغ بقية الفريق.",
        "[11:08 am on 16 August, 2023] Hey Mara! Guess what, I have a new job.",
        "# Plan\n\n- call the bank\n- ask for the form\n- send it back\n\nThen we wait.",
        "# Setup\n\nInstall it first, then look whether the service is up. It takes a while.\n\n"
        "```sh\nmake all\n```\n\nAfter that the site is reachable under the name you chose.",
        "For the report we need:\n1. the figures of the last quarter\n2. a forecast\n3. a chart",
        'She said: "I will not come." He asked: "Why?" Nobody knew; it was late.',
    ],
    "code": [
        "def area(r):\n    import math\n    return math.pi * r ** 2\n\n\nprint(area(3))",
        "class Shop:\n    prices: dict[str, int]\n\n    def total(self, names):\n"
        "        return sum(self.prices[name] for name in names)",
        "const total = items\n  .filter((one) => one.paid)\n  .reduce((a, one) => a + one, 0);\n"
        "export default total;",
        '#include <stdio.h>\n\nint main(void) {\n    puts("hello");\n    return 0;\n}',
        'package main\n\nimport "fmt"\n\nfunc main() {\n\tfor i := 0; i < 3; i++ {\n'
        "\t\tfmt.Println(i)\n\t}\n}",
        "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n\nimpl Shape for Square {\n"
        "    fn area(&self) -> f64 { self.side * self.side }\n}",
        "SELECT name, count(*)\nFROM orders\nWHERE paid = 1\nGROUP BY name\nORDER BY name;",
        '#!/bin/sh\nset -e\nfor f in *.txt; do\n  mv "$f" "old_$f"\ndone',
        "defmodule Shop do\n  def total(items) do\n    items\n    |> Enum.map(fn {_, p} -> p end)\n"
        "    |> Enum.sum()\n  end\nend",
        '<ul class="list">\n  <li>one</li>\n  <li>two</li>\n</ul>',
        "body {\n  margin: 0;\n  color: #333;\n}\n\n.card > h2 {\n  font-size: 1.2rem;\n}",
        'version: "3"\nservices:\n  web:\n    image: x\n    ports:\n      - 80:80\n  db:\n    a: y',
        '[tool.thing]\nname = "x"\nsize = 12\n\n[tool.other]\npath = "a/b"',
        "     1→def area(r):\n     2→    return 3 * r * r\n     3→\n     4→print(area(3))",
        "12:x = load(path)\n13:if x is None:\n14:    raise KeyError(path)\n15:return x.value",
        "```python\nfor i in range(3):\n    print(i)\n```",
        "# 计算面积\ndef 面积(r):\n    return 3.14 * r * r  # 圆的面积\n\nprint(面积(3))",
    ],
    "json": [
        "{}",
        "[]",
        '{"a": 1}',
        '[{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]',
        "[1, 2, 3]",
        '{\n  "name": "thing",\n  "tags": [\n    "a",\n    "b"\n  ],\n  "size": 3\n}',
        '{"id": 1, "ok": true}\n{"id": 2, "ok": false}\n{"id": 3, "ok": true}',
        '{"城市": "北京", "价格": 120}',
        '{\n  "rows": [\n    {\n      "id": 1,\n      "name": "cut o',
        '   1\t{\n   2\t  "scripts": {\n   3\t    "test": "make test"\n   4\t  }\n   5\t}',
        json.dumps([{"id": i, "note": "some words here"} for i in range(2_000)]),
    ],
    "log": [
        "2026-01-02 10:00:01,123 INFO started\n2026-01-02 10:00:02,456 WARNING slow disk\n"
        "2026-01-02 10:00:03,001 ERROR gave up",
        "2026-01-02T10:00:01Z [info] up\n2026-01-02T10:00:02Z [warn] down",
        "Nov 22 05:31:00 host sshd[12]: accepted\nNov 22 05:31:09 host sshd[12]: closed",
        '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12\n'
        '10.0.0.2 - - [22/Nov/2026:10:00:01 +0000] "GET /a HTTP/1.1" 404 9',
        "[   12.345678] usb 1-1: new device\n[   12.400001] usb 1-1: gone",
        "INFO: reading\nINFO: writing\nERROR: no space left",
        'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    run()\n'
        '  File "a.py", line 1, in run\n    raise KeyError\nKeyError',
        "src/a.c:12:3: error: unknown type\nsrc/a.c:19:1: warning: unused value",
        "tests/test_a.py::test_one PASSED  [ 50%]\ntests/test_a.py::test_two FAILED  [100%]",
        "src/app/main.py\nsrc/app/util.py\ntests/test_main.py\ndocs/index.md",
        "b9288c2 feat: new panel\n3bb8701 fix: order of rows\n980e43b chore: tidy up",
    ],
    "table": [
        "| name | size |\n|---|---:|\n| a | 1 |\n| b | 2 |",
        "name,size,color\na,1,red\nb,2,blue\nc,3,green",
        "id,price\n1,20\n2,25\n3,19",
        "name\tsize\na\t1\nb\t2",
        "id;name;price\n1;a;2,5\n2;b;3,5\n3;c;1,0",
        'id,remark\n1,"late, again"\n2,"fine"\n3,"lost, then found"',
        "date,amount\n2026-01-02 10:00,12\n2026-01-03 10:00,15\n2026-01-04 10:00,11",
        "NAME    READY   STATUS    AGE\nweb-1   1/1     Running   2d\nweb-2   0/1     Waiting   1h",
        "total 12\n-rw-r--r-- 1 me me  120 Apr 30 08:32 a.txt\n"
        "-rw-r--r-- 1 me me 4096 Apr 30 08:32 b\n"
        "-rw-r--r-- 1 me me   96 Apr 30 08:32 c.txt\ndrwxr-xr-x 2 me me 4096 Apr 30 08:32 d",
        "+----+------+\n| id | name |\n+----+------+\n|  1 | a    |\n|  2 | b    |\n+----+------+",
        "| 名称 | 价格 |\n|---|---|\n| 苹果 | 5 |\n| 香蕉 | 3 |",
    ],
    "diff": [
        "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n import os\n-print(1)\n+print(2)\n x = 3",
        "diff --git a/x b/x\nindex 12..34 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new",
        "commit 12ab\nAuthor: me\n\n    Mend it\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n"
        "@@ -1,2 +1,4 @@\n a\n+b\n+c\n d",
        "```diff\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-价格 5\n+价格 6\n```",
    ],
}
CASES = [(kind, text) for kind, texts in SAMPLES.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), CASES)
def test_each_sample_has_its_kind(kind: str, text: str) -> None:
    assert content_kind(text) is ContentKind(kind)


@pytest.mark.parametrize(("kind", "text"), CASES)
def test_windows_line_ends_change_nothing(kind: str, text: str) -> None:
    assert content_kind(text.replace("\n", "\r\n")) is ContentKind(kind)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_long_text_is_what_its_parts_are(kind: str) -> None:
    row = next(text for text in reversed(SAMPLES[kind]) if "\n" in text and "```" not in text)
    assert content_kind("\n".join([row] * 3_000)) is ContentKind(kind)


def test_no_more_than_a_sample_is_read() -> None:
    class Watched(str):
        read = 0

        def __getitem__(self, key: object) -> str:  # type: ignore[override]
            piece = str.__getitem__(self, key)  # type: ignore[index]
            Watched.read += len(piece)
            return piece

    content_kind(Watched("word " * 200_000))
    assert 0 < Watched.read < 10_000


@pytest.mark.parametrize(
    "text", ["(" * 50_000, "a" * 50_000, "a/" * 25_000, '"' * 50_000, "- " * 9_999]
)
def test_odd_texts_have_a_kind(text: str) -> None:
    assert content_kind(text) in ContentKind
    assert content_kind(text + "\n" + text) in ContentKind


def _spoken(name: str) -> Iterator[tuple[str, str]]:
    path = DATA / f"{name}.jsonl.gz"
    if not path.is_file():
        pytest.skip("../shared/data is absent")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            for message in json.loads(line)["messages"]:
                if isinstance(message.get("content"), str) and message["content"].strip():
                    yield message["role"], message["content"]


@pytest.mark.parametrize("name", ["locomo", "multilingual_zh"])
def test_real_chats_are_prose(name: str) -> None:
    kinds = Counter(content_kind(text) for _, text in _spoken(name))
    assert kinds[ContentKind.PROSE] > 0.995 * kinds.total()


def test_real_tools_answer_in_json() -> None:
    found = Counter(content_kind(text) for role, text in _spoken("tau_airline") if role == "tool")
    objects = sum(role == "tool" and text[0] in "{[" for role, text in _spoken("tau_airline"))
    assert found[ContentKind.JSON] == objects > 400
