from uuid import UUID

import pytest

from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import User
from linli.site.install import UserRefused, add_user

from ..world import PASSWORD, World

pytestmark = pytest.mark.django_db
NOWHERE = UUID(int=7)


def test_somebody_added_signs_in_and_has_the_post(world: World) -> None:
    added = add_user(
        username="li", name="Li", password=PASSWORD, role="worker", unit=world.unit_id("station")
    )

    found = User.objects.get(username="li")
    assert found.check_password(PASSWORD)
    assert found.pk == added.pk
    (post,) = found.posts.all()
    assert (post.role, post.unit_id) == (Role.WORKER, world.unit_id("station"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"password": "short"}, "10"),
        ({"username": "HEAD"}, "user"),
        ({"role": "king"}, "king"),
        ({"unit": NOWHERE}, str(NOWHERE)),
    ],
)
def test_nobody_is_added_half(world: World, given: dict[str, object], sentence: str) -> None:
    told = {
        "username": "li",
        "name": "Li",
        "password": PASSWORD,
        "role": "worker",
        "unit": world.unit_id("station"),
    }
    before = User.objects.count()

    with pytest.raises(UserRefused, match=sentence):
        add_user(**(told | given))  # type: ignore[arg-type]

    assert User.objects.count() == before
