from tests.capture.conftest import confdir

__all__ = ["confdir"]
