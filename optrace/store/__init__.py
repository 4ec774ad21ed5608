"""The session file: one SQLite file a session, recorded by one process, read by any number.

`SessionWriter` records, `open_source` opens any recording (a `SessionReader` for a session file). The file is in WAL
mode while it is recorded and a single plain file afterwards. `schema` says what is in it, `codec` how a row is packed.
"""
