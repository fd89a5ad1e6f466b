"""Files and generators -> `Topology`, validated at birth.

Consumes a path or a TopoHub name; assumes nothing about the file; produces a connected network with all
names, ports and addresses given out, the same for the same file on every machine.
"""

from contra.topology.loader import load, load_source
from contra.topology.raw import Defaults
from contra.topology.write import to_json

__all__ = ["Defaults", "load", "load_source", "to_json"]
