"""Lists that belong to no room."""
