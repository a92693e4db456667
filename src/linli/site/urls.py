from allauth.account import views as account
from allauth.mfa.base import views as mfa
from django.urls import include, path

from linli.kernel.access import public
from linli.kernel.staff.outside import ADAPTERS, OIDC

from . import errors
from .metrics import metrics
from .views import entry
from .views.health import healthz, icon

signing = public("signing in and out")

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("favicon.ico", icon, name="icon"),
    path("sign-in/", signing(account.login), name="account_login"),
    path("sign-in/second-step/", signing(mfa.authenticate), name="mfa_authenticate"),
    path("sign-in/again/", entry.start_over, name="start_over"),
    path("sign-in/passkey/", entry.passkey, name="passkey"),
    path("sign-in/with/<slug:provider>/", entry.with_provider, name="with_provider"),
    path(
        "sign-in/from/openid/<slug:provider_id>/",
        entry.back_from,
        {"provider": OIDC},
        name="openid_connect_callback",
    ),
    *(
        path(f"sign-in/from/{one}/", entry.back_from, {"provider": one}, name=f"{one}_callback")
        for one in ADAPTERS
    ),
    path("sign-out/", signing(account.logout), name="account_logout"),
    path("ui/", include("linli.kernel.ui.urls")),
    path("desk/", include("linli.site.desk_urls")),
    path("desk/accounts/", include("linli.site.account_urls")),
    path("desk/audit/", include("linli.site.audit_urls")),
    path("desk/areas/", include("linli.site.area_urls")),
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
