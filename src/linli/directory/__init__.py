"""Directory: which organisations and sites there are, whom they serve, and where nobody does.

Extends the kernel's units one to one: an Organisation is what a unit is in law, a Site is where
people can go. Owns the invariant that a site has one present set of opening hours and service
areas; coverage is read from them. Public face: actions, queries, enums, events, policies.
"""
