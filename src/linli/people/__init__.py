"""People: persons, households, dated categories, and the basis on which their data is kept.

Owns the invariants that a citizen id is known once, that a person lives in one household at a
time, and that every category has a source and dates. No score, no label text, no profile. Public
face: actions, queries, enums, events, policies.
"""
