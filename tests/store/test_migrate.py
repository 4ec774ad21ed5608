import os
import sqlite3
from pathlib import Path

import pytest

from optrace.core.errors import DamagedSession
from optrace.store.migrate import MIGRATIONS
from optrace.store.reader import SessionReader
from optrace.store.schema import APPLICATION_ID, FORMAT
from tests.store.traffic import START, payments

OLD = Path(__file__).parents[1] / "vectors" / "session_format_0.optrace"


def test_each_older_format_has_a_way_to_the_next():
    assert sorted(MIGRATIONS) == list(range(FORMAT))


def test_a_session_of_format_0_is_read_from_a_copy():
    before = OLD.read_bytes()
    reader = SessionReader.open(OLD)
    copy = reader._copy
    exchanges = [event.exchange for event in reader.poll() if not event.exchange.in_flight]
    assert exchanges == list(payments(9))
    assert reader.exchange(5) == exchanges[4]
    assert (reader.total, reader.damage, reader.live) == (9, None, False)
    assert (reader.info["mode"], reader.info["created"]) == ("regular", START.isoformat())
    assert copy.stat().st_mode & 0o777 == 0o700
    reader.close()
    assert not copy.exists()
    assert OLD.read_bytes() == before
    assert [name for name in os.listdir(OLD.parent) if name.startswith(OLD.name)] == [OLD.name]


def test_a_file_that_only_claims_an_older_format_is_damaged(tmp_path):
    path = tmp_path / "claim.optrace"
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.execute("CREATE TABLE other (a)")
    db.close()
    with pytest.raises(DamagedSession):
        SessionReader.open(path)
