"""keys and sign: what is kept, who may read it, and that what is signed verifies."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from optrace.cli.pasted import read_pasted
from optrace.core.findings import Verdict
from optrace.signatures.keys import KeySet
from optrace.signatures.verify import verify_request
from tests.cli.conftest import Done, Run
from tests.corpus import START

REQUEST = (
    b"POST /tenant HTTP/1.1\r\nHost: auth.example\r\nContent-Type: application/json\r\n"
    b'Authorization: GNAP token\r\nContent-Length: 23\r\n\r\n{"client":"gr\xc3\xbc\xc3\x9fe", "a":1}'
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "optrace" / "keys"


Sign = Callable[..., Done]


@pytest.fixture
def sign(optrace: Run, monkeypatch: pytest.MonkeyPatch) -> Sign:
    def run(*words: str, request: bytes = REQUEST) -> Done:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(request)))
        return optrace("sign", *words)

    return run


def jwk(done: Done) -> dict[str, str]:
    (found,) = json.loads(done.out)["keys"]
    return found  # type: ignore[no-any-return]


def test_a_key_is_made_kept_and_shown(optrace: Run, home: Path) -> None:
    made = optrace("keys", "make", "shop", "--key-id", "shop-1")
    assert made.status == 0
    public = jwk(made)
    assert {name: public[name] for name in ("kid", "alg", "kty", "crv")} == {
        "kid": "shop-1", "alg": "EdDSA", "kty": "OKP", "crv": "Ed25519",
    }  # fmt: skip
    assert "d" not in public
    assert jwk(optrace("keys", "show", "shop")) == public
    assert optrace("keys").out.split() == ["shop", "ed25519", "shop-1"]
    assert json.loads(optrace("keys", "ls", "--json").out) == [{"name": "shop", "jwk": public}]
    assert (home / "shop.jwk").stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700


def test_no_command_prints_a_private_key(optrace: Run, home: Path) -> None:
    done = optrace("keys", "make", "shop")
    secret = json.loads((home / "shop.jwk").read_text())["d"]
    shown = [done, optrace("keys"), optrace("keys", "--json"), optrace("keys", "show", "shop")]
    assert not [each for each in shown if secret in each.out + each.err]


def test_a_key_is_added_from_a_file(optrace: Run, tmp_path: Path) -> None:
    from optrace.sandbox.keys import private_pem
    from optrace.signatures.keys import generate_ed25519

    key = generate_ed25519("x")
    path = tmp_path / "client.pem"
    path.write_bytes(private_pem(key))
    nameless = optrace("keys", "add", "old", path)
    assert (nameless.status, "--key-id" in nameless.err) == (2, True)
    assert jwk(optrace("keys", "add", "old", path, "--key-id", "k"))["x"] == key.public_jwk()["x"]


def test_names_that_can_be_no_file_or_are_taken_are_refused(optrace: Run, home: Path) -> None:
    for name in ("../evil", "/etc/passwd", ".hidden", "a b", "x" * 65, "a/b"):
        assert optrace("keys", "make", name).status == 2
    assert not home.exists()
    optrace("keys", "make", "shop")
    before = (home / "shop.jwk").read_bytes()
    assert optrace("keys", "make", "shop").status == 2
    assert (home / "shop.jwk").read_bytes() == before


def test_wrong_usage_names_the_cure(optrace: Run, sign: Sign) -> None:
    assert "optrace keys make NAME" in optrace("keys", "make").err
    assert "optrace keys add NAME FILE" in optrace("keys", "add", "x").err
    assert optrace("keys", "show", "nobody").status == 2
    assert "optrace keys make" in sign("--key", "nobody").err
    assert "optrace keys make NAME" in optrace("keys").err
    optrace("keys", "make", "shop")
    assert "shop" in sign("--key", "nobody").err
    assert sign("--key", "shop", request=b"hello").status == 2
    missing = sign("--key", "shop", "--cover", "@method x-missing")
    assert (missing.status, "--cover" in missing.err) == (2, True)


@pytest.mark.parametrize(
    "options", [(), ("--digest", "sha-256"), ("--cover", "@method @target-uri content-digest", "--tag", "gnap")]
)
def test_what_is_signed_verifies(options: tuple[str, ...], optrace: Run, sign: Sign) -> None:
    public = jwk(optrace("keys", "make", "shop"))
    done = sign("--key", "shop", "--created", str(int(START.timestamp())), *options)
    assert done.status == 0
    signed = read_pasted(done.out.encode()).request
    judged = verify_request(signed, KeySet.of("c", public), now=START)
    assert judged.judgements["rfc"].verdict is Verdict.PASS
    assert judged.digest["rfc"].verdict is Verdict.PASS
    assert signed.body == REQUEST.partition(b"\r\n\r\n")[2]
    assert signed.url == "https://auth.example/tenant"


def test_only_the_fields_or_the_base(optrace: Run, sign: Sign) -> None:
    optrace("keys", "make", "shop", "--key-id", "k")
    fields = sign("--key", "shop", "--fields").out.splitlines()
    assert [line.partition(":")[0] for line in fields] == [
        "Content-Length",
        "Content-Digest",
        "Signature-Input",
        "Signature",
    ]
    base = sign("--key", "shop", "--base", "--created", "1").out.splitlines()
    assert base[0] == '"@method": POST'
    assert base[1] == '"@target-uri": https://auth.example/tenant'
    assert base[-1].endswith(';keyid="k";created=1')
