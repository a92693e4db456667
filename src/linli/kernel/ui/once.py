"""Pages and calls that are sent twice: a double tap, a reload, a retry after a lost answer.

Every form carries an id made when it was rendered (`FormMarks`), an API call may carry one in its
header. `begin` claims it before the view runs, and `OnceMiddleware` keeps what was answered in the
transaction that did the work; the next one with the id gets that answer again.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.middleware import PROGRAMS
from linli.kernel.operations.once import Done, Reused, claim, release, settle
from linli.kernel.timeline.queries import done_now
from linli.lib.uuid7 import uuid7

from .pages import unsent_page
from .sent import DESK, FIELD, MARKS, POST, actor_of, typed

HEADER = "Idempotency-Key"
# Tells a program, and the tests, that nothing was done this time.
REPEATED = "X-Linli-Repeated"
View = Callable[..., HttpResponse]


class FormMarks:
    """What every form that is sent carries unseen: that it is ours, an id of its own, and the post
    it is written in."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def token(self) -> str:
        # The same for every form of a page: each asking makes a new spelling of it.
        return get_token(self.request)

    @cached_property
    def post(self) -> str:
        """The post in which the page is shown, for who has one."""
        actor: Actor | None = getattr(self.request, "actor", None)
        if actor is None or actor.post_id is None:
            return ""
        mark = post_mark(actor.post_id)
        return format_html('<input type="hidden" name="{}" value="{}">', POST, mark)

    def __html__(self) -> str:
        """Another id each time it is put into a page."""
        return format_html(
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<input type="hidden" name="{}" value="{}">{}',
            self.token,
            FIELD,
            uuid7(),
            self.post,
        )


def post_mark(post_id: UUID) -> str:
    """Enough to tell posts apart in a form; no id that opens or names anything."""
    return hashlib.sha256(post_id.bytes).hexdigest()[:8]


@dataclass(frozen=True)
class Sent:
    """What came with an id: the id, and the input in one spelling however it was written."""

    operation: UUID
    given: str


def sent_by_form(request: HttpRequest) -> Sent | None:
    """What a form has sent; None for one without an id, or with something else in its place."""
    try:
        operation = UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None
    return Sent(operation, _given(request))


def settles_itself(view: View) -> View:
    """Mark a view that claims and settles its operation itself: its answer is more than a page."""
    view.settles_itself = True  # type: ignore[attr-defined]
    return view


class OnceMiddleware:
    """Claims the operation of everybody who is signed in, and keeps or lets go what was claimed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        operation: UUID | None = getattr(request, "operation", None)
        # An answer of 500 and above undoes the claim with everything else.
        if operation is not None and response.status_code < 500:
            _decide(request, response, operation)
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        actor = actor_of(request)
        if not actor.is_user or hasattr(view, "settles_itself"):
            return None
        if _is_of_another_post(request, actor):
            return _refused(request, _changed_post(actor))
        return begin(request, holder=f"user:{actor.user_id}:{actor.post_id}")


def _is_of_another_post(request: HttpRequest, actor: Actor) -> bool:
    """Whether a form was opened in a post its sender has left since, perhaps in another window."""
    if request.method != "POST" or not request.path.startswith(DESK):
        return False
    sent = request.POST.get(POST, "")
    return bool(sent) and (actor.post_id is None or sent != post_mark(actor.post_id))


def _changed_post(actor: Actor) -> str:
    told = _(
        "This page was opened in another post, and you act as %(post)s now. Nothing was stored."
        " Send it as you are; or copy what you wrote, change the post and open the page again."
    )
    return told % {"post": next((one.label for one in actor.posts if one.id == actor.post_id), "—")}


def begin(request: HttpRequest, *, holder: str) -> HttpResponse | None:
    """Claim what a request came with for `holder`; an answer if the view need not run, or must
    not."""
    if request.method != "POST" or hasattr(request, "operation"):
        return None
    try:
        sent = _sent_by_call(request) if _is_call(request) else sent_by_form(request)
    except ValueError:
        return _refused(request, _("The header Idempotency-Key must hold a UUID."), status=422)
    if sent is None:
        return None
    try:
        done = claim(sent.operation, holder=holder, given=sent.given, now=actor_of(request).now)
    except Reused as error:
        return _refused(request, str(error), done=error.done)
    if done is not None:
        return _again(done)
    request.operation = sent.operation  # type: ignore[attr-defined]
    return None


def _is_call(request: HttpRequest) -> bool:
    return request.path.startswith(PROGRAMS)


def _sent_by_call(request: HttpRequest) -> Sent | None:
    text = request.headers.get(HEADER, "")
    return Sent(UUID(text), _given(request)) if text else None


def _given(request: HttpRequest) -> str:
    given: Any
    if request.content_type == "application/json":
        try:
            given = json.loads(request.body)
        except (ValueError, RecursionError):
            # No JSON, or nested so deeply that nobody can mean it: the call itself will say so.
            given = request.body.decode(errors="replace")
    else:
        given = [[name, request.POST.getlist(name)] for name in request.POST if name not in MARKS]
        # Another file is other input.
        given += [[name, list(map(_digest, request.FILES.getlist(name)))] for name in request.FILES]
        given.sort()
    return json.dumps([request.get_full_path(), given], sort_keys=True)


def _digest(file: Any) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _decide(request: HttpRequest, response: HttpResponse, operation: UUID) -> None:
    """Keep an answer after which something is done; anything else may be sent again."""
    is_answer = response.has_header("Location") or (
        _is_call(request) and response.status_code < 300
    )
    done = done_now(actor_of(request).now) if is_answer else None
    if done is None:
        release(operation)
        return
    subject_type, subject_id = done
    settle(operation, subject_type=subject_type, subject_id=subject_id, answer=_packed(response))


def _packed(response: HttpResponse) -> str:
    told = [response.status_code, response.headers.get("Location", "")]
    return json.dumps([*told, response.headers["Content-Type"], response.content.decode()])


def _again(done: Done) -> HttpResponse:
    status, location, kind, body = json.loads(done.answer)
    response = HttpResponse(body, content_type=kind, status=status)
    if location:
        response.headers["Location"] = location
    response.headers[REPEATED] = "yes"
    return response


def _refused(
    request: HttpRequest, sentence: str, *, done: Done | None = None, status: int = 409
) -> HttpResponse:
    """A sentence, and on a page everything that was typed, to be sent anew."""
    if _is_call(request):
        return JsonResponse({"detail": sentence, "errors": []}, status=status)
    return unsent_page(
        request,
        typed(request, without=MARKS),
        title=_("This was not stored"),
        lead=sentence,
        stored_url=json.loads(done.answer)[1] if done and done.answer else "",
        status=status,
    )
