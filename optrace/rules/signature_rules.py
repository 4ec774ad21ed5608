"""The rules about signatures, digests and interaction hashes, by code."""

from __future__ import annotations

from collections.abc import Mapping

from optrace.rules.dig_001_spaces import spaces
from optrace.rules.dig_002_non_ascii_escaped import non_ascii_escaped
from optrace.rules.dig_003_html_escaped import html_escaped
from optrace.rules.dig_004_slashes_escaped import slashes_escaped
from optrace.rules.dig_005_numbers_rewritten import numbers_rewritten
from optrace.rules.dig_006_members_moved import members_moved
from optrace.rules.dig_007_newline_or_bom import newline_or_bom
from optrace.rules.dig_008_of_another_text import of_another_text
from optrace.rules.dig_009_body_not_covered import body_not_covered
from optrace.rules.dig_010_malformed import malformed
from optrace.rules.dig_011_label_and_size import label_and_size
from optrace.rules.dig_012_content_coding import content_coding
from optrace.rules.dig_013_content_length import content_length
from optrace.rules.dig_014_empty_body import empty_body
from optrace.rules.dig_015_several_algorithms import several_algorithms
from optrace.rules.int_001_other_endpoint import other_endpoint
from optrace.rules.int_002_other_alphabet import other_alphabet
from optrace.rules.int_003_plus_to_space import plus_to_space
from optrace.rules.int_004_wrong_nonce import wrong_nonce
from optrace.rules.int_005_other_recipe import other_recipe
from optrace.rules.int_006_hash_not_checked import hash_not_checked
from optrace.rules.int_007_guessable_nonce import guessable_nonce
from optrace.rules.int_008_finish_unreachable import finish_unreachable
from optrace.rules.int_009_finish_query import finish_query_overwritten
from optrace.rules.int_010_invalid_session import invalid_session
from optrace.rules.int_011_interaction_expired import interaction_expired
from optrace.rules.int_012_opened_twice import opened_twice
from optrace.rules.int_013_another_grant import another_grant
from optrace.rules.int_014_no_finish import no_finish
from optrace.rules.int_015_hash_altered import hash_altered
from optrace.rules.int_016_undecided import undecided
from optrace.rules.int_017_hash_of_nothing import hash_of_nothing
from optrace.rules.rule import Rule
from optrace.rules.sig_001_signed_other_scheme import signed_other_scheme
from optrace.rules.sig_002_bare_origin import bare_origin
from optrace.rules.sig_003_trailing_slash import trailing_slash
from optrace.rules.sig_004_query_encoding import query_encoding
from optrace.rules.sig_005_other_host import other_host
from optrace.rules.sig_006_label import label
from optrace.rules.sig_007_parameters_not_signed import parameters_not_signed
from optrace.rules.sig_008_bare_value import bare_value
from optrace.rules.sig_009_unquoted_names import unquoted_names
from optrace.rules.sig_010_keyid_unreadable import keyid_unreadable
from optrace.rules.sig_011_keyid_unknown import keyid_unknown
from optrace.rules.sig_012_key_and_keyid import key_and_keyid
from optrace.rules.sig_013_jwks_unreadable import jwks_unreadable
from optrace.rules.sig_014_jwk_malformed import jwk_malformed
from optrace.rules.sig_015_jwk_alphabet import jwk_alphabet
from optrace.rules.sig_016_authorization_not_covered import authorization_not_covered
from optrace.rules.sig_017_other_authorization import other_authorization
from optrace.rules.sig_018_target_not_covered import target_not_covered
from optrace.rules.sig_019_unsupported_component import unsupported_component
from optrace.rules.sig_020_two_signatures import two_signatures
from optrace.rules.sig_021_upper_case_names import upper_case_names
from optrace.rules.sig_022_method_letters import method_letters
from optrace.rules.sig_023_lines_joined import lines_joined
from optrace.rules.sig_024_base_hashed import base_hashed
from optrace.rules.sig_025_of_another_request import of_another_request
from optrace.rules.sig_026_valid_here import valid_here
from optrace.rules.sig_027_not_signed import not_signed
from optrace.rules.sig_028_clock import clock
from optrace.rules.sig_029_milliseconds import milliseconds
from optrace.rules.sig_030_field_altered import field_altered
from optrace.rules.sig_031_algorithm_named import algorithm_named
from optrace.rules.sig_033_key_of_another_wallet import key_of_another_wallet
from optrace.rules.sig_034_nothing_verifies import nothing_verifies
from optrace.rules.sig_035_created_missing import created_missing
from optrace.rules.sig_036_covered_field_missing import covered_field_missing
from optrace.rules.sig_037_directed_identity import directed_identity

SIGNATURE_RULES: tuple[Rule, ...] = (
    signed_other_scheme,
    bare_origin,
    trailing_slash,
    query_encoding,
    other_host,
    label,
    parameters_not_signed,
    bare_value,
    unquoted_names,
    keyid_unreadable,
    keyid_unknown,
    key_and_keyid,
    jwks_unreadable,
    jwk_malformed,
    jwk_alphabet,
    authorization_not_covered,
    other_authorization,
    target_not_covered,
    unsupported_component,
    two_signatures,
    upper_case_names,
    method_letters,
    lines_joined,
    base_hashed,
    of_another_request,
    valid_here,
    not_signed,
    clock,
    milliseconds,
    field_altered,
    algorithm_named,
    key_of_another_wallet,
    nothing_verifies,
    created_missing,
    covered_field_missing,
    directed_identity,
    spaces,
    non_ascii_escaped,
    html_escaped,
    slashes_escaped,
    numbers_rewritten,
    members_moved,
    newline_or_bom,
    of_another_text,
    body_not_covered,
    malformed,
    label_and_size,
    content_coding,
    content_length,
    empty_body,
    several_algorithms,
    other_endpoint,
    other_alphabet,
    plus_to_space,
    wrong_nonce,
    other_recipe,
    hash_not_checked,
    guessable_nonce,
    finish_unreachable,
    finish_query_overwritten,
    invalid_session,
    interaction_expired,
    opened_twice,
    another_grant,
    no_finish,
    hash_altered,
    undecided,
    hash_of_nothing,
)

# codes of the catalogue that no rule can decide from what goes over the wire, and why
NOT_FROM_THE_WIRE: Mapping[str, str] = {
    "SIG-032": "A private key that is loaded in the wrong wrapping fails in the client, or signs as an unknown key: the"
    " wire then shows SIG-034, and `optrace key FILE` says what is in the file.",
}
