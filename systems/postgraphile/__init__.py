"""PostGraphile: GraphQL over WebSocket in front of a Postgres with row-level security."""
