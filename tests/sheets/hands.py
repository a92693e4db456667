"""Short ways for the tests of imports: a bureau's own sheet, and an import driven to its end."""

from collections.abc import Sequence
from typing import Any

from linli.kernel.scope import unscoped
from linli.kernel.sheets import actions, queries, work
from linli.kernel.sheets.declare import kind_of
from linli.kernel.sheets.enums import BUSY, ImportState
from linli.kernel.sheets.models import Import, Row
from linli.kernel.sheets.plan import Plan, suggested
from linli.lib.xlsx import Sheet, SheetColumn, write_workbook

from ..conftest import acting
from ..world import World

JOBS = {
    ImportState.UPLOADED: work.read_file,
    ImportState.CHECKING: work.check_rows,
    ImportState.RUNNING: work.store_rows,
    ImportState.UNDOING: work.take_back,
}
# Headings as a civil-affairs bureau has them; none is ours.
HEADINGS = (
    "序号",
    "服务对象姓名",
    "性别",
    "身份证号",
    "手机号码",
    "所在社区",
    "对象类别",
    "认定单位",
)
STATUTORY = {"basis": "statutory_duty"}
VILLAGE_NAME = "350502004001"


def workbook(rows: Sequence[Sequence[Any]], headings: Sequence[str] = HEADINGS) -> bytes:
    return write_workbook([Sheet("花名册", [SheetColumn(one) for one in headings], rows)])


def person_row(number: int, **given: str) -> list[str]:
    told = {
        "name": f"测试{number}",
        "sex": "女",
        "citizen_id": "",
        "phone": f"138{number:08d}",
        "area": VILLAGE_NAME,
        "category": "低保",
        "source": "测试民政局",
    } | given
    return [str(number), *told.values()]


def upload(
    world: World,
    blob: bytes,
    *,
    by: str = "head",
    kind: str = "people",
    name: str = "花名册.xlsx",
) -> Import:
    found = kind_of(kind)
    assert found is not None
    with acting(world.actor(by)) as actor:
        return actions.upload(actor=actor, kind=found, name=name, blob=blob)


def drive(batch: Import, *, most: int = 1_000) -> Import:
    """What the worker would do, until somebody has to say something."""
    for _step in range(most):
        batch = fresh(batch)
        if batch.state not in BUSY:
            return batch
        JOBS[ImportState(batch.state)](str(batch.pk))
    raise AssertionError(f"it is still {batch.state}")


def fresh(batch: Import) -> Import:
    with unscoped("tests"):
        return Import.objects.get(pk=batch.pk)


def planned(world: World, batch: Import, *, by: str = "head", **fixed: str) -> Plan:
    """The plan that is suggested, with some values for every row."""
    kind = kind_of(batch.kind)
    assert kind is not None
    with acting(world.actor(by)) as actor:
        said = queries.said_by(batch.unit_id, batch.kind)
        plan = suggested(queries.sheets_of(batch), kind, actor, said)
    plan.fixed.update(fixed)
    return plan


def checked(
    world: World,
    blob: bytes,
    *,
    by: str = "head",
    kind: str = "people",
    name: str = "花名册.xlsx",
    **fixed: str,
) -> Import:
    """An import whose rows have been checked."""
    batch = drive(upload(world, blob, by=by, kind=kind, name=name))
    assert batch.state == ImportState.READ, batch.reason
    plan = planned(world, batch, by=by, **(fixed or STATUTORY))
    with acting(world.actor(by)) as actor:
        actions.plan_import(batch, actor=actor, plan=plan)
    return drive(batch)


def run(world: World, batch: Import, *, by: str = "head") -> Import:
    with acting(world.actor(by)) as actor:
        actions.run_import(fresh(batch), actor=actor)
    return drive(batch)


def undo(world: World, batch: Import, *, by: str = "head") -> Import:
    with acting(world.actor(by)) as actor:
        actions.undo_import(fresh(batch), actor=actor)
    return drive(batch)


def outcomes(batch: Import) -> dict[str, int]:
    return queries.counts(batch)


def problems(batch: Import) -> list[tuple[int, str, str]]:
    """Row, column and message of each problem."""
    rows = Row.objects.filter(batch=batch).order_by("number")
    return [(row.number, column, text) for row in rows for column, text, _told in row.problems]
