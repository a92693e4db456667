from hypothesis import HealthCheck, given, settings

from tests.kernel.facts import add_places
from tests.kernel.histories import Step, live, steps
from tests.world import World


@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=steps)
def test_after_two_thousand_histories_every_number_equals_a_recount(
    world: World, history: list[Step]
) -> None:
    add_places()
    live(world, history)
