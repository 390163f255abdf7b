"""Pure statistics that several checks share; no data access, no contract parsing beyond the target."""
