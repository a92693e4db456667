from typing import Any, Self

from django.db import models
from django.db.models import Q

from linli.kernel.areas.models import Area
from linli.kernel.units.models import Unit

from .open import Scope, current


class ScopeError(RuntimeError):
    """A scoped model was read while no scope was open."""


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows inside the open scope; `held` is the condition that keeps them there."""

    held: Q | None = None

    def in_scope(self) -> Self:
        scope = current()
        if scope is None:
            raise ScopeError(f"{self.model.__name__} was read while no scope is open")
        found = self.filter(condition := self.model.held_in(scope))
        found.held = condition
        return found

    def __or__(self, other: models.QuerySet[Any]) -> Self:
        made: Self = super().__or__(other)
        # What is joined may come from elsewhere.
        made.held = None
        return made

    def _clone(self) -> Self:
        made: Self = super()._clone()  # type: ignore[misc]
        made.held = self.held
        return made


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> ScopedQuerySet:
        queryset: ScopedQuerySet = super().get_queryset()
        return queryset.in_scope()


class Scoped(models.Model):
    """A row with a place (`area`: the finest code known) and an owner (`unit`)."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = ScopedManager()

    class Meta:
        abstract = True

    @classmethod
    def held_in(cls, scope: Scope) -> Q:
        """The scope as a question about these rows; a model may know more than place and owner."""
        return scope.condition()
