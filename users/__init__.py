"""Who: Locust users that are tenants, one kind a file, and the sessions they hold."""
