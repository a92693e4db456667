from typing import Any

from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.enums import Role
from linli.kernel.flow.machine import Flow, Move, Waiting
from linli.kernel.flow.models import Tier

from .enums import DuplicateState as D
from .enums import MoveState as M

OPEN = frozenset({D.ASKED, D.CONSULTED})
UNDER_WAY = frozenset({M.PROPOSED, M.AGREED})


def _to_decide(question: Any) -> Waiting:
    return Waiting("decide", Tier.CENTRE, Role.DISPATCHER, question.centre_id)


def _to_answer(question: Any) -> Waiting:
    return Waiting("answer", Tier.STATION, Role.STATION_HEAD, question.unit_id)


def _to_accept(moving: Any) -> Waiting:
    return Waiting("accept", Tier.STATION, Role.STATION_HEAD, moving.station_id)


DUPLICATE = Flow(
    "people.duplicate",
    moves=(
        Move(
            "join",
            OPEN,
            D.SAME,
            "duplicates.decide",
            pgettext_lazy("verb", "The same person"),
            asks=("kept", "station", "taken"),
            kind="primary",
        ),
        Move(
            "part",
            OPEN,
            D.DIFFERENT,
            "duplicates.decide",
            pgettext_lazy("verb", "Two persons"),
        ),
        Move(
            "consult",
            frozenset({D.ASKED}),
            D.CONSULTED,
            "duplicates.decide",
            pgettext_lazy("verb", "Ask a station"),
            asks=("station", "words"),
        ),
        Move(
            "answer",
            frozenset({D.CONSULTED}),
            D.ASKED,
            "duplicates.answer",
            pgettext_lazy("verb", "Answer the centre"),
            asks=("words",),
            kind="primary",
        ),
        Move(
            "settle",
            OPEN,
            D.SAME,
            "duplicates.settle",
            pgettext_lazy("verb", "Settled by another decision"),
        ),
        Move(
            "reopen",
            frozenset({D.SAME}),
            D.ASKED,
            "duplicates.settle",
            pgettext_lazy("verb", "Open again"),
        ),
        Move(
            "undo",
            frozenset({D.SAME}),
            D.DIFFERENT,
            "duplicates.decide",
            pgettext_lazy("verb", "Take the files apart again"),
            asks=("confirm",),
            kind="danger",
            shown=lambda row: getattr(row, "is_merged", True),
        ),
    ),
    waiting={D.ASKED: _to_decide, D.CONSULTED: _to_answer},
)

MOVING = Flow(
    "people.moving",
    moves=(
        Move(
            "accept",
            frozenset({M.PROPOSED}),
            M.AGREED,
            "moves.accept",
            pgettext_lazy("verb", "Accept the file"),
            asks=("basis",),
            kind="primary",
        ),
        Move(
            "refuse",
            frozenset({M.PROPOSED}),
            M.REFUSED,
            "moves.accept",
            pgettext_lazy("verb", "Do not accept"),
            asks=("words",),
        ),
        Move(
            "withdraw",
            UNDER_WAY,
            M.WITHDRAWN,
            "moves.withdraw",
            pgettext_lazy("verb", "Withdraw the move"),
            kind="danger",
        ),
        # The system's: on the day.
        Move(
            "arrive",
            frozenset({M.AGREED}),
            M.DONE,
            "moves.arrive",
            pgettext_lazy("verb", "Hand the file over"),
        ),
    ),
    waiting={M.PROPOSED: _to_accept},
)
