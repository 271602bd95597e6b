"""Trying a profile out: ``python -m config check`` connects one tenant, says one of everything and shows what came."""
