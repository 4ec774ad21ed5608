"""The one table of specifications: short name and section to label and link."""

from __future__ import annotations

from dataclasses import dataclass

_HOMES = {
    "RFC 9421": "https://www.rfc-editor.org/rfc/rfc9421#section-{section}",
    "RFC 9530": "https://www.rfc-editor.org/rfc/rfc9530#section-{section}",
    "RFC 9635": "https://www.rfc-editor.org/rfc/rfc9635#section-{section}",
    "RFC 9767": "https://www.rfc-editor.org/rfc/rfc9767#section-{section}",
    "RFC 9651": "https://www.rfc-editor.org/rfc/rfc9651#section-{section}",
    "RFC 9110": "https://www.rfc-editor.org/rfc/rfc9110#section-{section}",
    "RFC 7517": "https://www.rfc-editor.org/rfc/rfc7517#section-{section}",
    "RFC 8037": "https://www.rfc-editor.org/rfc/rfc8037#section-{section}",
    "Open Payments": "https://openpayments.dev/{section}/",
}


@dataclass(frozen=True, slots=True)
class SpecRef:
    """A place in a specification: `SpecRef("RFC 9421", "2.2.2")`. For Open Payments the section is a docs path."""

    document: str
    section: str = ""

    def __str__(self) -> str:
        if not self.section:
            return self.document
        return (
            f"{self.document} {self.section}" if self.document != "Open Payments" else f"Open Payments {self.section}"
        )

    @property
    def link(self) -> str | None:
        """Where the section can be read, or None for a document without a known home."""
        home = _HOMES.get(self.document)
        return home.format(section=self.section) if home else None


def RFC9421(section: str) -> SpecRef:
    """HTTP Message Signatures."""
    return SpecRef("RFC 9421", section)


def RFC9530(section: str) -> SpecRef:
    """Digest Fields."""
    return SpecRef("RFC 9530", section)


def RFC9110(section: str) -> SpecRef:
    """HTTP Semantics."""
    return SpecRef("RFC 9110", section)


def RFC9635(section: str) -> SpecRef:
    """Grant Negotiation and Authorization Protocol."""
    return SpecRef("RFC 9635", section)


def OpenPayments(path: str) -> SpecRef:
    """A page of the Open Payments documentation, such as `identity/http-signatures`."""
    return SpecRef("Open Payments", path)
