"""Directus: collections over a WebSocket protocol of its own."""
