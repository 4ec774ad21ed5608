"""A process that records until it is killed, and prints each number once it is in the file."""

import sys
from dataclasses import replace

from optrace.store.writer import SessionWriter
from tests.store.traffic import clock, payments

with SessionWriter.create(sys.argv[1], info={}, clock=clock) as writer:
    for exchange in payments(1_000_000):
        number = writer.request(replace(exchange, response=None, ended=None, response_started=None))
        print(f"request {number}", flush=True)
        writer.response(number, exchange)
        print(f"response {number}", flush=True)
