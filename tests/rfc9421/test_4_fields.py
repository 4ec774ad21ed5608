"""RFC 9421 4.1 and 4.2 on the structured fields of RFC 9651: what is read, and what is refused."""

from __future__ import annotations

import base64

import pytest

from optrace.core.fields import Fields
from optrace.signatures.reading import Reading, read_signatures
from optrace.signatures.structured import StructuredError, parse_dictionary, reserialise, split_members


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sig1=();created=1", "sig1=();created=1"),
        (
            'sig1=( "@method"   "foo";bar;baz="x" );created=1; keyid="a\\"b"',
            'sig1=("@method" "foo";bar;baz="x");created=1;keyid="a\\"b"',
        ),
        ("a=1,b", "a=1, b"),
        ("a=1 ,\t b;x=?0", "a=1, b;x=?0"),
        ("a=1, a=2, b=3", "a=2, b=3"),
        ("*a.b-c_d=?1", "*a.b-c_d"),
        ("a=:aGVsbG8=:", "a=:aGVsbG8=:"),
        ("a=:aGVsbG8:", "a=:aGVsbG8=:"),  # RFC 8941 4.2.7: padding should not be demanded
        ('sig1=("a";key="k";req)', 'sig1=("a";key="k";req)'),
        ('sig1=("a");created="1"', 'sig1=("a");created="1"'),
        ('sig1="x"', 'sig1="x"'),
    ],
)
def test_dictionaries(text: str, expected: str) -> None:
    assert reserialise("signature-input", text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a=:_-8=:",
        'sig1=(@method "x")',
        'sig1=("a""b")',
        'sig1=("a"\t"b")',
        'Sig1=("a")',
        "a=1,",
        "a=1;;b",
        "a=1234567890123456",
        'sig1=("a"',
        'a="\x7f"',
        "a=\xe9",
        "=1",
    ],
)
def test_what_is_no_dictionary(text: str) -> None:
    with pytest.raises(StructuredError):
        parse_dictionary(text)


def test_a_label_that_is_there_twice() -> None:
    assert parse_dictionary("a=1, a=2") == {"a": (2, {})}
    with pytest.raises(StructuredError, match="twice"):
        parse_dictionary("a=1, a=2", unique=True)


def test_members_are_split_at_the_commas_outside_strings() -> None:
    assert split_members('a=("x, y=1" "\\"," );k="z,", b , c=:AA==:') == [
        ("a", '("x, y=1" "\\"," );k="z,"'),
        ("b", ""),
        ("c", ":AA==:"),
    ]


def read(inputs: str, signature: str) -> tuple[Reading, ...]:
    return read_signatures(Fields.of(("Signature-Input", inputs), ("Signature", signature)))


@pytest.mark.parametrize(
    ("inputs", "signature", "problem"),
    [
        ('sig1="x"', "sig1=:AA==:", "malformed"),
        ("sig1=1", "sig1=:AA==:", "not an inner list"),
        ("sig1=(a b)", "sig1=:AA==:", "the component names are not quoted"),
        ("sig1=(@method @path)", "sig1=:AA==:", "the component names are not quoted"),
        ('sig1=("Date")', "sig1=:AA==:", "not in lower case"),
        ('sig1=("date")', 'sig1="AA=="', "not a byte sequence"),
        ('sig1=("date")', "sig1=AAAA", "not between colons"),
        ('sig1=("date")', "sig1=AAAA==", "not between colons"),
        ('sig1=("date")', "AAAA==", "no label"),
        ('sig1=("date")', "sig1=:_-8=:", "base64url"),
        ('sig1=("date")', "sig1=:*:", "not base64"),
        ('sig1=("date")', "sig2=:AA==:", "missing from Signature"),
        ("", "sig2=:AA==:", "Signature-Input is missing"),
    ],
)
def test_problems_name_the_shape(inputs: str, signature: str, problem: str) -> None:
    problems = "; ".join(text for reading in read(inputs, signature) for text in reading.problems)
    assert problem in problems


RAW = bytes(range(64))
TEXT = base64.b64encode(RAW).decode()


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (f":{RAW.hex()}:", "hexadecimal digits, not base64"),
        (f":{base64.b64encode(RAW.hex().upper().encode()).decode()}:", "hexadecimal digits in base64"),
        (f":{base64.b64encode(TEXT.encode()).decode()}:", "base64 of base64"),
        (f'"{TEXT}"', "not between colons"),
        (f":{TEXT[:76]} {TEXT[76:]}:", "blanks in"),
        (f":{TEXT}", "not between colons"),
    ],
)
def test_a_signature_in_another_spelling_is_read_all_the_same(written: str, problem: str) -> None:
    (reading,) = read('sig1=("date")', f"sig1={written}")
    assert reading.signature == RAW
    assert problem in "; ".join(reading.problems)


def test_tolerant_reading_keeps_what_the_signer_meant() -> None:
    (reading,) = read('sig1=(@method Content-Type;sf date);created=17;keyid="k";alg=ed25519', "AAAA")
    assert [component.identifier for component in reading.components] == ['"@method"', '"content-type";sf', '"date"']
    assert reading.params is not None
    assert (reading.params.created, reading.params.keyid, reading.params.alg) == (17, "k", "ed25519")
    assert reading.signature == b"\0\0\0"
    assert reading.text == '("@method" "content-type";sf "date");created=17;keyid="k";alg="ed25519"'
    assert reading.input_text == '(@method Content-Type;sf date);created=17;keyid="k";alg=ed25519'


def test_signatures_come_in_the_order_of_signature_input() -> None:
    readings = read('b=("date");created=2, a=();created=1', "a=:AA==:, c=:AQ==:, b=:Ag==:")
    assert [(reading.label, reading.signature) for reading in readings] == [
        ("b", b"\x02"),
        ("a", b"\0"),
        ("c", b"\x01"),
    ]
    assert [bool(reading.problems) for reading in readings] == [False, False, True]


@pytest.mark.parametrize(
    "inputs", ["sig1=(\xe9)", 'sig1=("\xe9")', 'sig1=(a);keyid="\xe9"', "sig1=(a;x=\xe9)", "sig1=(\x7f)"]
)
def test_what_has_no_strict_form_is_read_and_not_built(inputs: str) -> None:
    (reading,) = read(inputs, "sig1=:AA==:")
    assert reading.text == ""
    assert reading.problems


def test_there_is_a_limit_to_the_signatures_of_one_message() -> None:
    many = ", ".join(f"s{n}=()" for n in range(1000))
    assert len(read(many, ", ".join(f"s{n}=:AA==:" for n in range(1000)))) == 16
    assert len(read("a=()", ", ".join(f"s{n}=:AA==:" for n in range(1000)))) == 16
