import io
from datetime import UTC, datetime

import pytest
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow

from optrace.core.errors import DamagedSession
from optrace.store.sources import open_source


def http(second, path=b"/", **arguments):
    flow = tflow.tflow(**{"resp": True} | arguments)
    flow.request.data.path = path
    flow.request.timestamp_start = 1_770_000_000.25 + second
    return flow


def raw(*flows):
    file = io.BytesIO()
    for flow in flows:
        FlowWriter(file).add(flow)
    return file.getvalue()


def opened(tmp_path, content):
    path = tmp_path / "x.mitm"
    path.write_bytes(content)
    source = open_source(path)
    return source, source.poll(10_000)


def paths(events):
    return [event.exchange.request.url.rpartition("/")[2] for event in events]


def test_flows_are_ordered_by_the_start_of_their_requests_and_stay_so_if_equal(tmp_path):
    flows = [http(2, b"/c"), http(1, b"/a"), http(1, b"/b"), http(3, b"/d")]
    source, events = opened(tmp_path, raw(*flows))
    assert paths(events) == ["a", "b", "c", "d"]
    assert [event.exchange.n for event in events] == [1, 2, 3, 4]
    assert events[0].exchange.started == datetime.fromtimestamp(1_770_000_001.25, UTC)
    assert (source.damage, source.total) == (None, 4)


def test_other_protocols_are_left_out_and_a_note_says_so(tmp_path):
    source, events = opened(tmp_path, raw(http(1), tflow.tdnsflow(), tflow.ttcpflow(), tflow.tdnsflow()))
    assert events[0].text == "Flows that are not HTTP were left out: 2 dns, 1 tcp."
    assert len(events) == 2
    assert source.damage is None


@pytest.mark.parametrize("cut", [1, 30, 900])
def test_a_torn_end_costs_only_itself(tmp_path, cut):
    source, events = opened(tmp_path, raw(http(1, b"/a"), http(2, b"/b"), http(3, b"/c"))[:-cut])
    assert paths(events) == ["a", "b"]
    assert source.damage.startswith("after 2 exchanges in all, bytes ")


def test_garbage_after_a_good_part(tmp_path):
    source, events = opened(tmp_path, raw(http(1, b"/a")) + b"\x00\xffgarbage")
    assert paths(events) == ["a"]
    assert source.damage


def test_a_record_that_is_whole_and_wrong_costs_only_itself(tmp_path):
    wrong = raw(http(2, b"/b")).replace(b"7:version;2:21#", b"7:version;2:99#")
    source, events = opened(tmp_path, raw(http(1, b"/a")) + wrong + raw(http(3, b"/c")))
    assert paths(events) == ["a", "c"]
    assert "version 99" in source.damage


def test_a_file_without_one_good_flow_is_damaged(tmp_path):
    with pytest.raises(DamagedSession):
        opened(tmp_path, raw(http(1))[:200])


def test_errors_and_requests_without_an_answer(tmp_path):
    source, events = opened(tmp_path, raw(http(1, err=True, resp=False), http(2, resp=False)))
    broken, waiting = (event.exchange for event in events)
    assert (broken.error, broken.in_flight) == ("error", False)
    assert waiting.in_flight
    assert source.damage is None
