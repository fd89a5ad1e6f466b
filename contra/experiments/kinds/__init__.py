"""Kinds of experiment: each module has `measure(task, build) -> Outcome`, a pure function but for the time it takes."""
