"""The samples of the protocol rules: `python -m tests.rules.make_protocol_samples` writes `samples/rules/<CODE>/`.

Each rule has a recording in which its fault is, and one in which everything is the same but the fault.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from optrace.core.exchange_json import to_jsonl
from tests.rules.scenarios import SCENARIOS
from tests.rules.scene import Scene

FOLDER = Path(__file__).parents[2] / "samples" / "rules"


def written(scenario: Callable[[Scene, bool], None], bad: bool) -> str:
    """A recording as JSON lines."""
    scene = Scene()
    scenario(scene, bad)
    return "".join(f"{to_jsonl(exchange)}\n" for exchange in scene.exchanges)


def main() -> None:
    """Write all samples anew."""
    for code, scenario in SCENARIOS.items():
        folder = FOLDER / code
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, bad in (("good", False), ("bad", True)):
            (folder / f"{name}.jsonl").write_text(written(scenario, bad), encoding="ascii")


if __name__ == "__main__":
    main()
