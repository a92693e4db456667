"""Hooks: other systems are told that something has happened, by a signed call to their address.

A hook belongs to a post, as a key does, and tells only of rows that the post sees at the moment of
sending. A message holds a kind, ids and codes, never names or words: whoever gets it asks the API
with a key of their own. Deliveries are rows written in the transaction of their event, so nothing
is lost; a message may come twice and late, and always bears the same id.
"""
