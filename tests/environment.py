"""Loaded before Django's settings: gives the tests a home and a server of their own."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("LINLI_TEST_HOME", ROOT / ".cache" / "test-home"))

HOME.parent.mkdir(parents=True, exist_ok=True)
os.environ["LINLI_HOME"] = str(HOME)
os.environ["LINLI_ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
# Whoever tests sends more than anybody else; what limits do is tested with limits of their own.
os.environ["LINLI_API_CALLS"] = os.environ["LINLI_API_STRANGERS"] = "10000000"
os.environ["LINLI_HOOK_HOSTS"] = "hooks.example.org,.example.net"
# Most tests are about what comes after; those about the second factor switch it on.
os.environ["LINLI_SECOND_FACTOR"] = "off"
for name in ("LINLI_HTTPS", "LINLI_DEBUG", "LINLI_PASSWORD_POLICY", "LINLI_SIGN_IN_WITH"):
    os.environ.pop(name, None)
# Playwright runs an event loop in the thread in which journeys also look into the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
