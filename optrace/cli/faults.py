"""`--fault`: how the commands take orders for faults, list what there is, and tell what was done."""

from __future__ import annotations

import textwrap
from argparse import ArgumentParser, Namespace

from optrace.core.errors import Usage
from optrace.faults import FAULTS
from optrace.faults.fault import Fault
from optrace.faults.order import Order, read_orders

_WIDTH = 96


def add_fault_arguments(parser: ArgumentParser, *, live: bool = False) -> None:
    """`--fault` and the list of what there is; with `live` also the hosts whose traffic may be changed."""
    group = parser.add_argument_group("faults")
    group.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=NUMBER][@OPERATION][xTIMES]",
        help="let something go wrong on purpose, such as wrong-hash, slow=8@quote_create or http-500x2; repeatable"
        " (`optrace sandbox --faults` lists them)",
    )
    if live:
        group.add_argument(
            "--fault-hosts",
            action="append",
            default=[],
            metavar="HOST[:PORT]",
            help="the only hosts whose traffic --fault may change; repeatable, and needed with it",
        )


def fault_orders(args: Namespace) -> tuple[Order, ...]:
    """What was asked for. Raises Usage; also for a proxy's faults without a host."""
    live = hasattr(args, "fault_hosts")
    orders = read_orders(args.fault, in_proxy=live)
    if live and orders and not args.fault_hosts:
        raise Usage(
            "--fault changes live traffic, and no host is named that it may touch",
            remedy="Name each with --fault-hosts HOST, such as the test wallet's: nothing else is changed",
        )
    if live and args.fault_hosts and not orders:
        raise Usage("--fault-hosts does nothing without --fault", remedy="`optrace sandbox --faults` lists them")
    return orders


def faults_on(args: Namespace) -> str:
    """For status lines: `FAULTS ON as.example: wrong-hash`; empty if there are none."""
    return f"FAULTS ON {', '.join(args.fault_hosts)}: {', '.join(args.fault)}" if args.fault else ""


def catalogue() -> str:
    """All faults: where each acts, how often, and what it is diagnosed as."""
    lines = ["A fault is given as NAME[=NUMBER][@OPERATION][xTIMES]; xTIMES may also be :once or :always.", ""]
    for fault in FAULTS:
        lines += [f"{fault.name}{_number(fault)}", *_indented(fault.sentence), *_indented(_facts(fault)), ""]
    return "\n".join(lines)


def _number(fault: Fault) -> str:
    argument = fault.argument
    return f"={argument.name}   ({argument.default:g}: {argument.meaning})" if argument else ""


def _facts(fault: Fault) -> str:
    where = ", ".join(fault.operations) or "everywhere"
    times = "always" if fault.times is None else "once" if fault.times == 1 else f"{fault.times} times"
    facts = [f"at {where}, {times}", f"diagnosed as {', '.join(fault.diagnosed)}"]
    if fault.tampers:
        facts.append("a tamper test")
    if not fault.in_proxy:
        facts.append("not in the proxy")
    return "; ".join(facts)


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
