#!/usr/bin/env python3
"""An Open Payments payment from beginning to end, as a small shop would make it.

    python samples/pay.py --sender http://127.0.0.1:4000/alice --recipient http://127.0.0.1:5000/bob \\
        --client http://127.0.0.1:6000/client --key client.pem --key-id demo-client-key --amount 1000

The sender is asked for consent in between. By default this program clicks "Accept" itself, as a browser would; with
--browser it opens the real one and waits. It prints what it does to stderr, and the outcome as JSON to stdout.
Proxies are taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY, certificates from SSL_CERT_FILE.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import html.parser
import json
import secrets
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from cryptography.hazmat.primitives.serialization import load_pem_private_key

PATIENCE = 300  # seconds that a person gets to answer


class Refused(Exception):
    """A server said no, or the sender did."""


class Client:
    """Signs what has to be signed: each POST, and whatever carries a token (RFC 9421, in the SDKs' shape)."""

    def __init__(self, http: httpx.Client, *, wallet_address: str, key: Path, key_id: str) -> None:
        self.http, self.wallet_address, self.key_id = http, wallet_address, key_id
        self.key: Any = load_pem_private_key(key.read_bytes(), password=None)

    def ask(self, method: str, url: str, *, token: str | None = None, body: Any = None) -> Any:
        """One request; its answer's JSON, or None. Raises `Refused`."""
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"GNAP {token}"
        content = b"" if body is None else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        if content:
            digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
            headers |= {
                "Content-Digest": f"sha-512=:{digest}:",
                "Content-Length": str(len(content)),
                "Content-Type": "application/json",
            }
        if token or method == "POST":
            headers |= self.signature(method, url, headers)
        response = self.http.request(method, url, headers=headers, content=content)
        note(f"{response.status_code} {method} {url}")
        if response.is_error:
            raise Refused(f"{method} {url}: {response.status_code} {response.text}")
        return response.json() if response.content else None

    def signature(self, method: str, url: str, headers: dict[str, str]) -> dict[str, str]:
        """The signature base is a line for each covered component, then the parameters."""
        components = {"@method": method, "@target-uri": url}
        for name in ("Authorization", "Content-Digest", "Content-Length", "Content-Type"):
            if name in headers:
                components[name.lower()] = headers[name]
        names = " ".join(f'"{name}"' for name in components)
        parameters = f'({names});keyid="{self.key_id}";created={int(time.time())}'
        lines = [f'"{name}": {value}' for name, value in components.items()]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        value = base64.b64encode(self.key.sign(base.encode())).decode()
        return {"Signature-Input": f"sig1={parameters}", "Signature": f"sig1=:{value}:"}

    def grant(self, server: str, access: dict[str, Any], interact: dict[str, Any] | None = None) -> Any:
        """Ask an authorization server for access (RFC 9635 §2)."""
        body: dict[str, Any] = {"access_token": {"access": [access]}, "client": self.wallet_address}
        return self.ask("POST", server, body=body | ({"interact": interact} if interact else {}))


def pay(client: Client, sender_url: str, recipient_url: str, amount: int, consent: Consent) -> dict[str, Any]:
    """The whole journey. `amount` is what the recipient gets, in the smallest unit of his asset."""
    sender, recipient = client.ask("GET", sender_url), client.ask("GET", recipient_url)

    # the recipient's side: an incoming payment to pay into
    grant = client.grant(
        recipient["authServer"], {"type": "incoming-payment", "actions": ["create", "read", "list", "complete"]}
    )
    receiving = grant["access_token"]["value"]
    incoming = client.ask(
        "POST",
        f"{recipient['resourceServer']}/incoming-payments",
        token=receiving,
        body={
            "walletAddress": recipient["id"],
            "incomingAmount": {
                "value": str(amount),
                "assetCode": recipient["assetCode"],
                "assetScale": recipient["assetScale"],
            },
            "metadata": {"description": "A demo payment"},
        },
    )

    # the sender's side: what does it cost?
    grant = client.grant(sender["authServer"], {"type": "quote", "actions": ["create", "read"]})
    quote = client.ask(
        "POST",
        f"{sender['resourceServer']}/quotes",
        token=grant["access_token"]["value"],
        body={"walletAddress": sender["id"], "receiver": incoming["id"], "method": "ilp"},
    )
    note(f"it costs {quote['debitAmount']['value']} {quote['debitAmount']['assetCode']}")

    # the sender has to agree
    nonce = secrets.token_hex(16)
    access = {
        "type": "outgoing-payment",
        "actions": ["create", "read", "list"],
        "identifier": sender["id"],
        "limits": {"debitAmount": quote["debitAmount"]},
    }
    finish = {"method": "redirect", "uri": consent.finish_uri, "nonce": nonce}
    pending = client.grant(sender["authServer"], access, {"start": ["redirect"], "finish": finish})
    asked = time.monotonic()
    outcome = consent.ask(pending["interact"]["redirect"])
    if "interact_ref" not in outcome:
        raise Refused(f"the sender did not agree: {outcome.get('result')}")
    check_hash(outcome, nonce, pending["interact"]["finish"], sender["authServer"])
    time.sleep(max(0.0, asked + pending["continue"].get("wait", 0) - time.monotonic()))
    granted = client.ask(
        "POST",
        pending["continue"]["uri"],
        token=pending["continue"]["access_token"]["value"],
        body={"interact_ref": outcome["interact_ref"]},
    )
    token = granted["access_token"]["value"]

    # pay, and see that it arrives
    body = {"walletAddress": sender["id"], "quoteId": quote["id"], "metadata": {"description": "A demo payment"}}
    outgoing = client.ask("POST", f"{sender['resourceServer']}/outgoing-payments", token=token, body=body)
    for _ in range(20):
        outgoing = client.ask("GET", outgoing["id"], token=token)
        if outgoing["failed"] or outgoing["sentAmount"]["value"] != "0":
            break
        time.sleep(1)
    received = client.ask("GET", incoming["id"], token=receiving)
    query = str(httpx.QueryParams({"wallet-address": sender["id"], "first": 10}))
    listed = client.ask("GET", f"{sender['resourceServer']}/outgoing-payments?{query}", token=token)
    return {
        "incomingPayment": received["id"],
        "outgoingPayment": outgoing["id"],
        "debitAmount": outgoing["debitAmount"],
        "sentAmount": outgoing["sentAmount"],
        "receivedAmount": received["receivedAmount"],
        "completed": received["completed"],
        "failed": outgoing["failed"],
        "payments": len(listed["result"]),
    }


def check_hash(outcome: dict[str, str], client_nonce: str, server_nonce: str, grant_endpoint: str) -> None:
    """RFC 9635 §4.2.3: who sends the reference must know both nonces. Raises `Refused`."""
    base = "\n".join((client_nonce, server_nonce, outcome["interact_ref"], grant_endpoint))
    expected = hashlib.sha256(base.encode()).digest()
    # servers differ in the alphabet and the padding of base64
    sent = outcome["hash"].replace("-", "+").replace("_", "/").rstrip("=")
    if not secrets.compare_digest(base64.b64encode(expected).decode().rstrip("="), sent):
        raise Refused("the hash of the finish is wrong: the interact_ref is not to be trusted")
    note("the hash is right")


class Consent:
    """Gets the sender's consent, and hears of it on a small server of its own."""

    def __init__(self, visit: Callable[[str], None]) -> None:
        self.visit = visit  # brings the sender to a URL
        self.outcome: dict[str, str] = {}
        self.heard = threading.Event()
        consent = self

        class Finish(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = parameters(self.path) if urlsplit(self.path).path == "/finish" else {}
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.end_headers()
                self.wfile.write(b"Thank you. You can close this window.\n" if found else b"")
                if found and not consent.heard.is_set():
                    consent.outcome = found
                    consent.heard.set()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Finish)
        self.finish_uri = f"http://127.0.0.1:{self.server.server_port}/finish"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def ask(self, url: str) -> dict[str, str]:
        """What the finish URI was called with."""
        self.visit(url)
        self.heard.wait(PATIENCE)
        self.server.shutdown()
        return self.outcome or {"result": "nobody answered"}


def open_browser(url: str) -> None:
    """A person answers."""
    note(f"please answer in the browser: {url}")
    webbrowser.open(url)


def click(url: str, decision: str) -> None:
    """No person: follow the redirects as a browser does, and press a button of the first form that comes."""
    with httpx.Client(headers={"Accept": "text/html,*/*;q=0.8"}, timeout=30) as browser:
        response = browser.get(url)
        while True:
            note(f"{response.status_code} {response.request.method} {response.request.url}")
            here = str(response.request.url)
            if response.is_redirect:
                response = browser.get(urljoin(here, response.headers["location"]))
            elif response.is_success and (action := Form.of(response.text)):
                response = browser.post(urljoin(here, action), data={"decision": decision})
            elif response.is_success:
                return
            else:
                raise Refused(f"the consent page failed: {response.status_code} {here}")


class Form(html.parser.HTMLParser):
    """Finds where a page's form goes."""

    action: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.action = dict(attrs).get("action")

    @classmethod
    def of(cls, page: str) -> str | None:
        """The form's action, or None if there is no form."""
        form = cls()
        form.feed(page)
        return form.action


def parameters(url: str) -> dict[str, str]:
    """The first value of each query parameter."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def note(text: str) -> None:
    print(text, file=sys.stderr)


def main() -> int:
    """Exit code 0: paid; 1: refused, by a server or by the sender."""
    parser = argparse.ArgumentParser(description="Make an Open Payments payment.")
    parser.add_argument("--sender", required=True, help="the sender's wallet address")
    parser.add_argument("--recipient", required=True, help="the recipient's wallet address")
    parser.add_argument("--client", required=True, help="the client's own wallet address, which publishes its key")
    parser.add_argument("--key", required=True, type=Path, help="the client's private key, a PEM file")
    parser.add_argument("--key-id", required=True, help="the key's kid")
    parser.add_argument("--amount", type=int, default=1000, help="what the recipient gets, in his smallest unit")
    parser.add_argument("--browser", action="store_true", help="let a person consent")
    parser.add_argument("--reject", action="store_true", help="decline instead of accepting")
    parser.add_argument("--pace", type=float, default=0, help="seconds to pause before each step, for those who watch")
    args = parser.parse_args()
    decision = "reject" if args.reject else "accept"
    consent = Consent(open_browser if args.browser else lambda url: click(url, decision))
    with httpx.Client(timeout=30, event_hooks={"request": [lambda _: time.sleep(args.pace)]}) as http:
        client = Client(http, wallet_address=args.client, key=args.key, key_id=args.key_id)
        try:
            outcome = pay(client, args.sender, args.recipient, args.amount, consent)
        except (Refused, httpx.HTTPError) as why:
            note(f"not paid: {why}")
            return 1
    print(json.dumps(outcome, indent=2))
    return 1 if outcome["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
