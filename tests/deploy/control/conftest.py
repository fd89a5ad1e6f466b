"""The adapter is loaded before anything else loads gRPC: it keeps gRPC quiet."""

import contra.deploy.control.p4runtime  # noqa: F401
