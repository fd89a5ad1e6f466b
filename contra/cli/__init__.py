"""The commands: `contrac` compiles, `contra` does everything around it. Arguments, streams, exit codes."""
