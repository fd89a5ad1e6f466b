"""A log of ingress times, woven into a program's text: with it a run can be repeated to the microsecond.

It only watches: a register of its own takes the time of every ingress pass (0 for a resubmitted packet, which has lost
it), a second one counts the passes. Nothing else of the program is touched.
"""

from __future__ import annotations

import re
from hashlib import sha256

LOG, COUNT = "clock_log", "clock_count"


def instrument(text: str, passes: int) -> str:
    """The program with a log of up to `passes` ingress passes."""
    ingress = _ingress_name(text)
    head = re.search(rf"^control {ingress}\((?P<parameters>[^)]*)\)", text, re.M)
    if head is None:
        raise ValueError(f"no control {ingress}")
    metadata = re.search(r"standard_metadata_t\s+(\w+)", head["parameters"])
    if metadata is None:
        raise ValueError(f"{ingress} has no standard metadata")
    end = re.compile(r"^}", re.M).search(text, head.end())
    body = text[head.end() : end.start() if end else None]
    if body.count("\n    apply {") != 1:
        raise ValueError(f"{ingress}: one apply block expected, in its usual place")
    watch = (
        "\n    apply {\n"
        "        bit<32> clock_index;\n"
        f"        {COUNT}.read(clock_index, 0);\n"
        f"        {LOG}.write(clock_index, {metadata[1]}.ingress_global_timestamp);\n"
        f"        {COUNT}.write(0, clock_index + 1);"
    )
    registers = f"register<bit<48>>({passes}) {LOG};\nregister<bit<32>>(1) {COUNT};\n\n"
    rest = text[end.start() :] if end else ""
    return text[: head.start()] + registers + head[0] + body.replace("\n    apply {", watch) + rest


def times(log: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The times of the packets that came from outside."""
    if count > len(log):
        raise ValueError(f"{count} passes, the log holds {len(log)}")
    return tuple(time for time in log[:count] if time)


def code_key(text: str) -> str:
    """A hash of the program's code: comments, which name files and versions, do not count."""
    bare = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
    return sha256(" ".join(bare.split()).encode()).hexdigest()


def _ingress_name(text: str) -> str:
    package = re.search(r"\bV1Switch\(([^;]*)\)\s*main;", text)
    if package is None:
        raise ValueError("no V1Switch(...) main")
    return re.findall(r"(\w+)\(\)", package[1])[2]
