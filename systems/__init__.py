"""Real systems, not ours: each is installed, started with stores of its own, loaded by the swarm and judged."""
