from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from random import Random
from uuid import UUID

from linli.kernel.crypto.sealing import blind, seal
from linli.lib.names import pinyin_key, search_tokens
from linli.lib.uuid7 import uuid7_at
from linli.people.queries import CITIZEN_ID, PHONE

from .network import Network, Station
from .spool import Spool

SURNAMES = "王李张刘陈杨黄吴林蔡许郑谢洪曾庄苏叶吕何郭施柯颜傅潘邱戴卢尤"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英华玉兰桂珍凤春梅海燕红霞建国文辉志鹏婷雪琳宇欣"
CATEGORIES = ("dibao", "tekun", "older_alone", "older_80", "disabled", "child_left_behind")
PERSON = (
    "id", "area_id", "unit_id", "name", "preferred_name", "pinyin_key", "sex", "born_on", "phone",
    "phone_index", "citizen_id", "citizen_id_index", "address", "recorded_at",
)  # fmt: skip
TOKEN = ("area_id", "unit_id", "person_id", "token")
CATEGORY = ("id", "person_id", "code", "source", "valid_from")
BASIS = ("id", "person_id", "code", "form", "given_on")


@cache
def _read(name: str) -> tuple[str, tuple[str, ...]]:
    return pinyin_key(name), tuple(sorted(search_tokens(name)))


class People:
    """Persons on file with their tokens, numbers, categories and legal basis."""

    def __init__(self, random: Random, network: Network, *, now: datetime) -> None:
        self.random = random
        self.network = network
        self.now = now
        self.numbers = count()
        self.spools = (
            Spool("people_person", PERSON),
            Spool("people_nametoken", TOKEN),
            Spool("people_personcategory", CATEGORY),
            Spool("people_basis", BASIS),
        )

    def write(self, how_many: int) -> tuple[Spool, ...]:
        """Draw so many persons; their ids are noted with their stations."""
        weights = [one.weight for one in self.network.stations]
        for station in self.random.choices(self.network.stations, weights, k=how_many):
            station.people.append(self._person(station))
        return self.spools

    def _person(self, station: Station) -> UUID:
        random = self.random
        at = self.now - timedelta(days=random.randint(10, 900), seconds=random.randint(0, 86400))
        key, area = uuid7_at(at, random), random.choice(station.villages)
        name = random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=random.randint(1, 2)))
        pinyin, tokens = _read(name)
        born = at.date() - timedelta(days=random.randint(2000, 33000))
        # No such numbers are given out: the area code 990000 does not exist, nor the prefix 100.
        number = next(self.numbers)
        phone, citizen = f"100{number:08d}", f"990000{born:%Y%m%d}{number % 1000:03d}{number}"
        persons, names, categories, bases = self.spools
        persons.add(
            (
                key, area, station.unit, name, "", pinyin, random.choice(("female", "male")), born,
                seal(phone, purpose="people_person.phone"), blind(phone, purpose=PHONE),
                seal(citizen, purpose="people_person.citizen_id"),
                blind(citizen, purpose=CITIZEN_ID),
                seal("试算路 1 号", purpose="people_person.address"), at,
            )
        )  # fmt: skip
        names.add_all((area, station.unit, key, token) for token in tokens)
        categories.add_all(self._categories(key, at))
        bases.add((uuid7_at(at, random), key, "consent", "signed", at.date()))
        return key

    def _categories(self, person: UUID, at: datetime) -> Iterator[tuple[object, ...]]:
        for code in self.random.sample(CATEGORIES, self.random.choice((0, 0, 1, 1, 2))):
            yield uuid7_at(at, self.random), person, code, "trial", at.date()
