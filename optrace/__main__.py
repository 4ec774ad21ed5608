"""`python -m optrace`."""

from optrace.cli.main import run

if __name__ == "__main__":  # a process that `check` starts imports this again, under another name
    run()
