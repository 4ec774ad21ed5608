"""Whatever comes, it gets a name, a label and a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.messages import Exchange
from optrace.exchanges import KINDS
from optrace.exchanges.grant_request import variant
from optrace.exchanges.recognise import BY_LINK, recognise
from optrace.exchanges.view import View
from tests.examples import examples
from tests.exchanges import hostile
from tests.exchanges.wire import Taught

knowing = st.builds(
    Taught,
    links=st.dictionaries(st.sampled_from(hostile.URLS), st.sampled_from(sorted(BY_LINK)), max_size=6),
    continuation=st.sampled_from([(), ("T",)]),
    access=st.sampled_from([(), ("T",)]),
    wallets=st.sampled_from([(), ("https://a.example",)]),
)


@pytest.mark.slow
@given(hostile.exchanges, knowing)
@examples(400)
def test_any_exchange_has_a_kind_and_its_words(seen: Exchange, known: Taught) -> None:
    view = View(seen)
    kind = recognise(view, known)
    assert kind in tuple(KINDS)
    assert kind.label(view)
    assert kind.sentence(view)


@pytest.mark.slow
@given(hostile.exchanges)
@examples(400)
def test_each_kind_has_words_for_any_exchange(seen: Exchange) -> None:
    """What an exchange is taken for may change with what is learned, so no kind may rely on how it was recognised."""
    view = View(seen)
    assert variant(view) is None or isinstance(variant(view), str)
    for kind in KINDS:
        assert isinstance(kind.label(view), str)
        assert isinstance(kind.sentence(view), str)
