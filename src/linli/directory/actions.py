from collections.abc import Iterable
from datetime import date, time
from uuid import UUID

from django.db import transaction

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.machine import Refused
from linli.kernel.timeline.record import record
from linli.kernel.units.models import ServiceArea, Unit, UnitKind

from .enums import OperatingModel
from .models import OpeningHours, Organisation, Site

Span = tuple[int, time, time]


def _tell(actor: Actor, verb: str, unit: Unit, **data: str | int) -> None:
    record(
        actor,
        f"directory.{verb}",
        subject_type="directory.site",
        subject_id=unit.pk,
        area=unit.area_id,
        unit=unit.pk,
        **data,
    )


def _covers(actor: Actor, areas: Iterable[int]) -> bool:
    """Whether all the areas are the actor's: what a unit serves, its staff may look at."""
    return actor.is_system or all(actor.scope.covers(one) for one in areas)


@transaction.atomic
def open_site(
    *,
    actor: Actor,
    kind: UnitKind,
    zh: str,
    en: str,
    area: int,
    serves: Iterable[int],
    parent_id: UUID | None = None,
    operator_id: UUID | None = None,
    competent_body: str = "social_work_department",
    operating_model: OperatingModel = OperatingModel.PURCHASED,
    address: str = "",
    phone: str = "",
    capacity: int = 20,
) -> Site:
    """Open a site and the unit it belongs to, with the areas it serves from today on."""
    serves = set(serves)
    if not holds(actor, "directory.manage") or not _covers(actor, {area, *serves}):
        raise Refused
    unit = Unit.objects.create(
        kind=kind,
        parent_id=parent_id,
        area_id=area,
        competent_body=competent_body,
        zh=zh,
        en=en,
        valid_from=actor.today,
    )
    site = Site.objects.create(
        unit=unit,
        operator_id=operator_id,
        operating_model=operating_model,
        address=address,
        phone=phone,
        capacity=capacity,
        updated_at=actor.now,
    )
    if not can(actor, "directory.manage", site):
        raise Refused
    _tell(actor, "site_opened", unit, kind=str(kind))
    for code in sorted(serves):
        ServiceArea.objects.create(unit=unit, area_id=code, valid_from=actor.today)
    return site


@transaction.atomic
def change_site(
    site: Site,
    *,
    actor: Actor,
    zh: str,
    en: str,
    address: str,
    phone: str,
    capacity: int,
    operating_model: str,
    competent_body: str,
    operator_id: UUID | None,
    serves: Iterable[int],
) -> None:
    """Change a site's details and the areas it serves; what ends, ends today and stays known."""
    if not can(actor, "directory.manage", site):
        raise Refused
    unit = site.unit
    unit.zh, unit.en, unit.competent_body = zh, en, competent_body
    unit.save(update_fields=("zh", "en", "competent_body"))
    site.address, site.phone, site.capacity = address, phone, capacity
    site.operating_model, site.operator_id = operating_model, operator_id
    site.updated_at = actor.now
    site.save(
        update_fields=(
            "address",
            "phone",
            "capacity",
            "operating_model",
            "operator",
            "updated_at",
        )
    )
    _tell(actor, "site_changed", unit)
    _serve(unit, set(serves), actor=actor)


def _serve(unit: Unit, wanted: set[int], *, actor: Actor) -> None:
    held = list(ServiceArea.objects.filter(unit=unit, valid_to__isnull=True))
    if not _covers(actor, wanted ^ {one.area_id for one in held}):
        raise Refused
    for one in held:
        if one.area_id not in wanted:
            one.valid_to = actor.today
            one.save(update_fields=("valid_to",))
            _tell(actor, "area_removed", unit, code=one.area_id)
    for code in sorted(wanted - {one.area_id for one in held}):
        ServiceArea.objects.create(unit=unit, area_id=code, valid_from=actor.today)
        _tell(actor, "area_added", unit, code=code)


@transaction.atomic
def close_site(site: Site, *, actor: Actor, last_day: date) -> None:
    """Close a site after a last day; its records and history stay."""
    if not can(actor, "directory.manage", site):
        raise Refused
    site.unit.valid_to = last_day
    site.unit.save(update_fields=("valid_to",))
    ServiceArea.objects.filter(unit=site.unit, valid_to__isnull=True).update(valid_to=last_day)
    _tell(actor, "site_closed", site.unit)


@transaction.atomic
def set_hours(site: Site, *, actor: Actor, spans: Iterable[Span]) -> None:
    """Replace the opening hours by (weekday, opens, closes) spans."""
    if not can(actor, "directory.own_hours", site):
        raise Refused
    site.hours.all().delete()
    OpeningHours.objects.bulk_create(
        [OpeningHours(site=site, weekday=day, opens=a, closes=b) for day, a, b in spans]
    )
    _tell(actor, "hours_set", site.unit)


@transaction.atomic
def register_organisation(
    *, actor: Actor, zh: str, en: str, area: int, credit_code: str, phone: str = ""
) -> Organisation:
    """Register a service agency with its unified social credit code (already checked)."""
    if not holds(actor, "directory.manage") or not _covers(actor, {area}):
        raise Refused
    unit = Unit.objects.create(
        kind=UnitKind.AGENCY,
        area_id=area,
        competent_body="civil_affairs",
        zh=zh,
        en=en,
        valid_from=actor.today,
    )
    _tell(actor, "site_opened", unit, kind=str(UnitKind.AGENCY))
    return Organisation.objects.create(unit=unit, credit_code=credit_code, phone=phone)


@transaction.atomic
def open_department(
    *, actor: Actor, zh: str, en: str, area: int, competent_body: str = "social_work_department"
) -> Unit:
    """Open a competent department, the unit in which officers and administrators work.

    Only the system opens one: with a department begins who may look after an area at all.
    """
    if not actor.is_system:
        raise Refused
    unit = Unit.objects.create(
        kind=UnitKind.DEPARTMENT,
        area_id=area,
        competent_body=competent_body,
        zh=zh,
        en=en,
        valid_from=actor.today,
    )
    _tell(actor, "site_opened", unit, kind=str(UnitKind.DEPARTMENT))
    return unit
