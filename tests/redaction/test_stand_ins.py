from __future__ import annotations

import json
import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.fields import NO_FIELDS, Fields
from optrace.redaction.hosts import Hosts
from optrace.redaction.in_place import in_json, in_percent
from optrace.redaction.json_text import Place, change_strings
from optrace.redaction.known import Names
from optrace.redaction.stand_ins import StandIns
from optrace.redaction.texts import Texts
from optrace.signatures.jwk import Key, read_jwk
from optrace.signatures.throwaway import throwaway
from tests.redaction.redacting import KEY

OF = StandIns(KEY).of
ASCII_WORDS = st.from_regex(r"[A-Za-z0-9]{1,30}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


def shape(text: str) -> str:
    return re.sub("[0-9]", "0", re.sub("[a-z]", "a", re.sub("[A-Z]", "A", text)))


@given(TEXTS)
def test_a_stand_in_is_as_long_and_of_the_same_letters(text: str) -> None:
    made = OF(text)
    assert len(made) == len(text)
    assert len(made.encode()) == len(text.encode())
    assert shape(made) == shape(text) or not text.isascii()


@given(ASCII_WORDS)
def test_no_letter_stays_where_it_was(word: str) -> None:
    if word.lower() not in ("gnap", "basic", "bearer", "dpop", "null", "none", "nan", "nil", "true", "false", "object"):
        assert all(old != new for old, new in zip(word, OF(word), strict=True))


@given(ASCII_WORDS, ASCII_WORDS)
def test_two_texts_never_have_one_stand_in(one: str, two: str) -> None:
    assert (OF(one) == OF(two)) is (one == two)


def test_texts_that_are_related_stay_so() -> None:
    token = "OS9M2PMHKUR64TB8N6"
    assert OF(f'"{token}"') == f'"{OF(token)}"'
    assert OF(f"GNAP {token}") == f"GNAP {OF(token)}"
    assert OF(token.lower()) == OF(token).lower()
    assert OF(token).startswith(OF(token[:7]))
    assert OF("4e9c0a12-77ab-4cde-8f00-0123456789ab").replace("-", "").strip("0123456789abcdef") == ""


@pytest.mark.parametrize("text", ["undefined", "null", "[object Object]", "", "GNAP undefined"])
def test_what_programs_write_when_they_have_nothing_stays(text: str) -> None:
    assert OF(text) == text


def test_what_is_computed_has_the_stand_in_that_it_is_given() -> None:
    stand_ins = StandIns(KEY)
    stand_ins.fix("abc", "x+/=")
    assert stand_ins.of("abc") == "x+/="
    assert in_percent("abc", stand_ins.of) == "x%2B%2F%3D"
    assert in_percent("a%62c", stand_ins.of) == "x%2B%2F%3D"
    assert in_json("abc", stand_ins.of) == "x+/="


@given(TEXTS, st.sampled_from(["", "/", "=+&/"]))
def test_percent_encoding_is_kept(text: str, safe: str) -> None:
    raw = quote(text, safe=safe)
    changed = in_percent(raw, OF)
    assert unquote(changed) == OF(text)
    assert in_percent(raw, lambda said: said) == raw


@given(TEXTS, st.booleans())
def test_json_escapes_are_kept(text: str, ascii_only: bool) -> None:
    raw = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
    changed = in_json(raw, OF)
    assert json.loads(f'"{changed}"') == OF(text)
    assert in_json(raw, lambda said: said) == raw
    assert len(changed) == len(raw) or not text.isascii()


def test_escapes_of_letters_stay_escapes() -> None:
    assert re.fullmatch(r"\\u00[46][0-9a-f]x\\/\\u00E.", in_json("\\u0041x\\/\\u00E9", lambda said: "Bx/é"))
    assert in_json("\\ud83d\\ude00a", lambda said: "\U0001f600b") == "\\ud83d\\ude00b"


def test_strings_of_json_are_changed_where_they_are() -> None:
    places: list[tuple[str, Place]] = []

    def to(said: str, place: Place) -> str:
        places.append((said, place))
        return said.upper()

    text = '{ "a" : "x", "b":[ "y", {"c": "z\\n"} ],"b":{"value":"w"}, "n": 1.50e1 '
    assert change_strings(text, to) == '{ "a" : "X", "b":[ "Y", {"c": "Z\\n"} ],"b":{"value":"W"}, "n": 1.50e1 '
    assert [(said, place.key, place.holder) for said, place in places] == [
        ("x", "a", ""), ("y", "b", ""), ("z\n", "c", "b"), ("w", "value", "b"),
    ]  # fmt: skip


@given(st.recursive(st.none() | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8))
def test_any_json_is_read(value: object) -> None:
    text = json.dumps(value)
    assert change_strings(text, lambda said, place: said) == text
    changed = change_strings(text, lambda said, place: "v")
    assert re.sub(r'(?<!\\)"v"', "", changed) is not None
    json.loads(changed)


def test_hosts() -> None:
    hosts = Hosts(StandIns(KEY))
    hosts.learn("see https://Auth.Cloud.example:8443/x and https%3A%2F%2Fbob.example%2Fy, http:\\/\\/backend\\/z")
    for kept in ("localhost:80", "127.0.0.1:4000", "10.0.0.8", "wallet.interledger-test.dev"):
        hosts.add(kept)
        assert hosts.change(f"http://{kept}/") == f"http://{kept}/"
    changed = hosts.change("https://auth.cloud.example:8443/x AUTH.cloud.EXAMPLE a%2Fbob.example //backend backend 1.1")
    assert "cloud" not in changed.lower()
    assert "bob" not in changed
    assert changed.endswith(" backend 1.1")
    assert "//backend" not in changed
    hosts.add("8.8.8.8:443")
    address = hosts.name("8.8.8.8:443")
    assert address != "8.8.8.8:443"
    assert address.endswith(":443")


def test_a_slip_of_a_name_stays_a_slip() -> None:
    names = Names(StandIns(KEY))
    names.learn("https://wallet.example/accounts/alice")
    names.learn("https://wallet.example/accounts/allice")
    names.learn("https://wallet.example/client")
    alice, slip, client = names.change("/alice /allice /client").split()
    assert client == "/client"
    assert (slip[:3], slip[4:]) == (alice[:3], alice[3:])
    assert names.change("ALICE Alice") == f"{alice[1:].upper()} {alice[1:].capitalize()}"


OKP = {"kid": "k", "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
EC = {"kid": "k", "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}  # fmt: skip
JWKS = {
    "plain": OKP,
    "padded": OKP | {"x": OKP["x"] + "="},
    "plain base64": OKP | {"x": OKP["x"].replace("_", "/")},
    "hexadecimal": OKP | {"x": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},
    "whole SPKI": OKP | {"x": "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="},
    "without alg": {name: value for name, value in OKP.items() if name != "alg"},
    "elliptic curve": EC,
    "shared": {"kid": "k", "kty": "oct", "alg": "HS256", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMko"},
}


@pytest.mark.parametrize("jwk", JWKS.values(), ids=JWKS)
def test_a_throwaway_key_is_like_the_key(jwk: dict[str, str]) -> None:
    made = throwaway(jwk, lambda purpose, count: StandIns(KEY).bytes_of(purpose.encode(), count))
    assert made is not None
    old, new = read_jwk(jwk), read_jwk({**jwk, **made.members})
    assert isinstance(old, Key)
    assert isinstance(new, Key)
    assert [problem.code for problem in new.problems] == [problem.code for problem in old.problems]
    assert all(len(jwk[name]) == len(text) and jwk[name] != text for name, text in made.members.items())
    signature = made.sign(new.algorithm, b"base")
    from optrace.diagnosis.model import verifier

    assert verifier(new, signature)(b"base")
    assert not verifier(old, signature)(b"base")


def test_what_is_no_key_has_no_throwaway() -> None:
    assert throwaway({"kty": "OKP", "crv": "Ed25519", "x": "short"}, lambda purpose, count: bytes(count)) is None


def test_a_text_that_is_looked_through_twice_gets_one_stand_in() -> None:
    """By what URLs hide, and by what any text hides: a nonce in a path, a token in a form."""
    texts = Texts(StandIns(bytes(32)), hosts=False)
    nonce = texts.stand_ins.of("24BF0C2CB4F0A1D1")
    redirect = '{"redirect":"https://as.example/interact/7/%s","finish":"%s"}'
    assert texts.body(redirect % (("24BF0C2CB4F0A1D1",) * 2), NO_FIELDS) == redirect % (nonce, nonce)
    form = Fields.of(("Content-Type", "application/x-www-form-urlencoded"))
    assert texts.body("token=24BF0C2CB4F0A1D1&x=1", form) == f"token={nonce}&x=1"
