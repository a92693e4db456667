from collections.abc import Iterable
from datetime import date, time
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.versions import lock, swap
from linli.kernel.timeline.record import record
from linli.kernel.units.models import ServiceArea, Unit, UnitKind

from .enums import OperatingModel, Weekday
from .models import OpeningHours, Organisation, Site

Span = tuple[int, time, time]
SUBJECT = "directory.site"


class BuiltOn(Exception):
    """Something refers to what was to be taken out of the directory."""


def _tell(actor: Actor, verb: str, unit: Unit, **data: str | int) -> None:
    record(
        actor,
        f"directory.{verb}",
        subject_type=SUBJECT,
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
    seen: int | None = None,
) -> None:
    """Change a site's details and the areas it serves; what ends, ends today and stays known.

    `seen` is the version that was changed from. Raises Overtaken if somebody else has changed the
    same since.
    """
    if not can(actor, "directory.manage", site):
        raise Refused
    lock(site)
    unit = site.unit
    of_unit = {"zh": zh, "en": en, "competent_body": competent_body}
    of_site = {
        "address": address,
        "phone": phone,
        "capacity": capacity,
        "operating_model": operating_model,
    }
    held = {name: getattr(unit, name) for name in of_unit}
    held |= {name: getattr(site, name) for name in of_site}
    held |= {"operator": site.operator_id, "serves": _served(unit)}
    wanted = of_unit | of_site | {"operator": operator_id, "serves": set(serves)}
    told = swap(site, SUBJECT, seen=seen, held=held, wanted=wanted, with_names=False)
    if not told:
        return
    Unit.objects.filter(pk=unit.pk).update(**of_unit)
    Site.objects.filter(pk=site.pk).update(**of_site, operator_id=operator_id, updated_at=actor.now)
    site.refresh_from_db()
    _tell(actor, "site_changed", site.unit, **told)
    _serve(site.unit, set(serves), actor=actor)


def _served(unit: Unit) -> set[int]:
    held = ServiceArea.objects.filter(unit=unit, valid_to__isnull=True)
    return set(held.values_list("area_id", flat=True))


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
    """Close a site after a last day; its records and history stay. Raises Stale if it is closed."""
    if not can(actor, "directory.manage", site):
        raise Refused
    lock(site)
    unit = site.unit
    if unit.valid_to is not None:
        raise Stale
    told = swap(site, SUBJECT, seen=None, held={"last_day": None}, wanted={"last_day": last_day})
    unit.valid_to = last_day
    unit.save(update_fields=("valid_to",))
    ServiceArea.objects.filter(unit=unit, valid_to__isnull=True).update(valid_to=last_day)
    _tell(actor, "site_closed", unit, **told)


@transaction.atomic
def set_hours(site: Site, *, actor: Actor, spans: Iterable[Span], seen: int | None = None) -> None:
    """Replace the opening hours by (weekday, opens, closes) spans; `seen` as in `change_site`."""
    if not can(actor, "directory.own_hours", site):
        raise Refused
    lock(site)
    wanted = sorted(spans)
    held = [(one.weekday, one.opens, one.closes) for one in site.hours.all()]
    told = swap(
        site, SUBJECT, seen=seen, held=_by_day(held), wanted=_by_day(wanted), with_names=False
    )
    if not told:
        return
    site.hours.all().delete()
    OpeningHours.objects.bulk_create(
        [OpeningHours(site=site, weekday=day, opens=a, closes=b) for day, a, b in wanted]
    )
    _tell(actor, "hours_set", site.unit, **told)


def _by_day(spans: Iterable[Span]) -> dict[str, object]:
    """The spans of each weekday, by the names of the fields in which they are written down."""
    held = list(spans)
    return {f"day{day}": [span for span in held if span[0] == day] for day in Weekday.values}


@transaction.atomic
def register_organisation(
    *, actor: Actor, zh: str, en: str, area: int, credit_code: str, phone: str = ""
) -> Organisation:
    """Register a service agency with its unified social credit code (already checked)."""
    if not holds(actor, "agencies.manage") or not _covers(actor, {area}):
        raise Refused
    unit = Unit.objects.create(
        kind=UnitKind.AGENCY,
        area_id=area,
        competent_body="civil_affairs",
        zh=zh,
        en=en,
        valid_from=actor.today,
    )
    made = Organisation.objects.create(
        unit=unit, credit_code=credit_code, phone=phone, updated_at=actor.now
    )
    _tell(actor, "agency_registered", unit)
    return made


@transaction.atomic
def remove_imported(unit: Unit, *, actor: Actor) -> None:
    """Take a site or an agency out of the directory that an import has put there.

    Raises BuiltOn if anything refers to it.
    """
    sites, agencies = Site.objects.filter(pk=unit.pk), Organisation.objects.filter(pk=unit.pk)
    held = sites.first()
    allowed = held is not None and can(actor, "directory.manage", held)
    for one in agencies:
        allowed = allowed or can(actor, "agencies.manage", one)
    if not allowed:
        raise Refused
    _tell(actor, "removed", unit)
    try:
        with transaction.atomic():
            ServiceArea.objects.filter(unit=unit).delete()
            sites.delete()
            agencies.delete()
            Unit.objects.filter(pk=unit.pk).delete()
    except (ProtectedError, IntegrityError) as error:
        raise BuiltOn from error


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


@transaction.atomic
def change_organisation(
    organisation: Organisation,
    *,
    actor: Actor,
    zh: str,
    en: str,
    phone: str,
    seen: int | None = None,
) -> None:
    """Change how an agency is called and reached; `seen` as in `change_site`."""
    if not can(actor, "agencies.manage", organisation):
        raise Refused
    lock(organisation)
    unit = organisation.unit
    held = {"zh": unit.zh, "en": unit.en, "phone": organisation.phone}
    wanted = {"zh": zh, "en": en, "phone": phone}
    told = swap(organisation, SUBJECT, seen=seen, held=held, wanted=wanted, with_names=False)
    if not told:
        return
    unit.zh, unit.en = zh, en
    unit.save(update_fields=("zh", "en"))
    organisation.phone, organisation.updated_at = phone, actor.now
    organisation.save(update_fields=("phone", "updated_at"))
    _tell(actor, "agency_changed", unit, **told)
