from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from linli.dispatch.actions import NoPost
from linli.intake.actions import NoCentre
from linli.kernel.accounts.enums import KeyScope
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.versions import Overtaken
from linli.people.actions import HeldAlready, KnownElsewhere
from linli.services.actions import Implausible

Answer = Callable[[HttpRequest, Any], HttpResponse]


class NotFound(Exception):
    """The row does not exist, or not for this caller."""


class Unfit(Exception):
    """A value is well-formed but does not fit (an unknown code, an area that does not exist)."""

    def __init__(self, sentence: str | Promise, at: str = "") -> None:
        super().__init__(sentence)
        self.at = at


class NoScope(Exception):
    """The key was not issued for such calls."""

    def __init__(self, scope: KeyScope) -> None:
        super().__init__(scope)
        self.scope = scope


# What is wrong with a value, by the kind of error that pydantic names; `{…}` from its context.
PROBLEMS: dict[str, Promise] = {
    "missing": _("This value is missing."),
    "extra_forbidden": _("There is no such field."),
    "json_invalid": _("This is not valid JSON."),
    "string_type": _("A text is expected."),
    "string_too_short": _("The text is too short: at least {min_length} characters."),
    "string_too_long": _("The text is too long: at most {max_length} characters."),
    "string_pattern_mismatch": _("The text does not have the form that is expected."),
    "unstorable": _("The text holds a character that cannot be stored."),
    "blank": _("Please write a few words."),
    "int_type": _("A whole number is expected."),
    "int_parsing": _("A whole number is expected."),
    "int_from_float": _("A whole number is expected."),
    "bool_type": _("true or false is expected."),
    "bool_parsing": _("true or false is expected."),
    "greater_than_equal": _("The number is too small: at least {ge}."),
    "less_than_equal": _("The number is too large: at most {le}."),
    "less_than": _("The number is too large: less than {lt}."),
    "literal_error": _("One of these is expected: {expected}."),
    "enum": _("One of these is expected: {expected}."),
    "uuid_type": _("A UUID is expected."),
    "uuid_parsing": _("A UUID is expected."),
    "date_type": _("A date is expected, like 2026-09-24."),
    "date_parsing": _("A date is expected, like 2026-09-24."),
    "date_from_datetime_parsing": _("A date is expected, like 2026-09-24."),
    "time_parsing": _("A time of day is expected, like 08:30."),
    "list_type": _("A list is expected."),
    "too_long": _("The list is too long: at most {max_length}."),
    "model_attributes_type": _("An object is expected."),
    "model_type": _("An object is expected."),
    "dict_type": _("An object is expected."),
}
UNKNOWN = _("This value does not fit.")


def problem_of(error: dict[str, Any]) -> str:
    """What is wrong with a value, in the caller's language."""
    sentence = str(PROBLEMS.get(error["type"], UNKNOWN))
    return sentence.format_map(_Told(error.get("ctx", {})))


class _Told(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def connect(api: NinjaAPI) -> None:
    """Answer what actions refuse: 404 hidden, 409 somebody was faster, 422 does not fit."""

    def told(
        request: HttpRequest, status: int, detail: object, errors: list[Any] | None = None
    ) -> HttpResponse:
        body = {"detail": str(detail), "errors": errors or []}
        return api.create_response(request, body, status=status)

    def answer(status: int, sentence: Promise | None = None) -> Answer:
        return lambda request, error: told(request, status, sentence or error)

    def unfit(request: HttpRequest, error: Unfit) -> HttpResponse:
        at = [{"at": error.at, "problem": str(error)}] if error.at else []
        return told(request, 422, error, at)

    def unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
        # The first two parts name where it came and the argument of our own function.
        errors = [
            {"at": ".".join(str(part) for part in _where(one["loc"])), "problem": problem_of(one)}
            for one in error.errors
        ]
        return told(request, 422, _("Some values cannot be read; see errors."), errors)

    def overtaken(request: HttpRequest, error: Overtaken) -> HttpResponse:
        # Who it was is on the page; a program is told which fields, and reads them anew.
        sentence = _t("Somebody has stored another value since.")
        fields = [{"at": name, "problem": sentence} for name in sorted(error.fields)]
        return told(request, 409, error, fields)

    def no_scope(request: HttpRequest, error: NoScope) -> HttpResponse:
        sentence = _t("This key was not issued for such calls: it lacks the scope %(scope)s.")
        return told(request, 403, sentence % {"scope": error.scope.value})

    def other(request: HttpRequest, error: HttpError) -> HttpResponse:
        return told(request, error.status_code, STATUS.get(error.status_code, error))

    hidden = answer(404, _("There is nothing here for you."))
    for kind, handler in (
        (NotFound, hidden),
        (Refused, hidden),
        (Stale, answer(409)),
        (Overtaken, overtaken),
        (KnownElsewhere, answer(409)),
        (HeldAlready, answer(409)),
        (NoScope, no_scope),
        (NoCentre, answer(422)),
        (NoPost, answer(422)),
        (Implausible, answer(422)),
        (Unfit, unfit),
        (ValidationError, unreadable),
        (HttpError, other),
    ):
        api.exception_handler(kind)(handler)


STATUS: dict[int, Promise] = {
    400: _("The call cannot be read. Nothing was changed."),
    401: _("A valid key is needed."),
    403: _("This call needs the check against forged forms, or a key."),
}


def _where(loc: tuple[Any, ...]) -> tuple[Any, ...]:
    return loc[2:] if loc and loc[0] == "body" and len(loc) > 2 else loc[1:]
