"""Requests registered over the API by several clients while processes are being killed."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

CLIENTS = 6


@dataclass
class Load:
    """What clients were told: ids that were acknowledged, and how many calls got no answer."""

    port: int
    key: str
    body: dict[str, Any]
    acknowledged: list[UUID] = field(default_factory=list)
    unanswered: int = 0
    refused: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._client, daemon=True) for _at in range(CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def _client(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while not self.stop.is_set():
            try:
                connection.request(
                    "POST",
                    "/api/v1/requests",
                    json.dumps(self.body),
                    {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
                )
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                # Closed, it connects anew with the next call.
                connection.close()
                self.unanswered += 1
                time.sleep(0.05)
                continue
            if answer.status == 201:
                self.acknowledged.append(UUID(json.loads(text)["id"]))
            else:
                self.refused.append(f"{answer.status} {text[:200]!r}")
        connection.close()
