"""Settings to networks, players and objectives: names, specifications, what binds them."""
