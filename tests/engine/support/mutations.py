"""Faults put into the generated P4, to see that tests notice them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """Replacements in the text of a program; programs that not all of them fit stay as they are."""

    name: str
    edits: tuple[tuple[str, str], ...]

    def __call__(self, text: str) -> str:
        changed = text
        for pattern, replacement in self.edits:
            changed, count = re.subn(pattern, replacement, changed)
            if not count:
                return text
        return changed

    def __str__(self) -> str:
        return self.name


def mutation(name: str, *edits: tuple[str, str]) -> Mutation:
    """A mutation by regexes and what stands in their place."""
    return Mutation(name, edits)


FLOWLETS_WITHOUT_TAG = mutation(
    "flowlet key without tag",
    (r"\{ hdr\.shim\.flow, route \}", "{ hdr.shim.flow, hdr.shim.destination }"),
    # A slot in use is ours, whichever route it was for: the slot's place is by flow and destination already
    (r"if \(1w1 \+\+ route == tenant\[(\d+):\d+\]\)", r"if (tenant[\1:\1] == 1)"),
)
NO_EXPIRY = mutation(
    "routes do not expire", (r"if \(age > EXPIRY_AGE\) \{\s*routed = NO;", "if (age > EXPIRY_AGE) {\n routed = YES;")
)
REBOOT_NOT_BELIEVED = mutation(
    "outdated probes are never accepted",
    (r"if \(age > EXPIRY_AGE\) \{\s*retry = RETRY_TAKE_ROUTE;", "if (age > EXPIRY_AGE) {\n retry = RETRY_NONE;"),
)
NO_TAKEOVER = mutation(
    "silent next hops are kept",
    (r"if \(age > TAKEOVER_AGE\) \{\s*retry = RETRY_TAKE_ROUTE;", "if (age > TAKEOVER_AGE) {\n retry = RETRY_NONE;"),
)
NO_TAKEOVER_OF_BEST = mutation(
    "unconfirmed best keys are kept",
    (r"if \(unconfirmed > TAKEOVER_AGE\) \{\s*retry = \w+;", "if (unconfirmed > TAKEOVER_AGE) {\n retry = RETRY_NONE;"),
)
NEWEST_WINS = mutation(
    "newest version always wins",
    (r"bit<8> accepted = NO;", "bit<8> accepted = NO;\nif (ahead != 0) {\naccepted = YES;\n}"),
)
WORSE_WINS = mutation("worse probes win", (r"if \(merit > current\[", "if (merit < current["))
EQUAL_WINS = mutation("equal probes win", (r"if \(merit > current\[", "if (merit >= current["))
WORSE_NOT_BELIEVED = mutation(
    "the next hop is not believed when it gets worse", (r"if \(~this_round \+\+ via == ", "if (this_round ++ via == ")
)
PLAIN_VERSIONS = mutation(
    "versions compare as plain numbers", (r"if \(ahead\[15:15\] == 1\)", "if (hdr.probe.version < newest)")
)
NO_VERSIONS = mutation(
    "versions do not matter",
    (r"if \(ahead\[15:15\] == 1\) \{\s*outdated = YES;", "if (ahead[15:15] == 1) {\noutdated = NO;"),
)
BEST_STAYS = mutation(
    "the best key is not believed when it gets worse",
    (r"(if \([^\n]* == best\[[^\n]*\{\s*)chosen = YES;", r"\1chosen = chosen;"),
)
DEAD_LINKS_USED = mutation(
    "dead links are used",
    (r"if \(silence > FAILURE_AGE\) \{\s*usable = NO;", "if (silence > FAILURE_AGE) {\nusable = YES;"),
)
LOOPS_NOT_SUSPECTED = mutation(
    "loops are not suspected",
    (r"if \(fallen > LOOP_THRESHOLD\) \{\s*suspected = YES;", "if (fallen > LOOP_THRESHOLD) {\nsuspected = NO;"),
)
NO_SPLIT_HORIZON = mutation(
    "no split horizon",
    (
        r"if \(std\.egress_port == meta\.port\) \{[^}]*(mark_to_drop\(std\)|hdr\.probe\.pass = PASS_HELLO);",
        "if (std.egress_port == meta.port) {",
    ),
)
NO_HELLO = mutation(
    "what split horizon holds back is dropped", (r"hdr\.probe\.pass = PASS_HELLO;", "mark_to_drop(std);")
)
DEAF_TO_HELLOS = mutation(
    "own probes are not believed, though they are hellos",
    (
        r"(if \(hdr\.probe\.pass == PASS_HELLO\) \{)(?=[^@]*hdr\.probe\.origin == meta\.self)",
        r"if (hdr.probe.origin == meta.self) {\n genuine = NO;\n}\n\1",
    ),
)
HELLOS_BELIEVED = mutation(
    "hellos are believed like probes",
    (r"hdr\.probe\.pass == PASS_HELLO", "hdr.probe.pass == PASS_DECIDE"),
    (r"hdr\.probe\.pass != PASS_MEASURE", "hdr.probe.pass == PASS_DECIDE"),
)
SPOOFS_BELIEVED = mutation("forged frames are believed", (r"meta\.kind = FROM_HOST;", "meta.kind = FROM_SWITCH;"))
OWN_PROBES_BELIEVED = mutation(
    "own probes are believed",
    (
        r"if \(hdr\.probe\.origin == meta\.self\) \{\s*genuine = NO;",
        "if (hdr.probe.origin == meta.self) {\ngenuine = YES;",
    ),
)
NEXT_TAG_FORGOTTEN = mutation(
    "packets keep their tag", (r"hdr\.shim\.tag = next\[[^;]*;", "hdr.shim.tag = hdr.shim.tag;")
)
INF_IS_USED = mutation(
    "rank inf does not drop", (r"(if \(best\[[^\n]* == 0\) \{\s*)meta\.forward = NO;", r"\1meta.forward = YES;")
)
