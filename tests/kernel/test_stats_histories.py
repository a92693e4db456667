from hypothesis import HealthCheck, given, settings

from ..world import World
from .facts import add_places
from .histories import Step, live, steps


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=steps)
def test_after_any_history_every_number_equals_a_recount(world: World, history: list[Step]) -> None:
    add_places()
    live(world, history)
