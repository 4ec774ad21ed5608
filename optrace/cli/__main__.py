"""`python -m optrace.cli`, which is how optrace starts its own proxy process."""

from optrace.cli.main import run

if __name__ == "__main__":  # a process that `check` starts imports this again, under another name
    run()
