"""Experiments: files that say what to run, their runs, and the reports on them."""
