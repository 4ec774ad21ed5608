"""The rules, by code. Each file holds one; a code is never reused.

Their order decides between findings of equal weight and severity: what is wrong with the order of the calls or with the
grant explains what a token is refused for, and a refusal at the token stage leaves the signature unreached.
"""

from __future__ import annotations

from collections.abc import Mapping

from optrace.core.registry import Registry
from optrace.rules.flo_001_before_consent import before_consent
from optrace.rules.flo_002_polled_with_finish import polled_with_finish
from optrace.rules.flo_003_too_fast import too_fast
from optrace.rules.flo_004_no_reference import no_reference
from optrace.rules.flo_005_continued_twice import continued_twice
from optrace.rules.flo_006_reference_of_another import reference_of_another
from optrace.rules.flo_007_pending_taken_for_final import pending_taken_for_final
from optrace.rules.flo_008_placeholder import placeholder
from optrace.rules.flo_009_out_of_order import out_of_order
from optrace.rules.flo_010_stops_after_the_grant import stops_after_the_grant
from optrace.rules.flo_011_at_the_receivers_server import at_the_receivers_server
from optrace.rules.flo_012_other_party import other_party
from optrace.rules.flo_013_token_of_another_payer import token_of_another_payer
from optrace.rules.flo_014_grant_for_every_call import grant_for_every_call
from optrace.rules.flo_015_never_given_back import never_given_back
from optrace.rules.flo_016_nothing_left_to_cancel import nothing_left_to_cancel
from optrace.rules.flo_017_second_incoming_payment import second_incoming_payment
from optrace.rules.flo_018_sent_again import sent_again
from optrace.rules.flt_001_on_purpose import on_purpose
from optrace.rules.gnt_001_interact_missing import interact_missing
from optrace.rules.gnt_002_identifier_missing import identifier_missing
from optrace.rules.gnt_003_client_has_no_name import client_has_no_name
from optrace.rules.gnt_004_client_wrong import client_wrong
from optrace.rules.gnt_005_jwk_client_interactive import jwk_client_interactive
from optrace.rules.gnt_006_wrong_authorization_server import wrong_authorization_server
from optrace.rules.gnt_007_tenant_dropped import tenant_dropped
from optrace.rules.gnt_008_both_amounts import both_amounts
from optrace.rules.gnt_009_interval import interval
from optrace.rules.gnt_010_limits_asset import limits_asset
from optrace.rules.gnt_011_limits_receiver import limits_receiver
from optrace.rules.gnt_012_actions_too_narrow import actions_too_narrow
from optrace.rules.gnt_013_nothing_asked import nothing_asked
from optrace.rules.gnt_014_schema import schema
from optrace.rules.gnt_015_opaque_500 import opaque_500
from optrace.rules.gnt_016_unneeded_interaction import unneeded_interaction
from optrace.rules.gnt_017_other_wallet import other_wallet
from optrace.rules.gnt_018_user_said_no import user_said_no
from optrace.rules.net_001_signed_for_the_proxy import signed_for_the_proxy
from optrace.rules.net_002_redirect_followed import redirect_followed
from optrace.rules.net_003_http_first import http_first
from optrace.rules.net_004_not_the_wallet import not_the_wallet
from optrace.rules.net_005_tls import tls
from optrace.rules.net_006_cors import cors
from optrace.rules.net_007_challenge_hidden import challenge_hidden
from optrace.rules.net_008_key_in_the_browser import key_in_the_browser
from optrace.rules.net_009_content_type import content_type
from optrace.rules.net_010_client_gave_up import client_gave_up
from optrace.rules.net_011_out_of_sight import out_of_sight
from optrace.rules.net_012_server_to_server import server_to_server
from optrace.rules.net_013_plain_500 import plain_500
from optrace.rules.net_014_no_answer import no_answer
from optrace.rules.net_015_servers_clock import servers_clock
from optrace.rules.res_001_amount_not_digits import amount_not_digits
from optrace.rules.res_002_scale_mistaken import scale_mistaken
from optrace.rules.res_003_wrong_asset import wrong_asset
from optrace.rules.res_004_quote_amounts import quote_amounts
from optrace.rules.res_005_more_than_it_takes import more_than_it_takes
from optrace.rules.res_006_too_small import too_small
from optrace.rules.res_007_no_rate import no_rate
from optrace.rules.res_008_invalid_receiver import invalid_receiver
from optrace.rules.res_009_test_and_live import test_and_live
from optrace.rules.res_010_quote_expired import quote_expired
from optrace.rules.res_011_quote_used_twice import quote_used_twice
from optrace.rules.res_012_quote_of_another import quote_of_another
from optrace.rules.res_013_over_the_limits import over_the_limits
from optrace.rules.res_014_never_funded import never_funded
from optrace.rules.res_015_created_is_not_paid import created_is_not_paid
from optrace.rules.res_016_unauthorized_is_unknown import unauthorized_is_unknown
from optrace.rules.res_017_not_yours import not_yours
from optrace.rules.res_018_expires_at import expires_at
from optrace.rules.res_019_completed_already import completed_already
from optrace.rules.res_020_pagination import pagination
from optrace.rules.res_021_wallet_inactive import wallet_inactive
from optrace.rules.res_022_answer_outside_schema import answer_outside_schema
from optrace.rules.res_023_body_not_json import body_not_json
from optrace.rules.rule import Rule
from optrace.rules.signature_rules import NOT_FROM_THE_WIRE as _SIGNATURES_NOT_FROM_THE_WIRE
from optrace.rules.signature_rules import SIGNATURE_RULES
from optrace.rules.tok_001_scheme import scheme
from optrace.rules.tok_002_expired import expired
from optrace.rules.tok_003_rotated_or_revoked import rotated_or_revoked
from optrace.rules.tok_004_rotation_refused import rotation_refused
from optrace.rules.tok_005_other_kind import other_kind
from optrace.rules.tok_006_other_issuer import other_issuer
from optrace.rules.tok_007_wrong_grant import wrong_grant
from optrace.rules.tok_008_inactive_and_no_reason import inactive_and_no_reason
from optrace.rules.tok_009_introspection_broke import introspection_broke
from optrace.rules.tok_010_needless import needless
from optrace.rules.tok_011_url_rebuilt import url_rebuilt
from optrace.rules.tok_012_leaked import leaked
from optrace.rules.tok_013_no_authorization import no_authorization
from optrace.rules.tok_014_never_issued import never_issued
from optrace.rules.tok_015_second_revocation import second_revocation
from optrace.rules.tok_016_old_value_rotates import old_value_rotates
from optrace.rules.wal_001_payment_pointer import payment_pointer
from optrace.rules.wal_002_glued_well_known import glued_well_known
from optrace.rules.wal_003_web_page_host import web_page_host
from optrace.rules.wal_004_accept import accept
from optrace.rules.wal_005_spelling import spelling
from optrace.rules.wal_006_vanity import vanity
from optrace.rules.wal_007_built_from_address import built_from_address
from optrace.rules.wal_008_stale_document import stale_document
from optrace.rules.wal_009_no_keys import no_keys
from optrace.rules.wal_010_local_hosts import local_hosts
from optrace.rules.wal_011_does_not_exist import does_not_exist

