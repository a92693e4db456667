import time
from datetime import timedelta
from random import Random

import pytest
from django.db import connections, transaction
from django.utils import timezone

from linli.kernel.stats.fold import fold
from linli.site.demo.ledger import Ledger
from linli.site.demo.network import LICHENG
from linli.site.demo.script import write_script

from ..conftest import clone
from .excerpt import excerpt
from .player import ActionPlayer
from .snapshot import differences, snapshot

DEHUA = 350526000000
NOW = timezone.now()


def bulk(script):
    ledger = Ledger(password="x", pin="271828", random=Random(1))
    script.play(ledger)
    with transaction.atomic(using="load"):
        with connections["load"].cursor() as cursor:
            cursor.execute("SELECT set_config('linli.actor', 'system:demo', true)")
        ledger.copy()


@pytest.mark.usefixtures("fresh_database")
def test_equal(template_name, database_name):
    t = time.time()
    whole = write_script(NOW)
    print("script", time.time() - t); t = time.time()
    import os
    part = excerpt(whole, counties={LICHENG, DEHUA}, requests=int(os.environ.get("N", "60")))
    n = len(list(part.steps()))
    print(n, len(part.network), len(part.people), len(part.services), len(part.requests))
    player = ActionPlayer(password="x")
    for s in part.network: player.play(s)
    print("network", time.time() - t); t = time.time()
    from linli.site.demo.steps import in_order
    for s in in_order((*part.people, *part.services, *part.requests)):
        try: player.play(s)
        except Exception as e:
            print("FAILED", s); raise
    d=time.time() - t
    print("rest", d, (n-len(part.network))/d); t = time.time()
    while fold(): pass
    one = snapshot()
    clone(template_name, database_name)
    bulk(part)
    while fold(): pass
    other = snapshot()
    diff = differences(one, other)
    print(len(diff))
    open("/tmp/linli/diff.txt","w").write("\n".join(diff))
    assert not diff
