from typing import Any

from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.enums import Role
from linli.kernel.flow.machine import Flow, Move, Waiting
from linli.kernel.flow.models import Tier

from .enums import RequestState as S

ENDED = frozenset({S.INFORMED, S.REFERRED, S.REFUSED, S.WITHDRAWN})
OPEN = frozenset({S.REGISTERED})


def _to_screen(request: Any) -> Waiting:
    return Waiting("screen", Tier.CENTRE, Role.DISPATCHER, request.centre_id)


REQUEST = Flow(
    "intake.request",
    moves=(
        Move(
            "accept",
            OPEN,
            S.ACCEPTED,
            "intake.screen",
            pgettext_lazy("verb", "Accept and dispatch"),
            asks=("need", "urgency", "station"),
            kind="primary",
        ),
        Move(
            "inform",
            OPEN,
            S.INFORMED,
            "intake.screen",
            pgettext_lazy("verb", "Inform only"),
            asks=("reply",),
        ),
        Move(
            "refer",
            OPEN,
            S.REFERRED,
            "intake.screen",
            pgettext_lazy("verb", "Refer"),
            asks=("reply",),
        ),
        Move(
            "merge",
            OPEN,
            S.MERGED,
            "intake.screen",
            pgettext_lazy("verb", "Join with an earlier request"),
            asks=("other",),
        ),
        Move(
            "refuse",
            OPEN,
            S.REFUSED,
            "intake.screen",
            pgettext_lazy("verb", "Do not take on"),
            asks=("reason", "reply"),
            kind="danger",
        ),
        Move(
            "reopen",
            ENDED,
            S.REGISTERED,
            "intake.reopen",
            pgettext_lazy("verb", "Open again"),
            asks=("words",),
        ),
        Move(
            "withdraw",
            OPEN,
            S.WITHDRAWN,
            "intake.withdraw",
            pgettext_lazy("verb", "Withdraw"),
            kind="danger",
        ),
    ),
    waiting={S.REGISTERED: _to_screen},
)
