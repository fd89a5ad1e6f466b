"""The event loop: functions over flat arrays of int64, the same whether compiled or run as plain Python."""
