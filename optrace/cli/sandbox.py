"""The sandbox's settings and addresses, as the command line has them."""

from __future__ import annotations

import asyncio
import json
import signal
from argparse import Namespace
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from optrace.cli.output import Output
from optrace.faults.order import Order
from optrace.sandbox.config import AseConfig, Role, SandboxConfig
from optrace.sandbox.serve import Endpoints, Sandbox


def config(
    *,
    first_port: int,
    auto_consent: timedelta | None,
    wait: timedelta,
    certificate: Path | None,
    private_key: Path | None,
    key_dir: Path,
    faults: tuple[Order, ...] = (),
) -> SandboxConfig:
    """Settings with ports in a row from `first_port`, or any free ones if that is 0."""
    base = SandboxConfig()
    roles = list(Role)
    sender, recipient, client = base.sender, base.recipient, base.client
    if first_port:
        sender = _with_ports(sender, first_port, roles)
        recipient = _with_ports(recipient, first_port + len(roles), roles)
        client = replace(client, port=first_port + 2 * len(roles))
    return replace(
        base,
        sender=sender,
        recipient=recipient,
        client=client,
        timing=replace(base.timing, wait=wait),
        auto_consent=auto_consent,
        certificate=certificate,
        private_key=private_key,
        key_dir=key_dir,
        faults=faults,
    )


def _with_ports(ase: AseConfig, first: int, roles: list[Role]) -> AseConfig:
    return replace(ase, ports={role: first + place for place, role in enumerate(roles)})


def addresses(endpoints: Endpoints) -> dict[str, str]:
    """What a client needs to pay: wallet addresses, key file and key id."""
    return {
        **{side.value: ase.wallet_address for side, ase in endpoints.ases.items()},
        "client": endpoints.client.wallet_address,
        "key": str(endpoints.client.key_file),
        "key_id": endpoints.client.key_id,
        **{f"{side.value}_auth": ase.grant_endpoint for side, ase in endpoints.ases.items()},
    }


async def serve(sandbox: Sandbox, stop: asyncio.Event, args: Namespace, output: Output) -> None:
    """Run a sandbox or a mock until `stop` is set: its addresses on standard output, how to use them beside it."""
    async with sandbox.running() as endpoints:
        found = addresses(endpoints)
        if args.json:
            print(json.dumps(found), flush=True)
        else:
            for name, value in found.items():
                output.say(f"{name:<14} {value}")
            output.out.flush()  # whoever reads them from a pipe is waiting
            output.tell(_usage(found))
        await stop.wait()
    if sandbox.config.faults:
        output.tell(f"Faults that came to act: {sandbox.faults.told()}")


def _usage(found: dict[str, str]) -> str:
    if not {"sender", "recipient"} <= found.keys():
        return "\nCtrl-C ends it."
    return (
        "\nPay with the sample client:\n"
        f"  python samples/pay.py --sender {found['sender']} --recipient {found['recipient']} "
        f"--client {found['client']} --key {found['key']} --key-id {found['key_id']} --amount 1000\n"
        "Ctrl-C ends it."
    )


def stopped_by_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
