from datetime import date, datetime
from typing import Literal
from uuid import UUID

from ninja import Field, Schema

from linli.kernel.ui.once import HEADER

Urgency = Literal["immediate", "day", "week", "fortnight"]
Method = Literal["case", "group", "community", "visit", "phone", "online", "window"]
Place = Literal["home", "station", "community", "institution", "remote"]
AREA = Field(ge=0, lt=1_000_000_000_000, description="12-digit statistical area code")
CODE = Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")
WORDS = Field(default="", max_length=4000)
# The header is read before a call comes to its operation; here it is only told of.
ONCE = {
    "parameters": [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "schema": {"type": "string", "format": "uuid"},
            "description": "an id of your own for this call, best a UUIDv7: the same id with the"
            " same body gets the same answer for 30 days and does nothing twice; with another body"
            " it is 409",
        }
    ]
}


class ValueProblem(Schema):
    """What is wrong with one value of the call."""

    at: str
    problem: str


class Problem(Schema):
    """Why a call was refused, in the caller's language; `errors` names the values at fault."""

    detail: str
    errors: list[ValueProblem] = Field(default_factory=list)


class RequestOut(Schema):
    id: UUID
    number: str
    state: str
    door: str
    for_whom: str
    need: str
    urgency: str
    area: int
    unit: UUID
    order: UUID | None
    registered_at: datetime
    due_at: datetime | None


class RequestPage(Schema):
    items: list[RequestOut]
    older: str | None = Field(description="pass as `after` for the next page")


class RequestIn(Schema):
    area: int = AREA
    need: str = CODE
    words: str = Field(min_length=1, max_length=4000)
    for_whom: Literal["self", "other", "anonymous"] = "other"
    urgency: Urgency = "week"
    name: str = Field(default="", max_length=80)
    phone: str = Field(default="", max_length=20)
    where: str = Field(default="", max_length=200)
    door: Literal["window", "phone", "grid", "agency", "outreach"] = "agency"


class ReceiptOut(Schema):
    id: UUID
    number: str
    pin: str = Field(description="shown this once; with the number it opens the request")


class AcceptIn(Schema):
    area: int = AREA
    need: str = CODE
    urgency: Urgency = "week"
    task: str = Field(min_length=1, max_length=4000)
    station: UUID | None = None


class ReplyIn(Schema):
    reply: str = Field(min_length=1, max_length=4000)


class OrderOut(Schema):
    id: UUID
    number: str
    state: str
    need: str
    urgency: str
    area: int
    unit: UUID
    station: UUID | None
    worker: UUID | None
    bounces: int
    opened_at: datetime
    due_at: datetime | None
    promised_at: datetime
    closed_at: datetime | None


class OrderPage(Schema):
    items: list[OrderOut]
    older: str | None = Field(description="pass as `after` for the next page")


class StationIn(Schema):
    station: UUID


class ReturnIn(Schema):
    reason: str = CODE
    words: str = WORDS


class ServiceIn(Schema):
    method: Method
    content: str = CODE
    place: Place
    occurred_on: date
    minutes: int = Field(ge=1, le=1440)
    area: int = AREA
    persons: list[UUID] = Field(default_factory=list, max_length=200)
    anonymous: int = Field(default=0, ge=0, le=10_000)
    facts: str = WORDS
    analysis: str = WORDS


class ServiceOut(Schema):
    id: UUID
    order: UUID
    person_times: int


class FinishIn(Schema):
    result: str = CODE
    words: str = WORDS
