"""The process that holds a running network between two commands: its socket, its life, its folder.

`contra net up` forks it (`launch`), every other command asks it (`call`). It ends with the network: by `contra net
down`, by a signal, or because `up` was left before the network was ready.
"""
