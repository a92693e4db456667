"""Services: the service record, the one fact that everything counts.

Owns the invariants that a record is corrected by a new version and never overwritten without a
trace, that its person-times are its named recipients plus its anonymous participants, and that
what was written about people stands apart from what is counted. Public face: actions, queries,
enums, events, policies.
"""
