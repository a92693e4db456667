from django.db import models
from django.utils.translation import pgettext_lazy


class ImportState(models.TextChoices):
    """Where an import stands."""

    UPLOADED = "uploaded", pgettext_lazy("import", "Being read")
    READ = "read", pgettext_lazy("import", "Columns to be matched")
    REFUSED = "refused", pgettext_lazy("import", "Could not be read")
    CHECKING = "checking", pgettext_lazy("import", "Being checked")
    CHECKED = "checked", pgettext_lazy("import", "Checked")
    RUNNING = "running", pgettext_lazy("import", "Being imported")
    PAUSED = "paused", pgettext_lazy("import", "Paused")
    DONE = "done", pgettext_lazy("import", "Imported")
    UNDOING = "undoing", pgettext_lazy("import", "Being taken back")
    UNDONE = "undone", pgettext_lazy("import", "Taken back")
    CANCELLED = "cancelled", pgettext_lazy("import", "Cancelled")


class Outcome(models.TextChoices):
    """What became of a row."""

    WAITING = "waiting", pgettext_lazy("row", "Not checked yet")
    ACCEPTED = "accepted", pgettext_lazy("row", "Can be imported")
    REFUSED = "refused", pgettext_lazy("row", "Refused")
    ALREADY = "already", pgettext_lazy("row", "There already")
    DONE = "done", pgettext_lazy("row", "Imported")
    KEPT = "kept", pgettext_lazy("row", "Kept: others have built on it")
    REMOVED = "removed", pgettext_lazy("row", "Taken back")


# States in which a job is at work.
BUSY = frozenset(
    {ImportState.UPLOADED, ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING}
)
# States after which nothing is imported any more.
ENDED = frozenset(
    {ImportState.REFUSED, ImportState.DONE, ImportState.UNDONE, ImportState.CANCELLED}
)
