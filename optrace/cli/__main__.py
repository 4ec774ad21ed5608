"""`python -m optrace.cli`, which is how optrace starts its own proxy process."""

from optrace.cli.main import run

run()
