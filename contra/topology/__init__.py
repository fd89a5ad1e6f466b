"""Files and generators -> `Topology`, validated at birth."""
