"""Faults that are put into a running network on purpose, to see whether they are found.

Stages: `choose` draws from a seed what is to break, `inject` breaks it by way of a `RunningNetwork` (and can mend it),
`experiment` has the result looked at by the diagnosis, which knows nothing of all this, and scores it.
"""
