"""Hold a recording against the specifications, requirement by requirement: for the client, for the sender's ASE and for
the recipient's, what was kept, what was broken and in which exchanges, and what no exchange could show.

What wasn't seen is no pass: it is listed apart. The profile decides whose requirements count: `rfc` asks for more than
`open-payments` does. Exits with 1 if a MUST was broken, with 3 if there is no traffic that shows anything."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from optrace.cli.exit_codes import ExitCode
from optrace.cli.formats.markdown import code, plain
from optrace.cli.load import add_key_arguments, loaded
from optrace.cli.output import Output, Progress
from optrace.cli.version import own_version
from optrace.core.text import safe
from optrace.diagnosis.requirements.requirement import Level
from optrace.diagnosis.scorecard import Card, Outcome, Score, scorecard

EPILOG = """
examples:
  optrace scorecard session.optrace
  optrace scorecard session.optrace --profile rfc
  optrace scorecard session.optrace -f markdown >> "$GITHUB_STEP_SUMMARY"
  optrace scorecard session.optrace -f json | jq '.parties[].requirements[] | select(.outcome == "failed")'
"""

SCHEMA = 1
_NUMBERS = 12  # exchanges that are listed of one requirement
_MARKS = {Outcome.PASSED: ("✓", "good"), Outcome.FAILED: ("✗", "bad"), Outcome.NOT_SEEN: ("·", "dim")}


def configure(parser: ArgumentParser) -> None:
    """The file and the form."""
    parser.add_argument("file", metavar="FILE", help="a recording")
    parser.add_argument(
        "-f", "--format", choices=("text", "json", "markdown"), default="text", help="default: %(default)s"
    )
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Print the scorecard."""
    with loaded(args, args.file, output, rules=False) as found:
        with Progress(output, "holding it against the requirements") as progress:
            cards = scorecard(found.trace, found.source.exchange, profile=args.profile, told=progress)
        if args.format == "json":
            output.say_json(_document(found.source.name, cards, args.profile))
        else:
            lines = {"text": _text, "markdown": _markdown}[args.format]
            for line in lines(found.source.name, cards, args.profile, output):
                output.say(line)
        if found.source.damage:
            output.tell(safe(f"damaged: {found.source.damage}"))
            return ExitCode.DAMAGED
    if not any(score.outcome is not Outcome.NOT_SEEN for card in cards for score in card.scores):
        return ExitCode.NO_TRAFFIC
    return ExitCode.FINDINGS if any(score.grave for card in cards for score in card.scores) else ExitCode.CLEAN


def _document(source: str, cards: Sequence[Card], profile: str) -> dict[str, Any]:
    return {
        "optrace": own_version(),
        "schema": SCHEMA,
        "source": source,
        "profile": profile,
        "parties": [
            {
                "party": card.party.value,
                **{outcome.value.replace(" ", "_"): card.count(outcome) for outcome in Outcome},
                "requirements": [_member(score) for score in card.scores],
            }
            for card in cards
        ],
    }


def _member(score: Score) -> dict[str, Any]:
    return {
        "id": score.requirement.id,
        "text": score.requirement.text,
        "level": score.requirement.level.value,
        "spec": str(score.requirement.spec),
        "link": score.requirement.spec.link,
        "outcome": score.outcome.value,
        "passed": list(score.passed),
        "failed": list(score.failed),
    }


def _counts(card: Card) -> str:
    return ", ".join(f"{card.count(outcome)} {outcome.value}" for outcome in Outcome)


def _text(source: str, cards: Sequence[Card], profile: str, output: Output) -> Iterator[str]:
    yield f"{output.style(safe(source), 'strong')}  profile {profile}"
    for card in cards:
        yield ""
        yield output.style(f"{card.party.value}: {_counts(card)}", "title")
        for score in card.scores:
            if score.outcome is not Outcome.NOT_SEEN:
                yield _line(score, output)
        unseen = [score.requirement.id for score in card.scores if score.outcome is Outcome.NOT_SEEN]
        if unseen:
            yield output.style(f"  · not seen: {', '.join(unseen)}", "dim")


def _line(score: Score, output: Output) -> str:
    mark, style = _MARKS[score.outcome]
    if score.failed and not score.grave:
        mark, style = "!", "differs"
    if score.failed:
        told = f"in {_numbers(score.failed)}" + (f"; kept in {len(score.passed)}" if score.passed else "")
    else:
        told = f"kept in {len(score.passed)}"
    should = " (should)" if score.requirement.level is Level.SHOULD else ""
    line = f"  {output.style(mark, style)} {score.requirement.id}  {score.requirement.text}{should}: {told}"
    return line + (f"  [{score.requirement.spec}]" if score.failed else "")


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:_NUMBERS])) + (
        f" and {len(numbers) - _NUMBERS} more" if len(numbers) > _NUMBERS else ""
    )


def _markdown(source: str, cards: Sequence[Card], profile: str, _: Output) -> Iterator[str]:
    yield f"## Scorecard of {code(source)}, profile `{profile}`"
    for card in cards:
        yield ""
        yield f"### {card.party.value}: {_counts(card)}"
        yield ""
        yield "| | | requirement | specification | broken in | kept in |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for score in card.scores:
            mark = _MARKDOWN[score.outcome] if score.grave or not score.failed else "⚠️"
            asked = score.requirement
            spec = f"[{plain(str(asked.spec))}]({asked.spec.link})" if asked.spec.link else plain(str(asked.spec))
            kept = str(len(score.passed)) if score.passed else ""
            yield f"| {mark} | {asked.id} | {plain(asked.text)} | {spec} | {_numbers(score.failed)} | {kept} |"


_MARKDOWN = {Outcome.PASSED: "✅", Outcome.FAILED: "❌", Outcome.NOT_SEEN: "not seen"}
