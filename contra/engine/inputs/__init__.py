"""What a user gives a simulation beside a build: link states, traffic, failures, times. Text in, frozen data out."""

from contra.engine.inputs.failures import read_failure, read_place
from contra.engine.inputs.files import read_file
from contra.engine.inputs.model import Endpoint, Failure, Flow, LinkFailure, LinkState, SwitchFailure
from contra.engine.inputs.state import at_rest, read_state
from contra.engine.inputs.times import read_duration
from contra.engine.inputs.traffic import read_traffic

__all__ = [
    "Endpoint",
    "Failure",
    "Flow",
    "LinkFailure",
    "LinkState",
    "SwitchFailure",
    "at_rest",
    "read_duration",
    "read_failure",
    "read_file",
    "read_place",
    "read_state",
    "read_traffic",
]
