"""Intake: a request from any door, screened by the county centre.

States: registered → accepted (an order follows) | informed | referred | refused | merged |
withdrawn; a finished one can be opened again, and what was merged comes back when the request it
follows ends without help. Owns the invariants that a request is never lost,
that its receipt opens it and nothing else, and that what the resident said stays in their own
words. Public face: actions, queries, enums, events, policies.
"""