PROTOCOL_RULES: tuple[Rule, ...] = (
    before_consent,
    polled_with_finish,
    too_fast,
    no_reference,
    continued_twice,
    reference_of_another,
    pending_taken_for_final,
    placeholder,
    out_of_order,
    stops_after_the_grant,
    at_the_receivers_server,
    other_party,
    token_of_another_payer,
    grant_for_every_call,
    never_given_back,
    nothing_left_to_cancel,
    second_incoming_payment,
    sent_again,
    interact_missing,
    identifier_missing,
    client_has_no_name,
    client_wrong,
    jwk_client_interactive,
    wrong_authorization_server,
    tenant_dropped,
    both_amounts,
    interval,
    limits_asset,
    limits_receiver,
    actions_too_narrow,
    nothing_asked,
    schema,
    opaque_500,
    unneeded_interaction,
    other_wallet,
    user_said_no,
    scheme,
    expired,
    rotated_or_revoked,
    rotation_refused,
    other_kind,
    other_issuer,
    wrong_grant,
    inactive_and_no_reason,
    introspection_broke,
    needless,
    url_rebuilt,
    leaked,
    no_authorization,
    never_issued,
    second_revocation,
    old_value_rotates,
    amount_not_digits,
    scale_mistaken,
    wrong_asset,
    quote_amounts,
    more_than_it_takes,
    too_small,
    no_rate,
    invalid_receiver,
    test_and_live,
    quote_expired,
    quote_used_twice,
    quote_of_another,
    over_the_limits,
    never_funded,
    created_is_not_paid,
    unauthorized_is_unknown,
    not_yours,
    expires_at,
    completed_already,
    pagination,
    wallet_inactive,
    answer_outside_schema,
    body_not_json,
    signed_for_the_proxy,
    redirect_followed,
    http_first,
    not_the_wallet,
    tls,
    cors,
    challenge_hidden,
    key_in_the_browser,
    content_type,
    client_gave_up,
    out_of_sight,
    plain_500,
    server_to_server,
    no_answer,
    servers_clock,
    payment_pointer,
    glued_well_known,
    web_page_host,
    accept,
    spelling,
    vanity,
    built_from_address,
    stale_document,
    no_keys,
    local_hosts,
    does_not_exist,
    on_purpose,
)

RULES: Registry[Rule] = Registry("rule", PROTOCOL_RULES + SIGNATURE_RULES, name=lambda rule: rule.code)

# codes of the catalogue that no rule can decide from what goes over the wire, and why
NOT_FROM_THE_WIRE: Mapping[str, str] = {**_SIGNATURES_NOT_FROM_THE_WIRE}
