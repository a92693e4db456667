"""Operations: what was sent twice is done once.

Whoever sends something makes an id for it (a UUIDv7, in every form of ours when it is rendered, in
the header of an API call, on a phone when something is written down there). The id, a keyed hash of
what was sent, who sent it and what came of it are kept in the transaction that did it. The same id
with the same input gets the same answer; with any other input it is refused, and nothing is stored.
"""
