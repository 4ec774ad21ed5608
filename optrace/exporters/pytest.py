"""Signed requests as regression tests that stand on optrace's own verification.

Each request gives two tests: that the recording is judged as it was, and that what the reader's code sends now is
right. The second begins with the recorded request and is expected to fail where that one does; once `sent_now` calls
the code that was mended, pytest says that the mark can go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from optrace.core.errors import Usage
from optrace.core.findings import PROFILES, Verdict
from optrace.core.text import safe
from optrace.exporters.code import Call, calls, needed, pieces, text_of
from optrace.exporters.httpx import python
from optrace.exporters.material import Exporter, Material
from optrace.signatures.keys import KeySet, KeyState

_HEAD = '''\
"""Requests recorded by optrace, as tests (pip install optrace-openpayments pytest). {source}"""

{imports}

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.signatures.keys import KeySet, read_jwks
from optrace.signatures.verify import verify_request
{more}

def verdicts(request: HttpRequest, keys: KeySet, now: datetime) -> dict[str, dict[str, str]]:
    found = verify_request(request, keys, now=now)
    kinds = {{"signature": found.judgements, "digest": found.digest}}
    return {{kind: {{profile: str(j.verdict) for profile, j in by.items()}} for kind, by in kinds.items()}}


def why(request: HttpRequest, keys: KeySet, now: datetime) -> list[str]:
    """The reasons of all that is no pass in the eyes of {profile}."""
    found = verify_request(request, keys, now=now)
    both = (found.judgements[{profile!r}], found.digest[{profile!r}])
    return [j.reason or j.verdict.value for j in both if j.verdict not in ("pass", "none")]
'''
_SECRET = '''

def secret(name: str) -> str:
    """What is masked here; give it in the environment."""
    if name not in os.environ:
        pytest.skip(f"{name} is masked in this file: set it in the environment")
    return os.environ[name]
'''


def write(material: Material) -> Iterator[str]:
    """One test module.

    Raises:
        Usage: no request among them carries a signature or a digest.
    """
    found = [call for call in calls(material) if _judged(call)]
    if not found:
        raise Usage("None of these requests is signed", remedy="Choose others: sig:fail finds those that fail.")
    masked = bool(needed(found))
    source = safe(f"From {material.source}.").replace("\\", "/").replace('"', "'")
    imports = "import os\n" if masked else ""
    yield _HEAD.format(
        source=source,
        imports=f"{imports}from datetime import datetime\n\nimport pytest",
        more=_SECRET if masked else "",
        profile=material.profile,
    )
    for call in found:
        yield "\n\n" + "\n".join(_lines(call, material)) + "\n"


def _judged(call: Call) -> bool:
    by = call.step.verdicts
    return any(kind[profile] is not Verdict.NONE for kind in (by.signature, by.digest) for profile in PROFILES)


def _lines(call: Call, material: Material) -> Iterator[str]:
    n, request = call.step.n, call.request
    yield f"# {call.title}"
    yield from (f"# {line}" for line in call.findings)
    yield f"NOW_{n} = datetime.fromisoformat({call.exchange.started.isoformat()!r})"
    yield from _keys(call, material)
    yield ""
    yield ""
    yield f"def recorded_{n}() -> HttpRequest:"
    yield "    return HttpRequest("
    yield f"        method={python(request.method)},"
    yield f"        url={python(request.url)},"
    yield "        fields=Fields("
    yield "            ["
    for name, value in request.fields.raw:
        yield f"                ({name!r}, {_bytes(value)}),"
    yield "            ]"
    yield "        ),"
    if request.body is None:
        yield "        body=None,"
    elif request.body:
        yield f"        body={_bytes(request.body)},"
    yield "    )"
    yield ""
    yield ""
    yield f"def sent_now_{n}() -> HttpRequest:"
    yield '    """Replace this by what your code sends."""'
    yield f"    return recorded_{n}()"
    yield ""
    yield ""
    yield f"def test_{n}_the_recording_is_judged_as_it_was() -> None:"
    yield f"    assert verdicts(recorded_{n}(), KEYS_{n}, NOW_{n}) == {_verdicts(call)!r}"
    yield ""
    yield ""
    if cause := _cause(call, material.profile):
        yield f"@pytest.mark.xfail(strict=True, reason={cause!r})"
    yield f"def test_{n}_what_is_sent_now_is_right() -> None:"
    yield f"    assert why(sent_now_{n}(), KEYS_{n}, NOW_{n}) == []"


def _keys(call: Call, material: Material) -> Iterator[str]:
    keys = material.fold.keys_of(material.fold.row(call.step.n))
    owner = material.clean(keys.owner)
    if keys.state is not KeyState.KNOWN:
        yield f"KEYS_{call.step.n} = KeySet.unseen({owner!r}, {material.clean(keys.reason or '')!r})"
        return
    document = json.dumps({"keys": [_public(jwk) for jwk in _jwks(keys)]})
    yield f"KEYS_{call.step.n} = read_jwks({owner!r}, {document.encode()!r})"


def _jwks(keys: KeySet) -> Iterator[object]:
    yield from (key.jwk for key in keys.keys)
    yield from (key.jwk for key in keys.bad)


def _public(jwk: object) -> object:
    """A key without its private parts, should somebody have published them."""
    private = ("d", "p", "q", "dp", "dq", "qi", "k", "oth")
    return {name: value for name, value in jwk.items() if name not in private} if isinstance(jwk, dict) else jwk


def _verdicts(call: Call) -> dict[str, dict[str, str]]:
    by = call.step.verdicts
    kinds = (("signature", by.signature), ("digest", by.digest))
    return {kind: {profile: verdicts[profile].value for profile in PROFILES} for kind, verdicts in kinds}


def _cause(call: Call, profile: str) -> str | None:
    by = call.step.verdicts
    if all(kind[profile] in (Verdict.PASS, Verdict.NONE) for kind in (by.signature, by.digest)):
        return None
    finding = next(iter(call.step.findings), None)
    reasons = (call.step.reasons.get(f"{kind}.{profile}") for kind in ("signature", "digest"))
    return safe(f"{finding.rule}: {finding.title}" if finding else next(filter(None, reasons), "it doesn't verify"))


def _bytes(raw: bytes) -> str:
    text = text_of(raw)
    if text is None or all(name is None for _, name in pieces(text)):
        return repr(raw)
    return f"({python(text)}).encode()"


EXPORTER = Exporter(name="pytest", title="signed requests as regression tests", suffix=".py", write=write, closer=True)
