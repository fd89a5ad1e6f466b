"""The same flows in ns-3 and in the embedded engine: `python -m bench.ns3`. What was measured: docs/validation.md."""
