"""`AnalysedPolicy` + `Topology` -> `ProductGraph`."""
