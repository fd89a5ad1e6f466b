"""Imported before gRPC: its core writes to stderr when a connection ends, unless it was told not to when it was loaded.

Whoever wants to read that sets GRPC_VERBOSITY.
"""

from __future__ import annotations

import os

os.environ.setdefault("GRPC_VERBOSITY", "NONE")
