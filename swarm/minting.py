"""Minting tenants: their names, budgets and marks, before anything of them is anywhere."""

from __future__ import annotations

import secrets
import time

from config.profile import Profile
from evidence.budgets import BudgetBands
from evidence.marks import Mark, RunKey
from evidence.naming import EMAIL_DOMAIN
from swarm.planting import CANARIES
from swarm.steps import Making
from users.naming import naming_for
from users.run import TenantUnavailable
from users.tenant import TenantIdentity


class Mint:
    """Mints tenants by their numbers.

    Args:
        profile: says what names look like and what a short budget is.
        key: the run's mark key.

    Attributes:
        naming: how numbers and names go together.
    """

    def __init__(self, profile: Profile, key: RunKey) -> None:
        self._profile = profile
        self._key = key
        self._bands = BudgetBands(key)
        self.naming = naming_for(profile, key)

    def identity(self, number: int, *, short: bool) -> TenantIdentity:
        """Returns who the tenant with this number is.

        Raises:
            TenantUnavailable: names can't be made of so high a number.
        """
        style = self._profile.tenants.names
        try:
            name = self.naming.name(number)
        except ValueError as error:
            raise TenantUnavailable(str(error)) from None
        budget = self._bands.starting(number)
        if short:
            workload, cost = self._profile.workload, self._profile.operations.chat.cost
            budget = self._bands.starting_short(number, cost, workload.short_requests)
        email = name if style == "email" else f"{name}{EMAIL_DOMAIN}"
        return TenantIdentity(number, name, email, budget, short, numeric=style == "integer")

    def making(self, identity: TenantIdentity, marked_as: int) -> Making:
        """Returns what fills placeholders when the tenant is made, with marks of the number ``marked_as``."""
        canaries = {name: self._key.mint_canary(Mark(kind, marked_as, 1)) for name, kind in CANARIES.items()}
        # A password that software asks for which counts kinds of characters. It is kept in memory alone.
        password = f"Aa1-{secrets.token_hex(16)}"
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        values = {**identity.placeholders, "budget": identity.budget, "now": now, "password": password, **canaries}
        return Making(identity, values, secrets={"password": password})
