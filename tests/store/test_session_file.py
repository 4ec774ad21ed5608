"""Recording and following a session: what is written is read, in order, once, by everyone."""

import os
import random
import sqlite3
import stat
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from optrace.core.errors import CannotStart, Usage
from optrace.core.messages import HttpResponse
from optrace.session.events import ExchangeSeen, KeyLearned, Noted
from optrace.store.reader import SessionReader
from optrace.store.writer import SessionWriter
from tests.store.traffic import START, clock, in_flight, payments, ping


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a session #1 %41?.optrace"


@pytest.fixture
def writer(path):
    with SessionWriter.create(path, info={"mode": "regular"}, clock=clock) as writer:
        yield writer


def everything(reader, limit=500):
    events = []
    while some := reader.poll(limit):
        assert len(some) <= limit
        events += some
    return events


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_requests_and_responses_come_in_the_order_in_which_they_were_recorded(path, writer):
    assert [writer.request(in_flight(9)), writer.request(in_flight(9))] == [1, 2]
    writer.response(2, ping(2))
    key = KeyLearned(wallet_address="https://a/", document=b"{}", seen=START, how="given")
    writer.key(key)
    note = Noted(at=START, text="the client refused the certificate", level="warn")
    writer.note(note)
    writer.response(1, ping(1))
    reader = SessionReader.open(path)
    assert everything(reader) == [
        ExchangeSeen(exchange=replace(in_flight(9), n=1)),
        ExchangeSeen(exchange=replace(in_flight(9), n=2)),
        ExchangeSeen(exchange=ping(2)),
        key,
        note,
        ExchangeSeen(exchange=ping(1)),
    ]
    assert reader.poll() == []
    assert (reader.total, reader.damage, reader.info["mode"]) == (2, None, "regular")
    reader.close()


def test_an_exchange_is_there_as_far_as_it_has_come(path, writer):
    writer.request(in_flight())
    reader = SessionReader.open(path)
    assert reader.exchange(1) == in_flight()
    writer.response(1, ping())
    assert reader.exchange(1) == ping()
    for missing in (0, 2, -1, 10**30):
        with pytest.raises(KeyError):
            reader.exchange(missing)
    reader.close()


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_two_readers_follow_a_writer_and_see_each_event_once(path, writer, limit):
    traffic = list(payments(60))
    readers = [SessionReader.open(path) for _ in range(2)]
    seen = [[], []]

    def record():
        for exchange in traffic:
            number = writer.request(replace(exchange, response=None, ended=None, response_started=None))
            writer.response(number, exchange)

    thread = threading.Thread(target=record)
    thread.start()
    while thread.is_alive():
        for reader, events in zip(readers, seen, strict=True):
            events += reader.poll(limit)
    for reader, events in zip(readers, seen, strict=True):
        events += everything(reader, limit)
        assert [event.exchange for event in events if event.exchange.response] == traffic
        assert [event.exchange.n for event in events] == [n for n in range(1, 61) for _ in range(2)]
        reader.close()


def test_an_idle_poll_reads_no_rows(path, writer):
    writer.request(in_flight())
    reader = SessionReader.open(path)
    everything(reader)
    statements = []
    reader._db.set_trace_callback(statements.append)
    assert reader.poll() == []
    assert statements == ["PRAGMA data_version"]
    writer.response(1, ping())
    assert len(reader.poll()) == 1
    reader.close()


def test_responses_long_after_their_requests_are_whole(path, writer, monkeypatch):
    monkeypatch.setattr("optrace.store.reader._REMEMBERED", 2)
    for n in range(1, 8):
        writer.request(in_flight(n))
    for n in range(1, 8):
        writer.response(n, ping(n))
    reader = SessionReader.open(path)
    assert [event.exchange for event in everything(reader)[7:]] == [ping(n) for n in range(1, 8)]
    reader.close()


def test_a_request_that_was_changed_before_it_was_sent_on_is_recorded_again(path, writer):
    writer.request(in_flight())
    edited = replace(ping(), request=replace(ping().request, body=b"edited"))
    writer.response(1, edited)
    reader = SessionReader.open(path)
    assert [event.exchange for event in everything(reader)] == [in_flight(), edited]
    assert reader.exchange(1) == edited
    reader.close()


def test_an_error_after_the_response_is_the_last_word(path, writer):
    writer.request(in_flight())
    writer.response(1, ping())
    broken = replace(ping(), error="connection lost")
    writer.response(1, broken)
    reader = SessionReader.open(path)
    assert [event.exchange for event in everything(reader)] == [in_flight(), ping(), broken]
    assert reader.exchange(1) == broken
    assert reader.total == 1
    reader.close()


