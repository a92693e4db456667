"""Texts that betray a row: each stands in one field of the rows of one group, and nowhere else."""

from dataclasses import dataclass, field

from stdnum.cn import ric

# Who a row belongs to, seen from the social worker `worker`: their own; a colleague's at the same
# station; a station's that shares the township; a sibling station's; another county's. `moved` is
# an order that one station has served and another one holds now.
GROUPS = ("mine", "mate", "sharing", "sibling", "county", "moved")
WORDS = (
    "request words",
    "request name",
    "request where",
    "request reply",
    "request addition",
    "order task",
    "remark for the resident",
    "remark among staff",
    "person name",
    "person called",
    "person address",
    "household address",
    "category source",
    "service facts",
    "service analysis",
    "service before correction",
)
NUMBERS = ("request phone", "person phone", "person citizen id")
AREA, BORN = "350502", "19500101"


def canary(group: str, what: str) -> str:
    """The text that stands in the field `what` of the rows of a group."""
    at = GROUPS.index(group) + 1
    if what == "request phone":
        return f"138{at:08d}"
    if what == "person phone":
        return f"139{at:08d}"
    if what == "person citizen id":
        number = f"{AREA}{BORN}{at:03d}"
        return number + str(ric.calc_check_digit(number))
    assert what in WORDS, what
    return f"q{group}{what.replace(' ', '')}q"


@dataclass
class Aviary:
    """Every canary: text in lower case → (group, field). Ids and numbers of rows are added."""

    kept: dict[str, tuple[str, str]] = field(
        default_factory=lambda: {
            canary(group, what).lower(): (group, what)
            for group in GROUPS
            for what in (*WORDS, *NUMBERS)
        }
    )

    def add(self, text: object, group: str, what: str) -> None:
        self.kept[str(text).lower()] = (group, what)

    def heard(self, body: str, *, sent: str = "") -> set[str]:
        """The canaries in an answer, without those that stand in what was sent.

        Numbers are also found with spaces or hyphens between their digits.
        """
        low = body.lower()
        bare = low.translate(GAPS)
        asked = sent.lower()
        return {
            text
            for text in self.kept
            if (text in low or text in bare)
            and text not in asked
            and text not in asked.translate(GAPS)
        }


GAPS = {ord(gap): None for gap in " -\u00a0\u2009\u202f"}
