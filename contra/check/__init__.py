"""`ast.Policy` + `Topology` -> `CheckedPolicy`: names resolved against the topology, `let` expanded, types checked."""
