"""Loaded before Django's settings: gives the benchmarks a home and a server of their own."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
HOME = Path(os.environ.get("LINLI_BENCH_HOME", CACHE / "bench-home"))
RESULTS = CACHE / "bench"
DATABASE = "linli_bench"
TEMPLATE = "linli_bench_template"
SIZE = int(os.environ.get("SIZE", "200000"))

HOME.parent.mkdir(parents=True, exist_ok=True)
os.environ["LINLI_HOME"] = str(HOME)
os.environ["LINLI_DATABASE_NAME"] = DATABASE
os.environ["DJANGO_SETTINGS_MODULE"] = "linli.site.settings"
for _name in ("LINLI_DATABASE_URL", "LINLI_HTTPS", "LINLI_DEBUG", "LINLI_ALLOWED_HOSTS"):
    os.environ.pop(_name, None)
