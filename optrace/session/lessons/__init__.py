"""What each operation teaches, one function an operation, in `LESSONS`.

Nothing here judges. A lesson reads what is there, in whatever state it is, and leaves out what isn't.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from optrace.exchanges.view import View
from optrace.session.lessons import authorization, elsewhere, interaction, resources, wallet_address
from optrace.session.memory import Memory
from optrace.session.rows import Row

Lesson = Callable[[Memory, Row, View], None]


def learn(memory: Memory, row: Row, view: View) -> None:
    """Take in one exchange, whose operation is known. In flight, only the request is there to learn from."""
    lesson = LESSONS.get(row.operation, elsewhere.elsewhere)
    lesson(memory, row, view)
    _note_attempt(memory, row, view)


def _note_attempt(memory: Memory, row: Row, view: View) -> None:
    """The same call with the same body after a failure is a retry of it."""
    if row.ended is None and row.error is None:
        return
    call = (view.method, view.url, view.request.body)
    before = memory.failed.get(call)
    if before is not None and before < row.n:
        row.retry_of = before
    elif row.error or (row.status or 0) >= 400:
        memory.failed[call] = row.n


LESSONS: Mapping[str, Lesson] = {
    "wallet_address_get": wallet_address.wallet_address,
    "jwks_get": wallet_address.jwks,
    "grant_request": authorization.grant_request,
    "grant_continue": authorization.continued,
    "grant_poll": authorization.continued,
    "grant_modify": authorization.continued,
    "grant_cancel": authorization.cancel,
    "token_rotate": authorization.rotate,
    "token_revoke": authorization.revoke,
    "token_introspect": authorization.introspect,
    "incoming_payment_create": resources.incoming_create,
    "incoming_payment_get": resources.incoming_one,
    "incoming_payment_get_public": resources.incoming_one,
    "incoming_payment_complete": resources.incoming_one,
    "incoming_payment_list": resources.incoming_list,
    "quote_create": resources.quote_create,
    "quote_get": resources.quote_get,
    "outgoing_payment_create": resources.outgoing_create,
    "outgoing_payment_get": resources.outgoing_get,
    "outgoing_payment_list": resources.outgoing_list,
    "outgoing_payment_grant_get": resources.outgoing_list,
    "interact_start": interaction.interact_start,
    "idp_redirect": interaction.idp,
    "consent_get": interaction.consent,
    "consent_accept": interaction.consent,
    "consent_reject": interaction.consent,
    "interact_finish_request": interaction.finish_request,
    "finish_redirect": interaction.finish,
    "finish_push": interaction.finish,
}