def test_a_body_that_comes_again_is_stored_once(path, writer):
    for n in range(1, 6):
        writer.request(in_flight(n))
        writer.response(n, ping(n, response=HttpResponse(status=200, body=b"page" * 9000)))
    writer.close()
    reader = SessionReader.open(path)
    assert {reader.exchange(n).response.body for n in range(1, 6)} == {b"page" * 9000}
    reader.close()
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM bodies").fetchone() == (1,)
    db.close()


def test_any_sqlite_tool_can_query_it(path, writer):
    writer.request(in_flight())
    writer.response(1, ping())
    writer.request(in_flight(2))
    writer.key(KeyLearned(wallet_address="https://a/", document=None, seen=START, how="fetched", error="no answer"))
    writer.note(Noted(at=START, text="a word", level="info"))
    writer.close()
    db = sqlite3.connect(path)
    assert db.execute("SELECT * FROM exchanges").fetchall() == [
        (1, "2026-03-04T05:06:08.000Z", "GET", "https://wallet.example/1", 200, 5.0, None),
        (2, "2026-03-04T05:06:09.000Z", "GET", "https://wallet.example/2", None, None, None),
    ]
    assert db.execute("SELECT how, wallet_address, error FROM keys").fetchall() == [
        ("fetched", "https://a/", "no answer")
    ]
    assert db.execute("SELECT level, text FROM notes").fetchall() == [("info", "a word")]
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def test_only_the_owner_reads_it_from_the_first_byte_on(path, monkeypatch):
    opened = {}
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: opened.setdefault("mode", mode(path)) and connect(*a, **k))
    old = os.umask(0)
    try:
        writer = SessionWriter.create(path, info={}, clock=clock)
        writer.request(in_flight())
        modes = {name: mode(path.parent / name) for name in os.listdir(path.parent)}
    finally:
        os.umask(old)
    writer.close()
    assert opened["mode"] == 0o600
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3  # with its two side files


def test_a_clean_end_leaves_one_file(path, writer):
    writer.request(in_flight())
    writer.close()
    writer.close()
    assert os.listdir(path.parent) == [path.name]
    reader = SessionReader.open(path)
    assert everything(reader) == [ExchangeSeen(exchange=in_flight())]
    assert (reader.info["closed"], reader.info["records"]) == (START.isoformat(), "1")
    reader.close()
    assert os.listdir(path.parent) == [path.name]


def test_the_last_reader_leaves_one_file_if_the_writer_went_first(path, writer):
    readers = [SessionReader.open(path) for _ in range(2)]
    writer.request(in_flight())
    assert all(reader.live for reader in readers)
    writer.close()
    for reader in readers:
        assert not reader.live
        assert everything(reader) == [ExchangeSeen(exchange=in_flight())]
        reader.close()
    assert os.listdir(path.parent) == [path.name]


def test_a_file_is_never_written_over(path):
    path.write_text("precious")
    with pytest.raises(Usage) as refused:
        SessionWriter.create(path, info={}, clock=clock)
    assert "exists already" in refused.value.title
    assert path.read_text() == "precious"


def test_a_place_that_can_not_be_written_is_an_error_to_start_with(tmp_path):
    with pytest.raises(CannotStart):
        SessionWriter.create(tmp_path / "no such directory" / "x.optrace", info={}, clock=clock)


def test_a_full_disk_stops_the_recording_and_not_the_traffic(path):
    said = []
    writer = SessionWriter.create(path, info={}, clock=clock, on_trouble=said.append)
    big = HttpResponse(status=200, body=random.Random(1).randbytes(9000))
    numbers = [writer.request(in_flight(n)) for n in (1, 2)]
    pages = writer._db.execute("PRAGMA page_count").fetchone()[0]
    writer._db.execute(f"PRAGMA max_page_count={pages}")
    writer.response(1, ping(1, response=big))
    numbers += [
        writer.request(replace(in_flight(n), request=replace(ping(n).request, body=os.urandom(9000)))) for n in (3, 4)
    ]
    writer.note(Noted(at=START, text="x" * 9000))
    assert numbers == [1, 2, 3, 4]
    assert said == ["database or disk is full"]
    assert (writer.trouble, writer.lost) == ("database or disk is full", 3)
    writer._db.execute("PRAGMA max_page_count=1000000")
    writer.response(2, ping(2, response=big))
    assert said == ["database or disk is full", None]
    assert (writer.trouble, writer.lost) == (None, 3)
    writer.response(4, ping(4, response=big))  # its request could not be recorded; now all of it can
    assert writer.lost == 2
    writer.close()
    reader = SessionReader.open(path)
    events = everything(reader)
    assert [event.exchange.n for event in events if isinstance(event, ExchangeSeen)] == [1, 2, 2, 4, 4]
    assert [event.text for event in events if isinstance(event, Noted)] == [
        "Recording works again. Exchanges that were not recorded: 3."
    ]
    assert reader.exchange(2) == ping(2, response=big)
    assert reader.exchange(4) == ping(4, response=big)
    assert reader.damage is None
    reader.close()


