"""Gateway: the programs' door. `/api/v1` speaks the same queries and actions as the pages."""
