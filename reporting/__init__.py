"""How people see a run: every report is a consumer of the one result, and escapes whatever a tenant wrote."""
