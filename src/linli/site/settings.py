"""Settings: one file, read from the environment by typed readers that refuse what they don't know.

LINLI_HOME               data, keys and the embedded database
LINLI_DATABASE_URL       an existing PostgreSQL instead (see databases.py)
LINLI_DEBUG              on | off (default off)
LINLI_ALLOWED_HOSTS      comma-separated host names (default: this machine only)
LINLI_HTTPS              on | off (default off): secure cookies, HSTS, redirects
LINLI_TRUSTED_PROXIES    comma-separated addresses of the proxies before us, whose word on where a
                         request comes from is taken (throttling of sign-in and receipts)
LINLI_HEADS              comma-separated folders, best on other machines, to which the head of the
                         timeline's chain is published beside LINLI_HOME/heads
LINLI_API_CALLS          calls of a program a minute for each key (default 600)
LINLI_API_STRANGERS      calls a minute for each address without a valid key (default 60)
LINLI_HOOK_HOSTS         comma-separated hosts that web hooks may call, a whole domain with a dot
                         before it (default: none)
LINLI_HOOK_LOOPBACK      on | off (default off): web hooks may call this machine, to try them
LINLI_HOME_AREA          the area code with which the public pages begin
LINLI_POSTGRES           auto | debian | embedded: whose programs our own server runs on
LINLI_LOG_DAYS           how many days logs are kept (default 200, 183 or more: six months by law)
LINLI_LOG_MEGABYTES      how large they may become together before the oldest go (default 2048)
and how people sign in: see entrance.py
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from linli.kernel.ui.jinja import WIDGETS

from .databases import database_settings
from .entrance import PROVIDERS, outside_providers
from .environment import (
    SettingError,
    read_choice,
    read_list,
    read_number,
    read_switch,
)
from .home import Home

HOME = Home.open()
PACKAGE = Path(__file__).resolve().parent.parent

DEBUG = read_switch("LINLI_DEBUG", False)
SECRET_KEY = HOME.secret("django")
LINLI_FIELD_KEYS = HOME.keyring("fields")
LINLI_INDEX_KEYS = HOME.keyring("indexes")
ALLOWED_HOSTS = read_list("LINLI_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")

LINLI_TRUSTED_PROXIES = frozenset(read_list("LINLI_TRUSTED_PROXIES", ""))
LINLI_HEADS = [HOME.path("heads"), *map(Path, read_list("LINLI_HEADS", ""))]
LINLI_API_CALLS = read_number("LINLI_API_CALLS", 600)
LINLI_API_STRANGERS = read_number("LINLI_API_STRANGERS", 60)
LINLI_HOOK_HOSTS = tuple(one.lower() for one in read_list("LINLI_HOOK_HOSTS", ""))
LINLI_HOOK_LOOPBACK = read_switch("LINLI_HOOK_LOOPBACK", False)
LINLI_HOME_AREA = os.environ.get("LINLI_HOME_AREA", "")
if LINLI_HOME_AREA and not (LINLI_HOME_AREA.isdigit() and len(LINLI_HOME_AREA) in {2, 4, 6, 9, 12}):
    raise SettingError(f"LINLI_HOME_AREA must be an area code, not {LINLI_HOME_AREA!r}")

ROOMS = ("directory", "people", "services", "dispatch", "intake", "portal", "gateway")
KERNEL = (
    "terms", "areas", "units", "accounts", "timeline", "jobs", "operations", "flow", "staff",
    "reorganise", "hooks", "stats", "forms", "sheets", "ui",
)  # fmt: skip

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    *(f"allauth.socialaccount.providers.{name}" for name in PROVIDERS),
    "procrastinate.contrib.django",
    *(f"linli.kernel.{name}.apps.{name.capitalize()}Config" for name in KERNEL),
    *(f"linli.{name}.apps.{name.capitalize()}Config" for name in ROOMS),
    "linli.site.apps.SiteConfig",
]

MIDDLEWARE = [
    "linli.site.watching.WatchMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "linli.site.cookies.CookieMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "linli.gateway.limits.LimitMiddleware",
    "linli.kernel.accounts.middleware.ActorMiddleware",
    "linli.site.caching.PrivateMiddleware",
    "linli.site.passwords.OwnPasswordMiddleware",
    "linli.site.factors.SecondFactorMiddleware",
    "linli.site.drafts.DraftMiddleware",
    "linli.kernel.ui.once.OnceMiddleware",
    "linli.site.errors.SentenceMiddleware",
]

ROOT_URLCONF = "linli.site.urls"
WSGI_APPLICATION = "linli.site.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        # Our own before those of Django's widgets.
        "DIRS": [
            *(PACKAGE / "kernel" / name / "templates" for name in KERNEL),
            *(PACKAGE / name / "templates" for name in (*ROOMS, "site")),
            WIDGETS,
        ],
        "OPTIONS": {
            "environment": "linli.kernel.ui.jinja.environment",
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "linli.kernel.ui.context.frame",
                "linli.site.own.entrance",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = database_settings(HOME)
DATABASE_ROUTERS = ["linli.site.databases.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
# User names are unique in any case by a constraint, which this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = [
    "linli.kernel.accounts.backends.PhoneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "phone", "email")},
    },
    {"NAME": "linli.site.passwords.LongEnough"},
    {"NAME": "linli.site.passwords.Mixed"},
    {"NAME": "linli.site.passwords.NotOneOfTheLast"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "linli.site.passwords.NotTheDemonstrations"},
]
LINLI_PASSWORD_POLICY = read_choice("LINLI_PASSWORD_POLICY", ("asvs", "graded"), "asvs")
# Two blocking threads serve everybody: a sign-in may cost a tenth of a second, not half a one.
PASSWORD_HASHERS = [
    "linli.kernel.accounts.hashers.Pbkdf2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
ACCOUNT_ADAPTER = "linli.kernel.staff.signing.SigningAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_RATE_LIMITS = False

LINLI_SECOND_FACTOR = read_choice(
    "LINLI_SECOND_FACTOR", ("administrators", "everybody", "off"), "administrators"
)
MFA_ADAPTER = "linli.kernel.accounts.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Linli"
# Ours counts failures where they come from; a key is not guessed.
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "linli.kernel.staff.second.CodeForm",
    "authenticate_webauthn": "linli.kernel.staff.second.PasskeyForm",
}

SOCIALACCOUNT_ADAPTER = "linli.kernel.staff.outside.OutsideAdapter"
SOCIALACCOUNT_PROVIDERS = outside_providers()
SOCIALACCOUNT_STORE_TOKENS = False

# Messages may name people: they stay on the server.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "linli.kernel.accounts.sessions"
LINLI_IDLE_TIMEOUT = timedelta(minutes=read_number("LINLI_IDLE_MINUTES", 30, least=1, most=24 * 60))
LINLI_SESSION_TIMEOUT = timedelta(hours=read_number("LINLI_SESSION_HOURS", 12, least=1, most=24))
SESSION_COOKIE_AGE = int(LINLI_SESSION_TIMEOUT.total_seconds())
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "linli.site.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

HTTPS = read_switch("LINLI_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "linli.site.formats"
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
STATIC_ROOT = HOME.path("static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
FILE_UPLOAD_HANDLERS = ["linli.kernel.sheets.uploads.BoundedUpload"]

# Cybersecurity Law, article on network logs: six months at least.
LOG_FEWEST_DAYS = 183
LINLI_LOG_DAYS = read_number("LINLI_LOG_DAYS", 200, least=LOG_FEWEST_DAYS)
LINLI_LOG_MEGABYTES = read_number("LINLI_LOG_MEGABYTES", 2048, least=64)
LOG_FOLDER = HOME.path("log")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "linli.lib.logs.Formatter"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "level": "WARNING"},
        "file": {
            "class": "linli.lib.logs.DayFile",
            "folder": str(LOG_FOLDER),
            "formatter": "json",
        },
    },
    "loggers": {
        "linli": {"level": "INFO"},
        # One line for each request is ours, and Django's own way of mailing errors is not used.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
    },
    "root": {"handlers": ["stderr", "file"], "level": "WARNING"},
}
