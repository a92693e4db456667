from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

import linli
from linli.kernel.access import public


@public("a monitor asks without an account; the answer holds no data")
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return JsonResponse({"status": "ok", "version": linli.__version__})


@public("browsers ask for it on pages that name no icon")
@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """The icon under the name old browsers look for."""
    return redirect(static("ui/favicon.svg"))
