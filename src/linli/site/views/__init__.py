"""Pages that belong to no room because they show all of them: home, search, statistics, health."""
