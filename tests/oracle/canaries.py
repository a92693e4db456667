"""Texts that betray a row: each stands in one field of the rows of one group, and nowhere else."""

import re
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
    "key name",
    "duplicate words",
    "duplicate answer",
    "move words",
    "move address",
    "import file",
    "import cell",
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
        # The last character is not looked at, but must be there to be left out.
        return number + str(ric.calc_check_digit(number + "0"))
    assert what in WORDS, what
    return f"q{group}{what.replace(' ', '').replace('q', 'k')}q"


@dataclass
class Aviary:
    """Every canary: text in lower case → (group, field). Ids and numbers of rows are added."""

    kept: dict[str, tuple[str, str]] = field(
        default_factory=lambda: {
            canary(group, what): (group, what) for group in GROUPS for what in (*WORDS, *NUMBERS)
        }
    )
    # Those that must be looked for one by one; the others have a shape by which they are found.
    plain: set[str] = field(
        default_factory=lambda: {canary(group, what) for group in GROUPS for what in NUMBERS}
    )

    def add(self, text: object, group: str, what: str) -> None:
        low = str(text).lower()
        self.kept[low] = (group, what)
        if not SHAPES.fullmatch(low):
            self.plain.add(low)

    def heard(self, body: str, *, sent: str = "") -> set[str]:
        """The canaries in an answer, without those that stand in what was sent.

        Numbers are also found with spaces or hyphens between their digits.
        """
        return self._in(body) - self._in(sent)

    def _in(self, text: str) -> set[str]:
        low = text.lower()
        bare = low.translate(GAPS)
        shaped = {one for one in SHAPES.findall(low) if one in self.kept}
        return shaped | {one for one in self.plain if one in bare or one in low}


# The words above, the ids of rows, the PINs of receipts, the names of the world's users.
SHAPES = re.compile(
    rf"q(?:{'|'.join(GROUPS)})[a-z]+?q(?![a-z])|[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"
    r"|\b[0-9]{6}\b|\btest [a-z_]+"
)
GAPS = {ord(gap): None for gap in " -\u00a0\u2009\u202f"}
