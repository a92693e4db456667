"""The types of the rooms' schemas: one way to write an area, a code, a text, a day."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

# What PostgreSQL cannot store in a text: NUL, and halves of characters.
HALVES = range(0xD800, 0xE000)
DAY_LENGTH = len("2026-09-24")
FIRST_YEAR, LAST_YEAR = 1850, 2200


def _storable(text: str) -> str:
    if any(one == "\x00" or ord(one) in HALVES for one in text):
        raise PydanticCustomError("unstorable", "cannot be stored")
    return text


def _some(text: str) -> str:
    told = text.strip()
    if not told:
        raise PydanticCustomError("blank", "only white space")
    return told


def _number(value: Any) -> Any:
    """JSON has numbers: a text or a truth value in the place of one is a mistake."""
    if isinstance(value, str | bool):
        raise PydanticCustomError("int_type", "not a number")
    return value


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != DAY_LENGTH:
        raise PydanticCustomError("date_parsing", "not a date")
    return value


def _plausible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("date_parsing", "not a date of ours")
    return day


def text(most: int, example: str = "", told: str = "") -> Any:
    """A text that may be empty."""
    examples = [example] if example else None
    form = Field(max_length=most, examples=examples, description=told or None)
    return Annotated[str, form, AfterValidator(_storable)]


def words(most: int, example: str = "") -> Any:
    """A text that says something."""
    form = Field(min_length=1, max_length=most, examples=[example or "…"])
    return Annotated[str, form, AfterValidator(_storable), AfterValidator(_some)]


def whole(least: int, most: int, example: int | None = None, told: str = "") -> Any:
    """A whole number."""
    examples = None if example is None else [example]
    form = Field(ge=least, le=most, examples=examples, description=told or None)
    return Annotated[int, form, BeforeValidator(_number)]


Search = text(80, told="a part of the name")
AREA = "12-digit statistical area code, as a number"
Area = whole(0, 999_999_999_999, 350502004001, AREA)
# In an address everything is a text.
AskedArea = Annotated[
    int, Field(ge=0, le=999_999_999_999, examples=[350502004001], description=AREA)
]
Code = Annotated[
    str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$", examples=["care"])
]
Day = Annotated[
    date, Field(examples=["2026-09-24"]), BeforeValidator(_day), AfterValidator(_plausible)
]
Version = Annotated[
    int | None,
    Field(
        default=None,
        ge=1,
        le=2_000_000_000,
        examples=[3],
        description="the version you have read; if somebody has changed the same fields since, the"
        " call is 409 and names them. Without it your values replace whatever there is.",
    ),
]
Urgency = Literal["immediate", "day", "week", "fortnight"]
After = Annotated[
    str, Field(max_length=200, description="`older` of the page before; empty for the first page")
]


class In(Schema):
    """What a call brings: a field that we do not know is a mistake, not something to pass over."""

    model_config = ConfigDict(extra="forbid")


class ValueProblem(Schema):
    """What is wrong with one value of the call."""

    at: str = Field(examples=["area"])
    problem: str


class Problem(Schema):
    """Why a call was refused, in the caller's language; `errors` names the values at fault."""

    detail: str
    errors: list[ValueProblem] = Field(default_factory=list)


class Made(Schema):
    """The id of what was made."""

    id: UUID


class Done(Schema):
    """The version of the row as it stands now."""

    id: UUID
    version: int


class Line(Schema):
    """Something that happened, as the page of the row tells it."""

    at: datetime
    verb: str = Field(examples=["dispatch.order.accept"])
    who: str = Field(description="post and name, as on the page; a resident is never named")
    sentence: str = Field(description="in the language of `Accept-Language`")


class Lines(Schema):
    items: list[Line]


OLDER = Field(description="pass as `after` for the next page; null on the last one")
