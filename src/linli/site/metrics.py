"""Numbers for Prometheus: what each request took, and how the installation is.

Two processes answer requests. What they count goes into files of their own in one folder, which
`linli serve` makes when it starts; whichever of them is asked adds all files up. Everything else
is asked of the database and the disk at that moment, so it is the same from both.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import REGISTRY as OF_THIS_PROCESS
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

import linli
from linli.kernel.access import public

from .figures import Figures, figures
from .home import Home

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
TOKEN = "metrics"  # noqa: S105  (the name of a secret)
BEARER = "Bearer "
LATENCY_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter(
    "linli_requests", "Requests by page, method and answer.", ["page", "method", "status"]
)
LATENCY = Histogram(
    "linli_request_seconds", "Seconds until the answer.", ["page"], buckets=LATENCY_SECONDS
)


def count(page: str, method: str, status: int, seconds: float) -> None:
    """Count one request."""
    REQUESTS.labels(page, method, str(status)).inc()
    LATENCY.labels(page).observe(seconds)


class Installation(Collector):
    """How the installation is at this moment."""

    def collect(self) -> Iterator[Metric]:
        now = figures(Home.open())
        built = GaugeMetricFamily("linli_build_info", "The version.", labels=["version"])
        built.add_metric([linli.__version__], 1)
        yield built
        for name, told, value in values(now):
            if value is not None:
                yield GaugeMetricFamily(f"linli_{name}", told, value=value)
        disks = GaugeMetricFamily("linli_disk_free_bytes", "Room left.", labels=["disk"])
        shares = GaugeMetricFamily("linli_disk_used_ratio", "How full, 0 to 1.", labels=["disk"])
        for one in now.disks:
            disks.add_metric([one.name], one.free)
            shares.add_metric([one.name], one.used)
        yield disks
        yield shares


def values(now: Figures) -> list[tuple[str, str, float | None]]:
    """Every figure that is one number: its name, what it says, the number."""
    return [
        ("database_bytes", "Size of the database.", now.database_bytes),
        ("database_connections", "Connections to the database.", now.connections),
        ("jobs_waiting", "Jobs that wait.", now.jobs_waiting),
        ("jobs_failed", "Jobs that have failed.", now.jobs_failed),
        ("jobs_oldest_seconds", "How long the oldest job is due.", now.oldest_job_seconds),
        ("workers", "Job workers that have told of themselves.", now.workers),
        ("seal_age_seconds", "Since the timeline was sealed.", now.seal_seconds),
        ("unsealed_seconds", "How long the oldest event waits for a seal.", now.unsealed_seconds),
        ("deltas_waiting", "Changes not yet folded into the statistics.", now.deltas),
        ("backup_age_seconds", "Since the last whole backup.", now.backup_seconds),
        ("log_archived_age_seconds", "Since a part of the log was copied.", now.archived_seconds),
        ("log_archive_failing", "1 while parts of the log cannot be copied.", now.is_failing),
    ]


def registry() -> CollectorRegistry:
    """What is shown: the requests of all web processes, and the installation."""
    shown = CollectorRegistry()
    if folder := os.environ.get(FOLDER):
        MultiProcessCollector(shown, path=str(Path(folder)))
    else:
        shown.register(OfThisProcess())
    shown.register(Installation())
    return shown


class OfThisProcess(Collector):
    """The requests of a server that is one process."""

    def collect(self) -> Iterator[Metric]:
        for one in OF_THIS_PROCESS.collect():
            if one.name.startswith("linli_"):
                yield one


@public("Prometheus with the token of this installation; for everybody else there is no such page")
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, for whoever holds the token in `LINLI_HOME/secrets/metrics`."""
    given = request.headers.get("Authorization", "").removeprefix(BEARER).strip()
    if not secrets.compare_digest(given.encode(), Home.open().secret(TOKEN).encode()):
        raise Http404
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)
