from allauth.account import views as account
from django.urls import include, path

from linli.kernel.access import public

from . import errors
from .metrics import metrics
from .views.health import healthz, icon

signing = public("signing in and out")

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("favicon.ico", icon, name="icon"),
    path("sign-in/", signing(account.login), name="account_login"),
    path("sign-out/", signing(account.logout), name="account_logout"),
    path("ui/", include("linli.kernel.ui.urls")),
    path("desk/", include("linli.site.desk_urls")),
    path("desk/accounts/", include("linli.site.account_urls")),
    path("desk/audit/", include("linli.site.audit_urls")),
    path("desk/intake/", include("linli.intake.urls")),
    path("desk/dispatch/", include("linli.dispatch.urls")),
    path("desk/people/", include("linli.people.urls")),
    path("desk/services/", include("linli.services.urls")),
    path("desk/directory/", include("linli.directory.urls")),
    path("desk/imports/", include("linli.gateway.sheets.urls")),
    path("api/v1/", include("linli.gateway.urls")),
    path("", include("linli.portal.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
