from dataclasses import dataclass
from uuid import UUID

from linli.kernel.accounts.actors import Actor


@dataclass(frozen=True)
class PersonsMerged:
    """A file was merged into another: facts that name it now belong to that one."""

    actor: Actor
    kept: UUID
    absorbed: UUID


@dataclass(frozen=True)
class MergeUndone:
    """A file is its own again, with the `files` that were merged into it before; `kept` is the one
    that was read for it."""

    actor: Actor
    absorbed: UUID
    kept: UUID
    files: frozenset[UUID]


@dataclass(frozen=True)
class FileHandedOver:
    """Another station keeps a file from now on."""

    actor: Actor
    person_id: UUID
    left: UUID
