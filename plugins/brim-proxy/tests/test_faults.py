"""Upstreams and clients that break off, stall or lie."""

from __future__ import annotations

import http.client
import json
import socket
import threading

import pytest
from running import ask
from stub import chunk, chunked, whole

CHAT = "/v1/chat/completions"
BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}).encode()
MESSAGES = "/v1/messages"
CLAUDE = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, **json.loads(BODY)}).encode()

EVENT = b'data: {"a": 1}\n\n'


def post(path=CHAT, body=BODY, *headers):
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize("end", ["reset", "close"])
def test_a_stream_that_breaks_off_breaks_off(serve, end):
    proxy = serve(lambda _: [chunked(), chunk(EVENT), 0.1, chunk(EVENT), 0.1, end])
    answer = proxy.raw(post())
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert b"200 OK" in head
    assert rest == chunk(EVENT) * 2, "no last chunk: the client sees that something is missing"
    assert len(proxy.stub.requests) == 1, "nothing is sent again after the first byte"


def test_what_came_right_before_the_end_arrives(serve):
    proxy = serve(lambda _: [chunked() + chunk(EVENT) + chunk(EVENT), "close"])
    answer = proxy.raw(post())
    assert answer.count(EVENT) == 2
    assert not answer.endswith(b"0\r\n\r\n")


def test_a_body_shorter_than_its_length_breaks_off(serve):
    proxy = serve(lambda _: [whole("200 OK", b"x" * 100)[:-50], "close"])
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(proxy.port, "POST", CHAT, BODY)
    assert len(caught.value.partial) == 50


def test_a_stream_without_its_last_event_ends_as_it_does(serve):
    proxy = serve(lambda _: [chunked(), chunk(EVENT), b"0\r\n\r\n"])
    assert ask(proxy.port, "POST", CHAT, BODY)[1] == EVENT


def test_an_answer_until_close_is_whole(serve):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    proxy = serve(lambda _: [head, EVENT, 0.05, EVENT, "close"])
    assert ask(proxy.port, "POST", CHAT, BODY)[1] == EVENT * 2


def test_bad_json_comes_down_as_it_is(serve):
    proxy = serve(lambda _: [whole("200 OK", b'{"choices": [')])
    assert ask(proxy.port, "POST", CHAT, BODY)[1] == b'{"choices": ['


@pytest.mark.parametrize("actions", [["close"], ["reset"], [b"nonsense\r\n\r\n"]])
@pytest.mark.parametrize(("path", "body"), [(CHAT, BODY), (MESSAGES, CLAUDE)])
def test_no_answer_is_a_bad_gateway(serve, actions, path, body):
    proxy = serve(lambda _: actions)
    response, answer = ask(proxy.port, "POST", path, body)
    assert response.status == 502
    kind = "api_error" if path == MESSAGES else "server_error"
    assert json.loads(answer)["error"]["type"] == kind
    assert len(proxy.stub.requests) == 1, "never sent twice on a new connection"


def test_an_upstream_that_is_not_there(serve):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    proxy = serve(upstream=f"http://127.0.0.1:{nobody}")
    assert ask(proxy.port, "POST", CHAT, BODY)[0].status == 502


def test_an_upstream_that_says_nothing_times_out(serve):
    proxy = serve(lambda _: ["hang"], first_byte_timeout=0.3)
    response, answer = ask(proxy.port, "POST", MESSAGES, CLAUDE)
    assert (response.status, json.loads(answer)["error"]["type"]) == (504, "timeout_error")
    assert proxy.stub.requests[0].left.wait(5)


def test_a_stream_that_stalls_breaks_off(serve):
    proxy = serve(lambda _: [chunked(), chunk(EVENT), "hang"], idle_timeout=0.3)
    assert proxy.raw(post()).endswith(chunk(EVENT))
    assert proxy.stub.requests[0].left.wait(5)


def test_a_kept_connection_that_was_closed_is_not_the_clients_problem(serve):
    seen = []

    def script(recorded):
        seen.append(recorded)
        first = [whole("200 OK", b"{}")]
        return ["close"] if len(seen) == 2 else first

    proxy = serve(script)
    assert ask(proxy.port, "POST", CHAT, BODY)[0].status == 200
    assert ask(proxy.port, "POST", CHAT, BODY)[0].status == 200
    assert len(seen) == 3


def leave(proxy, data: bytes, *, read: bool) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(data)
        if read:
            assert client.recv(10)
        else:
            for _ in range(250):
                if proxy.stub.requests:
                    break
                threading.Event().wait(0.02)


@pytest.mark.parametrize("streamed", [True, False])
def test_a_client_that_leaves_takes_the_upstream_with_it(serve, streamed):
    actions = [chunked(), chunk(EVENT), "hang"] if streamed else ["hang"]
    proxy = serve(lambda _: actions)
    leave(proxy, post(), read=streamed)
    assert proxy.stub.requests[0].left.wait(5), "the upstream's tokens are not burnt"
    for _ in range(250):
        if proxy.app.meters.totals["gone"]:
            break
        threading.Event().wait(0.02)
    assert proxy.app.meters.totals["gone"] == 1
    assert proxy.app.meters.active == proxy.app.meters.held == 0


def test_many_clients_that_leave(serve):
    proxy = serve(lambda _: [chunked(), chunk(EVENT), "hang"])
    for _ in range(50):
        leave(proxy, post(), read=True)
    assert len(proxy.stub.requests) == 50
    assert all(one.left.wait(5) for one in proxy.stub.requests)


def test_a_client_that_closes_its_half_counts_as_gone(serve):
    proxy = serve(lambda _: ["hang"])
    assert proxy.raw(post(), half_close=True) == b""
    assert all(one.left.wait(5) for one in proxy.stub.requests)


def test_a_reader_that_is_slow_holds_the_upstream_back(serve):
    piece = b"x" * 65536
    written = []

    def script(_):
        yield chunked()
        for i in range(1_000):
            written.append(i)
            yield chunk(piece)
        yield b"0\r\n\r\n"

    proxy = serve(script)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(post())
        assert client.recv(10)
        threading.Event().wait(1)
        assert len(written) < 400, "65 MB would have come through a proxy that does not wait"


def test_a_reader_that_stops_is_let_go(serve):
    proxy = serve(lambda _: [chunked(), *[chunk(b"x" * 65536)] * 1_000], send_timeout=0.5)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(post())
        assert client.recv(10)
        assert proxy.stub.requests[0].left.wait(5)
