"""Etherpad, the collaborative editor, from npm."""
