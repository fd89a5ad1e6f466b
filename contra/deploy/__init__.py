"""A build -> a running network of real switches, and what it does.

`p4c` compiles the programs. `plan` says what a network of a build consists of (processes, interfaces, ports), as
data. `network` makes it (Mininet, `simple_switch_grpc`), `control` fills and compares the switches (P4Runtime),
`state` reads what they have decided (Thrift, query packets). `testbed` is all of that as one Python object, and
`daemon` the process that holds it between two commands of `contra net`.

Only this part of the package may import grpc, protobuf or mininet, and only inside functions or in modules that
nothing else imports at its top: a machine without them compiles policies all the same.
"""
