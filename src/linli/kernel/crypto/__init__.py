"""Field encryption and blind indexes.

Values are sealed with AES-256-GCM under a key ring read from the installation's home; the newest
key writes, every key reads. A blind index is a keyed hash per purpose, so that an exact value can
be found without being stored. Both are chosen by the first byte of the sealed value, so that
another algorithm can be added beside this one.
"""
