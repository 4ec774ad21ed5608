"""Write the samples of the rules: `python -m tests.rules.make_samples`. Keys and clocks are fixed, so nothing changes
unless a sample does."""

from __future__ import annotations

from pathlib import Path

from optrace.core.exchange_json import to_jsonl
from tests.rules.signature_samples import SAMPLES

FOLDER = Path(__file__).parents[2] / "samples" / "rules"


def main() -> None:
    """Write each sample into its folder."""
    for code, make in SAMPLES.items():
        folder = FOLDER / code
        folder.mkdir(parents=True, exist_ok=True)
        for name, recording in make()._asdict().items():
            lines = "".join(f"{to_jsonl(exchange)}\n" for exchange in recording)
            (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
