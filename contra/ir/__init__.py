"""`ProductGraph` -> `Deployment`: switch programs that know nothing of any target, and the entries that go with them.

`lower` assumes a pruned product graph; `verify` proves the result against our own rules and runs always.
"""

from contra.ir.entries import Configurator
from contra.ir.lower import lower
from contra.ir.model import Deployment, SwitchConfig, SwitchProgram
from contra.ir.verify import verify

__all__ = ["Configurator", "Deployment", "SwitchConfig", "SwitchProgram", "lower", "verify"]
