from typing import Any

from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.enums import Role
from linli.kernel.flow.machine import Flow, Move, Waiting
from linli.kernel.flow.models import Tier

from .enums import WITHOUT_HELP
from .enums import RequestState as S

ENDED = frozenset(WITHOUT_HELP)
OPEN = frozenset({S.REGISTERED})
# Goes the way of another request, until that ends without help or somebody says it is another need.
JOINED = frozenset({S.MERGED})


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
            "part",
            JOINED,
            S.REGISTERED,
            "intake.part",
            pgettext_lazy("verb", "Screen by itself"),
        ),
        Move(
            "say",
            JOINED,
            None,
            "intake.say",
            pgettext_lazy("verb", "Say whether it helped"),
            asks=("value",),
        ),
        Move(
            "reopen",
            ENDED | JOINED,
            S.REGISTERED,
            "intake.reopen",
            pgettext_lazy("verb", "Open again"),
            asks=("words",),
        ),
        Move(
            "withdraw",
            OPEN | JOINED,
            S.WITHDRAWN,
            "intake.withdraw",
            pgettext_lazy("verb", "Withdraw"),
            kind="danger",
        ),
    ),
    waiting={S.REGISTERED: _to_screen},
)
