"""The commands of `contra`, one module each."""
