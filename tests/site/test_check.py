from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections, transaction
from pytest_django import Settings

from linli.kernel.flow.models import CalendarYear
from linli.site import check
from linli.site.check import Finding


def codes(findings: Iterable[Finding]) -> list[str]:
    return [f"{finding.level} {finding.code}" for finding in findings]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("LINLI_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.django_db
@pytest.mark.parametrize(("value", "found"), [("off", 1), ("local", 0)])
def test_a_commit_that_is_not_waited_for_is_an_error(value: str, found: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL synchronous_commit = {value}")

    seen = codes(check.durability())

    assert seen.count("error postgres.synchronous_commit") == found


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_role_that_owns_tables_is_an_error_and_ours_owns_none() -> None:
    assert codes(check.database_role()) == []
    assert codes(check.database_role("owner")) == ["error role.owner"]


@pytest.mark.django_db
def test_chinese_names_can_be_found_in_the_database_of_the_tests() -> None:
    assert codes(check.chinese_search()) == []


@pytest.mark.django_db
def test_a_missing_holiday_table_is_an_error_now_and_a_warning_sixty_days_before() -> None:
    CalendarYear.objects.all().delete()
    CalendarYear.objects.create(year=2040, source="invented")

    assert codes(check.holidays(date(2040, 11, 1))) == []
    assert codes(check.holidays(date(2040, 11, 2))) == ["warning calendar.year"]
    assert codes(check.holidays(date(2041, 3, 1))) == ["error calendar.year"]


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_trigger_that_was_made_harmless_is_an_error() -> None:
    assert codes(check.guards()) == []
    nothing = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"

    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(f"CREATE OR REPLACE FUNCTION linli_require_actor() {nothing}")
        cursor.execute("ALTER TABLE flow_clock DISABLE TRIGGER linli_stats_clocks_insert")
        seen = codes(check.guards("owner"))
        transaction.set_rollback(True, using="owner")

    assert seen == ["error timeline.guard", "error stats.trigger"]


def test_a_secret_that_others_can_read_is_an_error(home: Path) -> None:
    (home / "secrets").mkdir()
    secret = home / "secrets" / "session"
    secret.write_text("x" * 64)
    secret.chmod(0o600)
    assert codes(check.home_folder()) == []

    secret.chmod(0o640)

    assert codes(check.home_folder()) == ["error home.open"]


def test_a_home_that_others_can_enter_is_an_error(home: Path) -> None:
    home.chmod(0o711)

    assert codes(check.home_folder()) == ["error home"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DEBUG", True, "error settings.debug"),
        ("SECRET_KEY", "x" * 49, "error settings.secret"),
        ("SECRET_KEY", "x" * 64, "error settings.secret"),
        (
            "SECRET_KEY",
            "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz",
            "error settings.secret",
        ),
        ("ALLOWED_HOSTS", ["linli.example", "*"], "error settings.hosts"),
        ("ALLOWED_HOSTS", [], "error settings.hosts"),
        ("HTTPS", False, "error settings.https"),
        ("LINLI_TRUSTED_PROXIES", frozenset(), "error settings.proxies"),
    ],
)
def test_settings_that_open_the_door(
    settings: Settings, name: str, value: object, code: str
) -> None:
    settings.DEBUG = False
    settings.SECRET_KEY = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghij"
    settings.ALLOWED_HOSTS = ["linli.example"]
    settings.LINLI_SECOND_FACTOR = "administrators"
    settings.HTTPS = True
    settings.LINLI_TRUSTED_PROXIES = frozenset({"10.0.0.1"})
    assert codes(check.django_settings()) == []

    setattr(settings, name, value)

    assert codes(check.django_settings()) == [code]


def test_on_this_machine_alone_nothing_need_be_encrypted(settings: Settings) -> None:
    settings.HTTPS = False
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    assert codes(check.django_settings()) == []


def test_djangos_own_deployment_checks_are_heard(settings: Settings) -> None:
    settings.CSRF_COOKIE_SECURE = False

    assert "warning security.W016" in codes(check.django_deployment())


def test_the_demonstration_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "is_demo", lambda: True)

    assert codes(check.demonstration()) == ["error demo"]


def test_a_check_that_cannot_ask_is_an_error_and_hides_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent() -> Iterator[Finding]:
        raise OperationalError("connection refused\n\tIs the server running?")
        yield

    def hesitant() -> Iterator[Finding]:
        yield Finding("warning", "some", "thing")

    monkeypatch.setattr(check, "CHECKS", (hesitant, silent))

    seen = check.run_checks()

    assert codes(seen) == ["error database.unanswered", "warning some"]
    assert seen[0].sentence.endswith("connection refused")
