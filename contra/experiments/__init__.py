"""Experiments: the same flows for every scheme, on one network, at many loads, with several seeds.

`read` turns a file into a `Spec`; `plan` lists its runs; `builds` compiles what they need; `runner` has them executed
by the processes of `pool` and kept by `store`. `kinds` has what a run does; `report` makes a page of the results.
"""
