"""A PostgreSQL server of our own, over any PostgreSQL binaries from version 15 on.

A `Cluster` is one folder:

    pgdata/      what initdb makes          socket/    the unix socket (mode 0700)
    log/         seven days of server log   password   of the superuser `postgres`
    start.log    what a failed start said   lock       held while starting and stopping

The server listens on the unix socket only and asks everybody for a password. Run as root, the
folder is given to the operating system's user `postgres` and every PostgreSQL program runs as
that user, because PostgreSQL refuses to run as root; each parent of the folder must then let that
user pass.
"""

from .binaries import ClusterError, find_binaries, install, told, version_of
from .cluster import Cluster, Status
from .tuning import DURABLE

__all__ = [
    "DURABLE",
    "Cluster",
    "ClusterError",
    "Status",
    "find_binaries",
    "install",
    "told",
    "version_of",
]
