"""A build folder -> `Build`: manifest, network, typed programs and the entries of every switch, checked together."""

from contra.engine.build.load import load
from contra.engine.build.model import Build, BuiltProgram, BuiltSwitch

__all__ = ["Build", "BuiltProgram", "BuiltSwitch", "load"]
