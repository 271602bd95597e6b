"""What tenants do over their sessions. Plain functions on a user; which kind does what stands in ``users/``."""