def test_nothing_that_goes_wrong_reaches_the_traffic(path):
    def angry(reason):
        raise RuntimeError(reason)

    writer = SessionWriter.create(path, info={}, clock=clock, on_trouble=angry)
    assert writer.request(in_flight()) == 1
    assert writer.request(ping(2, response=None, ended=None, connection=None)) == 2  # no such exchange can be
    assert writer.trouble is not None
    writer.response(2, ping(2, response=HttpResponse(status=10**30)))
    writer.response(77, ping(77))  # never asked for
    assert writer.trouble is None
    writer.close()
    assert writer.request(in_flight(3)) == 3
    writer.note(Noted(at=START, text="too late"))
    assert writer.lost == 2


def test_the_log_is_merged_while_it_grows_and_nobody_waits(path, monkeypatch):
    monkeypatch.setattr("optrace.store.writer._MERGE_EVERY", 10)
    with SessionWriter.create(path, info={}, clock=clock) as writer:
        before = path.stat().st_size
        for n in range(1, 41):
            writer.request(in_flight(n))
            if writer._merger is not None:
                writer._merger.join()
        assert path.stat().st_size > before


def test_instants_keep_their_microseconds(path, writer):
    exchange = ping(started=START + timedelta(microseconds=1))
    writer.request(exchange)
    writer.response(1, exchange)
    reader = SessionReader.open(path)
    assert reader.exchange(1) == exchange
    reader.close()


def test_what_was_changed_on_purpose_is_kept_as_it_came_and_as_it_went_on(path, writer):
    n = writer.request(in_flight(1))
    other = ping(1)
    went_on = replace(
        other,
        request=replace(other.request, url="https://other.example/"),
        received=HttpResponse(status=201, body=b"came"),
        notes=("Fault slow: it was held up.",),
    )
    writer.response(n, went_on)
    writer.response(writer.request(in_flight(2)), ping(2))
    reader = SessionReader.open(path)
    whole = replace(went_on, received=None)
    assert everything(reader)[1] == ExchangeSeen(exchange=whole)
    assert reader.damage is None
    assert reader.exchange(1) == whole
    came = reader.came(1)
    assert came.request == in_flight(1).request
    assert came.response == HttpResponse(status=201, body=b"came")
    assert reader.came(2) is None
    with pytest.raises(KeyError):
        reader.came(3)


def test_what_is_recorded_together_is_there_at_the_end_of_it(path, writer):
    reader = SessionReader.open(path)
    with writer.together():
        numbers = [writer.request(in_flight(n)) for n in (1, 2)]
        writer.response(2, ping(2, response=HttpResponse(status=200, body=os.urandom(20_000))))
        assert reader.poll() == []
    assert numbers == [1, 2]
    assert len(everything(reader)) == 3
    assert writer.lost == 0
    writer.request(in_flight(3))
    assert len(everything(reader)) == 1


def test_what_is_recorded_together_and_finds_no_room_is_told(path, writer):
    writer.request(in_flight(1))
    writer._db.execute(f"PRAGMA max_page_count={writer._db.execute('PRAGMA page_count').fetchone()[0]}")
    with writer.together():
        writer.response(1, ping(1, response=HttpResponse(status=200, body=os.urandom(90_000))))
        for n in (2, 3):
            writer.request(replace(in_flight(n), request=replace(ping(n).request, body=os.urandom(9000))))
    assert writer.trouble == "database or disk is full"
    assert writer.lost
    writer._db.execute("PRAGMA max_page_count=1000000")
    with writer.together():
        writer.request(in_flight(4))
    assert writer.trouble is None
    assert everything(SessionReader.open(path))[-1] == ExchangeSeen(exchange=replace(in_flight(4), n=4))


def test_what_is_recorded_together_stays_when_it_is_broken_off(path, writer):
    def interrupted():
        with writer.together():
            writer.request(in_flight(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(everything(SessionReader.open(path))) == 1
