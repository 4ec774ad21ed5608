import json
import os
from dataclasses import replace

import pytest

from optrace.core.errors import NotASession
from optrace.core.exchange_json import to_jsonl
from optrace.session.events import ExchangeSeen, KeyLearned, Noted
from optrace.store.sources import copy_events, open_source
from optrace.store.writer import SessionWriter
from tests.store.traffic import START, clock, in_flight, payments, ping


def drain(source):
    events = []
    while some := source.poll(7):
        events += some
    return events


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("gone", None, "there is no such file"),
        ("empty", b"", "it is empty"),
        ("png", b"\x89PNG\r\n\x1a\n" + bytes(99), "its content is none of these"),
        ("json", b'{"hello": 1}', "its content is none of these"),
        ("text", b"12345: a list of numbers", "its content is none of these"),
    ],
)
def test_what_is_no_recording(tmp_path, name, content, why):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NotASession) as refused:
        open_source(path)
    assert refused.value.title == f"{path} is not a recording that optrace can read: {why}"
    assert "HAR" in refused.value.remedy


def test_a_directory_is_no_recording(tmp_path):
    with pytest.raises(NotASession, match="it is a directory"):
        open_source(tmp_path)


def test_a_source_of_json_lines(tmp_path):
    path = tmp_path / "any name"
    exchanges = list(payments(20))
    path.write_text("\n\n".join(map(to_jsonl, exchanges)))
    steps = []
    source = open_source(path, lambda done, total: steps.append(done / total))
    assert (source.name, source.live, source.total, source.damage) == ("any name", False, 20, None)
    assert drain(source) == [ExchangeSeen(exchange=exchange) for exchange in exchanges]
    assert source.exchange(3) == exchanges[2]
    for missing in (0, 21):
        with pytest.raises(KeyError):
            source.exchange(missing)
    assert steps == sorted(steps)
    assert steps[-1] == 1
    source.close()


def test_lines_are_numbered_in_their_order_and_a_bad_one_costs_only_itself(tmp_path):
    path = tmp_path / "part.jsonl"
    lines = [to_jsonl(ping(9)), "[" * 100_000, '{"n": 4}', to_jsonl(ping(4, started=START.replace(year=2030)))]
    path.write_text("\ufeff" + "\n".join(lines))
    source = open_source(path)
    assert [(event.exchange.n, event.exchange.request.url) for event in drain(source)] == [
        (1, "https://wallet.example/4"),
        (2, "https://wallet.example/9"),
    ]
    assert source.damage == "2 of its lines can't be read, the first: line 2: it is nested too deep"


def test_numbers_that_repeat_give_way_to_the_instants(tmp_path):
    path = tmp_path / "joined.jsonl"
    late = replace(ping(1), started=START.replace(year=2030))
    path.write_text(f"{to_jsonl(late)}\n{to_jsonl(ping(1))}\n")
    assert [event.exchange.started.year for event in drain(open_source(path))] == [2026, 2030]


def test_a_recording_is_copied_into_a_session_and_numbered_anew(tmp_path):
    first, second = tmp_path / "first.optrace", tmp_path / "second.optrace"
    key = KeyLearned(wallet_address="https://a/", document=b"{}", seen=START, how="given")
    note = Noted(at=START, text="a word")
    with SessionWriter.create(first, info={}, clock=clock) as writer:
        numbers = [writer.request(in_flight(n)) for n in (1, 2, 3)]
        writer.key(key)
        writer.response(numbers[2], ping(3))
        writer.note(note)
        writer.response(numbers[0], ping(1))
        writer.response(numbers[0], replace(ping(1), error="lost in the end"))
    source = open_source(first)
    done = []
    with SessionWriter.create(second, info={}, clock=clock) as writer:
        copy_events(source, writer, done.append)
    source.close()
    a, b = open_source(first), open_source(second)
    assert drain(a) == drain(b)
    assert done == [8]
    assert b.exchange(2) == in_flight(2)
    a.close()
    b.close()
    assert sorted(os.listdir(tmp_path)) == ["first.optrace", "second.optrace"]


def test_json_lines_with_bodies_that_talk_of_logs_are_no_har(tmp_path):
    path = tmp_path / "x"
    exchange = ping(1, request=replace(ping().request, body=json.dumps({"log": {"entries": []}}).encode()))
    path.write_text(to_jsonl(exchange))
    assert open_source(path).exchange(1) == exchange
