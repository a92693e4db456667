"""Staff: users, their posts and their keys, as administrators look after them.

Stands above `accounts`, which says who acts: here permissions are asked, the timeline is told and
events are published, and all three need an actor first. Owns the invariants that a post fits the
kind of its unit, that nobody holds the same post twice at a time, and that no administrator can
reach beyond the own area or lock themself out.
"""
