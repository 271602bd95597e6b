"""What a target profile says: the schema of the TOML file, and the profiles that ship with the project."""
