from datetime import datetime
from random import Random

from .asking import REQUESTS, write_requests
from .deadlines import Deadlines
from .moments import Moments
from .network import build_network
from .people import RegisterWriter
from .places import Places
from .services import SERVICES, write_services
from .showcase import SHOWN_REQUESTS, write_showcase
from .steps import Script
from .story import Cast
from .texts import Numbers, Words

SEED = 3505


def write_script(
    now: datetime, *, requests: int = REQUESTS, services: int = SERVICES, seed: int = SEED
) -> Script:
    """All that has happened in the invented city up to now; the same for the same now and seed.

    `services` counts those given on orders too.
    """
    random = Random(seed)  # noqa: S311 - invented data, and the same each time
    network = build_network(Places(), now, random)
    moments = Moments(now, random)
    words, numbers = Words(random), Numbers(random)
    register = RegisterWriter(network, moments, random, numbers).write()
    cast = Cast(network, register, moments, Deadlines(), random, words, numbers)
    shown = write_showcase(cast, first=1)
    asked = write_requests(cast, requests - SHOWN_REQUESTS, first=SHOWN_REQUESTS + 1)
    stories = (*shown, *asked)
    on_orders = sum(step.verb == "dispatch.serve_order" for tale in stories for step in tale.steps)
    others = write_services(cast, max(0, services - on_orders))
    return Script(tuple(network.steps), tuple(register.tales), tuple(others), stories)
