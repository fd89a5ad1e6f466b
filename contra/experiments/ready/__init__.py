"""The experiments that ship with contrac: a TOML file each, and beside them the policies they need."""
