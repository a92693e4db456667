"""Backups of one installation, and how a new one is made from them.

A backup folder holds the archive of the server (see `lib.postgres.archive`) and `files/`: all else
of the home that is not made anew. It holds no key: whoever finds it can read no sealed field. The
keys are a file of their own, sealed with a passphrase, to be kept where the backups are not.
"""

from .keys import KeysError
from .notes import Note, note_of

__all__ = ["KeysError", "Note", "note_of"]
