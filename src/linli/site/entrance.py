"""How people may come in, as this installation decides it: read from the environment.

LINLI_SECOND_FACTOR      administrators | everybody | off (default administrators): who must prove
                         with a second factor that it is they
LINLI_PASSWORD_POLICY    asvs | graded (default asvs): long passwords that last, or those of
                         GB/T 22239 level 3, mixed and changed every 90 days
LINLI_IDLE_MINUTES       after how many minutes without use a session ends (default 30)
LINLI_SESSION_HOURS      after how many hours it ends in any case (default 12)
LINLI_SIGN_IN_WITH       comma-separated: oidc, weixin, dingtalk, feishu (default none); for each
                         LINLI_OIDC_ID and LINLI_OIDC_SECRET or LINLI_OIDC_SECRET_FILE and so on,
                         and for oidc LINLI_OIDC_SERVER (its address) and LINLI_OIDC_NAME
"""

import os
from typing import Any

from .environment import SettingError, read_list, read_secret

PROVIDERS = ("openid_connect", "weixin", "dingtalk", "feishu")
NAMES = {"oidc": "openid_connect"} | {one: one for one in PROVIDERS[1:]}
# What stands in the address to which an OpenID provider sends people back.
OIDC = "oidc"


def outside_providers() -> dict[str, Any]:
    """allauth's SOCIALACCOUNT_PROVIDERS for what is switched on; each must be told whole."""
    made: dict[str, Any] = {}
    for one in read_list("LINLI_SIGN_IN_WITH", ""):
        if one not in NAMES:
            raise SettingError(f"LINLI_SIGN_IN_WITH knows {', '.join(NAMES)}, not {one!r}")
        made[NAMES[one]] = {"APPS": [_app(one)], "OAUTH_PKCE_ENABLED": one == OIDC}
    return made


def _app(one: str) -> dict[str, Any]:
    start = f"LINLI_{one.upper()}"
    told = {
        "client_id": os.environ.get(f"{start}_ID", ""),
        "secret": read_secret(f"{start}_SECRET"),
    }
    if one == OIDC:
        told["server"] = os.environ.get(f"{start}_SERVER", "")
    missing = [what for what, value in told.items() if not value]
    if missing:
        raise SettingError(
            f"LINLI_SIGN_IN_WITH names {one}, but {start} lacks: {', '.join(missing)}"
        )
    app: dict[str, Any] = {"client_id": told["client_id"], "secret": told["secret"]}
    if one == OIDC:
        app |= {
            "provider_id": OIDC,
            "name": os.environ.get(f"{start}_NAME", "") or "OpenID Connect",
            "settings": {"server_url": told["server"]},
        }
    return app
