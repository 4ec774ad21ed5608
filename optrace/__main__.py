"""`python -m optrace`."""

from optrace.cli.main import run

run()
