"""What rows of evidence hold, by what they speak of. ``evidence.records`` has them all, and turns them into lines."""
