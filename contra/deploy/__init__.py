"""Files -> running network. Today the real p4c; the only folder that runs P4 tools."""
