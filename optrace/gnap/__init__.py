"""GNAP (RFC 9635) as it is on the wire: grant requests and answers, continuation, tokens, interaction, errors.

The models here read what the RFC allows and what Open Payments and its drafts make of it. Grants are generic in their
access items: `GrantRequest` alone reads RFC 9635 §8's form, `GrantRequest[AccessItem]` Open Payments' with its limits.
"""
