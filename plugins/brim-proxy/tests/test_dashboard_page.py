"""The dashboard in a real browser, while a client really works."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import reduce

import pytest
from browser import Page, browser
from running import Running, ask
from watching import CHAT, EVIL, SECRET, stats, talk

from brim_proxy.dashboard import pages

FIGURES = """Object.fromEntries([...document.querySelectorAll('[data-figure]')].map(
    (node) => [node.dataset.figure, JSON.parse(node.getAttribute('value'))]))"""
CUT = """[...document.querySelectorAll('main *, header *, nav *, footer *')].filter((node) => {
    const box = node.getBoundingClientRect();
    const inside = node.parentElement.closest('.scroll, svg');
    return box.width > 0 && !inside && (box.right > innerWidth + 0.5 || box.left < -0.5);
}).map((node) => node.outerHTML.slice(0, 200))"""
COVERED = """[...document.querySelectorAll(
    '.big, .sub, h2, .when, .sizes, .survival, .number'
)].filter(
    ({offsetParent, scrollWidth, clientWidth}) =>
        offsetParent && clientWidth > 0 && scrollWidth > clientWidth + 1
).map((node) => node.outerHTML.slice(0, 200))"""

SIDEWAYS = """[...document.querySelectorAll('.scroll')].filter(
    ({offsetParent, scrollWidth, clientWidth}) => offsetParent && scrollWidth > clientWidth + 1
).map((node) => node.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    with browser() as page:
        yield page


@pytest.fixture
def page(chromium: Page) -> Iterator[Page]:
    """A page about which the browser does not complain."""
    chromium.complaints.clear()
    chromium.screen(1440)
    yield chromium
    chromium.open("about:blank")
    assert chromium.complaints == []


def caught_up(page: Page, proxy: Running, **headers: str) -> dict:
    """The figures, once the page shows those of the last request."""
    found = stats(proxy.port, **headers)
    answers = found["proxy"]["answers"]
    page.until(f"document.querySelector('[data-figure=\"proxy.answers\"]').value == '{answers}'")
    return found


def text(page: Page, selector: str) -> str:
    return page.look(f"document.querySelector({json.dumps(selector)}).innerText")


def test_live_figures_are_those_of_the_stats(serve, page):
    proxy = serve()
    page.open(f"{proxy.url}/brim/dashboard")
    page.until("document.querySelector('#line').dataset.state === 'live'")
    assert "None yet" in text(page, "#talks")
    for name in ("A", "B"):
        talk(proxy.port, name, 12)
        ask(proxy.port, "POST", CHAT, b"{nonsense")
        found = caught_up(page, proxy)
        shown = page.look(FIGURES)
        assert len(shown) >= 12
        for path, value in shown.items():
            assert value == reduce(dict.__getitem__, path.split("."), found), path
    assert text(page, "[data-figure='proxy.answers']") == "26"
    assert page.look("document.querySelectorAll('#talks tbody tr').length") == 2
    page.until("document.querySelectorAll('#condensed details').length >= 2")
    assert "2 active" in text(page, "#talks h2")
    assert "400" in text(page, "#errors .list")
    assert "smart-truncation" in text(page, "#plugins")
    rows = page.look("[...document.querySelectorAll('#times tr')].map((row) => row.innerText)")
    fits = found["operations"]["fit"]["count"]
    assert fits >= 24
    assert any(row.startswith(f"fit\t{fits:,}\t") for row in rows), rows


def test_nothing_that_a_client_sends_is_taken_for_markup(serve, page):
    proxy = serve(dashboard="bodies")
    page.open(f"{proxy.url}/brim/dashboard")
    talk(proxy.port, EVIL, 12)
    talk(proxy.port, "B", 1, EVIL)
    ask(proxy.port, "POST", CHAT, json.dumps({"model": EVIL, "messages": 3}).encode())
    caught_up(page, proxy)
    page.until("document.querySelector('#condensed details')")
    page.look("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    assert EVIL in text(page, "#talks tbody")
    assert EVIL in text(page, "#condensed pre.before")
    assert SECRET in text(page, "#condensed")
    assert page.look("typeof window.bad") == "undefined"
    assert page.look("document.querySelectorAll('main img, main script').length") == 0


def test_texts_stay_away_from_the_page_unless_they_are_enabled(serve, page):
    proxy = serve()
    page.open(f"{proxy.url}/brim/dashboard")
    talk(proxy.port, "A", 12)
    caught_up(page, proxy)
    page.until("document.querySelector('#condensed details')")
    page.look("document.querySelector('#condensed details').open = true")
    assert 'dashboard = "bodies"' in text(page, "#condensed")
    assert "kestrel" not in page.look("document.documentElement.outerHTML")


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_is_cut_off(serve, page, width):
    proxy = serve(dashboard="bodies")
    page.screen(width)
    page.open(f"{proxy.url}/brim/dashboard")
    talk(proxy.port, "A" * 300, 12)
    talk(proxy.port, "B", 2, "a-model-with-a-name-that-is-" + "very-" * 20 + "long")
    ask(proxy.port, "POST", CHAT, b"{")
    caught_up(page, proxy)
    page.until("document.querySelector('#condensed details')")
    page.look("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    assert page.look("document.documentElement.scrollWidth") == width
    assert page.look(CUT) == []
    assert page.look(COVERED) == []
    assert page.look(SIDEWAYS) == []


def test_dark_and_light(serve, page):
    proxy = serve()
    page.open(f"{proxy.url}/brim/dashboard")
    colors = (
        "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))"
    )
    found = {}
    for scheme in ("light", "dark"):
        page.screen(1440, scheme=scheme)
        ink, paper = (sum(map(int, one[4:-1].split(", "))) for one in page.look(colors))
        found[scheme] = paper - ink
    assert found["light"] > 500
    assert found["dark"] < -500


def test_the_keyboard_reaches_everything(serve, page):
    proxy = serve()
    talk(proxy.port, "A", 12)
    page.open(f"{proxy.url}/brim/dashboard")
    caught_up(page, proxy)
    page.until("document.querySelector('#condensed details')")
    reached = []
    for _ in range(40):
        page.press("Tab")
        reached.append(page.look("document.activeElement.outerHTML.slice(0, 60)"))
        if page.look("document.activeElement.matches('#condensed summary')"):
            break
    for start in ('<a class="skip"', '<button id="pause"', '<a href="#plugins"', "<summary"):
        assert any(one.startswith(start) for one in reached), (start, reached)
    page.press("Enter")
    page.until("document.querySelector('#condensed details').open")
    page.press("p")
    assert page.look("document.querySelector('#line').innerText") == "paused"
    before = text(page, "[data-figure='proxy.answers']")
    talk(proxy.port, "B", 2)
    page.until("document.querySelector('#pause').getAttribute('aria-pressed') === 'true'")
    assert text(page, "[data-figure='proxy.answers']") == before
    page.press("p")
    caught_up(page, proxy)
    assert page.look("document.querySelector('#condensed details').open")
    assert page.look("document.activeElement.matches('#condensed summary')")


def test_a_browsers_user_enters_with_a_key(serve, page, tmp_path):
    file = tmp_path / "keys.toml"
    digest = hashlib.sha256(b"ann-key").hexdigest()
    file.write_text(f'[[key]]\ntenant = "ann"\nsha256 = "{digest}"\n')
    file.chmod(0o600)
    proxy = serve(keys=str(file))
    headers = {"Authorization": "Bearer ann-key"}
    talk(proxy.port, "A", 2, **headers)
    page.open(f"{proxy.url}/brim/dashboard", "whoever", "ann-key")
    caught_up(page, proxy, **headers)
    assert "Those of ann" in text(page, "#talks")


def test_it_comes_back_by_itself(serve, page, monkeypatch):
    monkeypatch.setattr(pages, "LIFE", 1)
    proxy = serve()
    page.open(f"{proxy.url}/brim/dashboard")
    page.until("document.querySelector('#line').dataset.state === 'live'")
    page.until("document.querySelector('#line').dataset.state === 'lost'")
    talk(proxy.port, "A", 2)
    caught_up(page, proxy)
    page.until("document.querySelector('#line').dataset.state === 'live'")


def test_it_says_whose_figures_these_are(serve, page):
    proxy = serve(workers=2)
    worker = stats(proxy.port)["proxy"]["worker"]
    page.open(f"{proxy.url}/brim/dashboard")
    page.until("document.querySelector('#line').dataset.state === 'live'")
    assert f"worker {worker}, one of 2" in text(page, "#where")
    assert "the others have figures of their own" in text(page, "#foot")
