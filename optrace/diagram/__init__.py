"""The sequence diagram: `layout` says what is drawn between which lanes, `paint` draws it at a width.

Both are pure and cheap per row: a row is laid out and painted when it is looked at, so the length of a trace costs
nothing. Lanes are roles, never sockets; the client in the middle makes left mean the sender's side and right the
recipient's.
"""
