import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.json_bytes import to_json_bytes
from optrace.core.messages import HttpResponse
from optrace.session.events import KeyLearned, Noted
from optrace.store import codec
from optrace.store.compress import LIMIT, Unreadable, pack, pack_body, unpack, unpack_body
from optrace.store.schema import Kind
from tests.examples import examples
from tests.store import strategies
from tests.store.traffic import payments, ping


class Shelf:
    """Bodies that stand apart, as the writer and the reader see them."""

    def __init__(self):
        self.packed = []

    def keep(self, body):
        self.packed.append(pack_body(body))
        return len(self.packed) - 1

    def fetch(self, number):
        return unpack_body(self.packed[number])


def through(exchange, shelf):
    row, sent = codec.request_row(exchange, shelf.keep)
    read = codec.read_request(row, shelf.fetch)
    assert read == sent
    return codec.read_response(codec.response_row(exchange, sent, shelf.keep), read, shelf.fetch)


@pytest.mark.slow
@examples(200)
@given(strategies.exchanges)
def test_no_byte_of_an_exchange_is_lost(exchange):
    assert through(exchange, Shelf()) == exchange


@examples(50)
@given(strategies.exchanges)
def test_a_request_row_tells_nothing_of_the_response(exchange):
    row, _ = codec.request_row(exchange, (shelf := Shelf()).keep)
    blank = replace(exchange, response=None, response_started=None, ended=None, error=None)
    assert codec.read_request(row, shelf.fetch).exchange == blank


@examples(50)
@given(strategies.texts, strategies.bodies, strategies.instants, strategies.texts)
def test_keys_and_notes_come_back(text, document, at, error):
    shelf = Shelf()
    key = KeyLearned(wallet_address=text, document=document, seen=at, how="fetched", error=error)
    assert codec.read_key(codec.key_row(key, shelf.keep), shelf.fetch) == key
    note = Noted(at=at, text=text, level=error)
    assert codec.read_note(codec.note_row(note)) == note


def test_usual_traffic_comes_back_and_takes_a_quarter_of_its_size():
    shelf, size, packed = Shelf(), 0, 0
    for exchange in payments(90):
        assert through(exchange, shelf) == exchange
        row, sent = codec.request_row(exchange, shelf.keep)
        packed += len(row.data) + len(codec.response_row(exchange, sent, shelf.keep).data)
        for message in (exchange.request, exchange.response):
            size += len(message.body) + sum(len(name) + len(value) + 4 for name, value in message.fields.raw)
    assert packed < size / 2.5


def test_a_right_digest_is_only_named_and_a_wrong_one_is_kept():
    exchange = next(each for each in payments(9) if "content-digest" in each.request.fields)
    tampered = replace(exchange, request=replace(exchange.request, body=exchange.request.body + b" "))
    right, _ = codec.request_row(exchange, Shelf().keep)
    wrong, _ = codec.request_row(tampered, Shelf().keep)
    assert len(right.data) < len(wrong.data) - 50
    assert through(tampered, Shelf()) == tampered


def test_coded_bodies_stand_apart_and_are_stored_as_they_are_if_they_do_not_shrink():
    noise = random.Random(1).randbytes(3000)
    shelf = Shelf()
    response = HttpResponse(status=200, fields=Fields.of(("Content-Encoding", "br")), body=noise)
    assert through(ping(response=response), shelf).response.body == noise
    assert [len(packed) < len(noise) + 20 for packed in shelf.packed] == [True]


def test_a_body_beyond_the_limit_is_left_out_and_a_note_says_so():
    exchange = ping(response=HttpResponse(status=200, body=bytes(LIMIT + 1)))
    read = through(exchange, Shelf())
    assert read.response.body is None
    assert str(LIMIT + 1) in read.notes[0]


@pytest.mark.parametrize("field", [(b"x" * 5000, b"short"), (b"short", b"x" * 5000)])
def test_long_fields_come_back_and_are_not_remembered(field):
    codec._KNOWN.clear()
    exchange = ping(error="reset", response=None)
    exchange = replace(exchange, request=replace(exchange.request, fields=Fields([field])))
    assert through(exchange, Shelf()) == exchange
    assert not codec._KNOWN


@pytest.mark.slow
def test_a_bomb_is_not_unpacked():
    with pytest.raises(Unreadable):
        unpack(pack(bytes(LIMIT + 1), b""), b"")
    with pytest.raises(Unreadable):
        unpack_body(pack_body(bytes(LIMIT + 1)))


@examples(150)
@given(st.integers(0, 8), st.data())
def test_a_change_in_any_column_is_noticed(which, data):
    exchange = ping(error="reset", response=None)
    row, sent = codec.request_row(exchange, Shelf().keep)
    answer = codec.response_row(exchange, sent, Shelf().keep)
    victim = (row, answer)[which % 2]
    column = data.draw(st.sampled_from(["n", "at", "word", "text", "status", "error", "data"]))
    value = getattr(victim, column)
    match value:
        case bytes():
            at = data.draw(st.integers(0, len(value) - 1))
            changed = value[:at] + bytes([value[at] ^ data.draw(st.integers(1, 255))]) + value[at + 1 :]
        case None:
            changed = 1
        case _:
            changed = value + type(value)(1)
    bad = victim._replace(**{column: changed})
    try:
        read = (
            codec.read_response(bad, sent, Shelf().fetch)
            if which % 2
            else codec.read_request(bad, Shelf().fetch).exchange
        )
    except Unreadable:
        return
    assert column == "data"  # packed in another way, and the same all the same
    assert read == (exchange if which % 2 else sent.exchange)


@pytest.mark.slow
@examples(200)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=8), max_leaves=12))
def test_a_row_that_was_made_to_hurt_is_unreadable_and_nothing_else(head):
    columns = (int(Kind.REQUEST), 1, 0, "GET", "https://a/", None, None)
    row = codec.Row(*columns, pack(to_json_bytes(head), codec._context(columns)))
    with pytest.raises(Unreadable):
        codec.read_request(row, Shelf().fetch)
    with pytest.raises(Unreadable):
        codec.read_response(row, codec.request_row(ping(), Shelf().keep)[1], Shelf().fetch)


def test_a_deep_head_is_unreadable():
    columns = (int(Kind.REQUEST), 1, 0, "GET", "https://a/", None, None)
    row = codec.Row(*columns, pack(b"[" * 100_000, codec._context(columns)))
    with pytest.raises(Unreadable):
        codec.read_request(row, Shelf().fetch)
