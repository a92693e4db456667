from django.utils.translation import pgettext_lazy

from linli.kernel.flow.machine import Flow, Move

from .enums import ImportState as S

RUN, UNDO = "imports.run", "imports.undo"

IMPORT = Flow(
    "sheets.import",
    moves=(
        Move("read", frozenset({S.UPLOADED}), S.READ, RUN, pgettext_lazy("verb", "Read")),
        Move("refuse", frozenset({S.UPLOADED}), S.REFUSED, RUN, pgettext_lazy("verb", "Refuse")),
        Move(
            "check",
            frozenset({S.READ, S.CHECKED}),
            S.CHECKING,
            RUN,
            pgettext_lazy("verb", "Check the rows"),
            asks=("columns",),
        ),
        Move(
            "end_check",
            frozenset({S.CHECKING}),
            S.CHECKED,
            RUN,
            pgettext_lazy("verb", "End the check"),
        ),
        Move(
            "run",
            frozenset({S.CHECKED}),
            S.RUNNING,
            RUN,
            pgettext_lazy("verb", "Import"),
            kind="primary",
        ),
        Move("pause", frozenset({S.RUNNING}), S.PAUSED, RUN, pgettext_lazy("verb", "Pause")),
        Move(
            "resume",
            frozenset({S.PAUSED}),
            S.RUNNING,
            RUN,
            pgettext_lazy("verb", "Go on"),
            kind="primary",
        ),
        Move("stop", frozenset({S.PAUSED}), S.DONE, RUN, pgettext_lazy("verb", "Leave the rest")),
        Move("end", frozenset({S.RUNNING}), S.DONE, RUN, pgettext_lazy("verb", "End")),
        Move(
            "cancel",
            frozenset({S.UPLOADED, S.READ, S.CHECKING, S.CHECKED}),
            S.CANCELLED,
            RUN,
            pgettext_lazy("verb", "Throw away"),
        ),
        Move(
            "undo",
            frozenset({S.DONE}),
            S.UNDOING,
            UNDO,
            pgettext_lazy("verb", "Take it back"),
            kind="danger",
        ),
        Move(
            "halt",
            frozenset({S.UNDOING}),
            S.DONE,
            UNDO,
            pgettext_lazy("verb", "Stop taking it back"),
        ),
        Move(
            "end_undo",
            frozenset({S.UNDOING}),
            S.UNDONE,
            UNDO,
            pgettext_lazy("verb", "End taking back"),
        ),
    ),
    waiting={},
)
