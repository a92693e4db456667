"""Accounts: users, their posts, and the Actor every action is done by.

A user may hold several posts (a role at a unit between two dates) and acts in one at a time. An
Actor is also the anonymous visitor, the holder of a receipt, and the system itself.
"""
