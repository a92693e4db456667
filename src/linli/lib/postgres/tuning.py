"""The server's settings, by the memory of the machine."""

import os
from pathlib import Path

GIGABYTE = 2**30

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
# So that backups can begin without a restart. What is written is copied away after half a minute.
ARCHIVED = {"archive_mode": "on", "archive_timeout": "30s", "wal_level": "replica"}
TURBO = dict.fromkeys(DURABLE, "off")


def settings(memory: int, turbo: bool) -> dict[str, str]:
    """postgresql.conf for a machine with `memory` bytes that also runs the web processes."""
    return {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": megabytes(min(GIGABYTE, memory // 8)),
        "effective_cache_size": megabytes(memory // 2),
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "default_text_search_config": "pg_catalog.simple",
        "logging_collector": "on",
        "log_directory": "../log",
        "log_filename": "postgresql-%a.log",
        "log_rotation_age": "1d",
        "log_truncate_on_rotation": "on",
        "log_timezone": "UTC",
        # DETAIL and CONTEXT lines quote rows, and rows are about people.
        "log_error_verbosity": "terse",
        **(TURBO if turbo else DURABLE | ARCHIVED),
    }


def memory_bytes() -> int:
    """What this process may use: the machine's memory or the container's limit."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text(encoding="ascii").strip() if limit.exists() else "max"
    return min(memory, int(text)) if text.isdecimal() else memory


def megabytes(size: int) -> str:
    """`size` bytes the way PostgreSQL writes them, at least 16 MB."""
    return f"{max(16, size // 2**20)}MB"
