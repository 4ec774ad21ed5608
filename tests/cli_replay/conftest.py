from tests.cli.conftest import confdir, optrace, own_places

__all__ = ["confdir", "optrace", "own_places"]
