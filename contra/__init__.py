"""Contra: performance-aware routing, compiled from one policy to one P4_16 program per role of switch.

The folders are the pipeline: `syntax` (text to tree), `topology`, `check`, `analysis`, `automata`, `product`, `ir`
(the switch programs), `emit` (files). `contra.driver.compile` runs them in order.
"""

__version__ = "0.1.0"
