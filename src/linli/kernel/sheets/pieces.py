"""Asking the worker for the next piece of work on an import."""

from procrastinate.contrib.django import app

from .models import Import

READ, CHECK, RUN, UNDO = "sheets.read", "sheets.check", "sheets.run", "sheets.undo"


def go_on(batch: Import, job: str) -> None:
    """Have the worker do the next piece, when this transaction has ended well."""
    app.configure_task(job).defer(import_id=str(batch.pk))
