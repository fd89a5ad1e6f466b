"""What users are told, word for word, in `messages.txt`. After a change: pytest --update-golden, read the diff."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from support.control import port_key, small, to_port

from contra.deploy.control import errors
from contra.deploy.control.client import Address, Kind, Refusal, SwitchError
from contra.deploy.control.explain import (
    Full,
    Trouble,
    busy,
    difference_words,
    entry_refused,
    explained,
    still_differs,
    table_full,
)
from contra.deploy.control.model import (
    Action,
    Altered,
    Difference,
    EntryKey,
    GroupKey,
    Match,
    Operation,
    Update,
)
from contra.deploy.control.session import Target
from contra.diagnostics import Diagnostic
from contra.p4.runtime import Replica
from contra.render import render_text

TARGET = Target(
    name="KSCY",
    program="destination",
    address=Address(target="127.0.0.1:50055", device_id=4),
    pipeline=small(),
)
HOST = EntryKey("ContraIngress.deliver.hosts", (Match("address", "exact", 0x0A000402),))
PREFIX = EntryKey("ContraIngress.enter.destination", (Match("address", "lpm", 0x0A000000, 8),))
TO_HOST = Action("ContraIngress.deliver.to_host", (("port", 4), ("mac", 0x02000A000402)))
PROVENANCE = {
    HOST: {"destination": "KSCY", "host": "hKSCY"},
    port_key(1): {"link": "DNVR:3-KSCY:1", "rules": [0, 1], "node": "KSCY.0"},
}


def refusal(key: EntryKey, code: str, message: str) -> Refusal:
    return Refusal(Update(Operation.INSERT, key, to_port(1)), code, message)


def failures() -> Iterator[SwitchError | Trouble]:
    yield SwitchError(Kind.UNREACHABLE, "nobody listens at 127.0.0.1:50055: Connection refused")
    yield SwitchError(Kind.UNREACHABLE, "failed to connect: Ssl handshake failed: CERTIFICATE_VERIFY_FAILED")
    yield SwitchError(Kind.NOT_PRIMARY, "another controller (election id 2) is in charge")
    yield SwitchError(Kind.WRONG_DEVICE, "Error when trying to assign device")
    yield Trouble(Kind.WRONG_PIPELINE, reasons=tuple(f"it has no table 'T{number}'" for number in range(8)))
    yield SwitchError(Kind.WRONG_PIPELINE, "the program has no table 'T'")
    yield SwitchError(Kind.TIMEOUT, "Deadline Exceeded")
    yield SwitchError(Kind.DIED, "Socket closed\n\x1b[31m")
    yield SwitchError(Kind.REFUSED, "x" * 500, code="INTERNAL")


def diagnostics() -> Iterator[Diagnostic]:
    for failure in failures():
        yield explained(failure, TARGET, "writing its entries").diagnostics[0]
    pushing = SwitchError(Kind.WRONG_PIPELINE, "Error in first phase of device update")
    yield explained(pushing, TARGET, "pushing its program").diagnostics[0]
    reading = SwitchError(Kind.REFUSED, "Table state out-of-sync with target", code="INTERNAL")
    yield explained(reading, TARGET, "reading its entries").diagnostics[0]
    refused = (refusal(port_key(1), "INVALID_ARGUMENT", "Invalid action for table"), refusal(HOST, "INTERNAL", ""))
    yield entry_refused("KSCY", refused[:1], PROVENANCE)
    yield entry_refused("KSCY", refused[::-1], PROVENANCE)
    full = refusal(HOST, "UNKNOWN", "Error when adding match entry to target")
    yield table_full("KSCY", Full(HOST.table, 64, 70), full, PROVENANCE)
    yield busy("KSCY", HOST, PROVENANCE, 7, "too many updates at once")
    yield still_differs("KSCY", DIFFERENCE, PROVENANCE)
    yield errors.CannotHold(metric="util")
    yield errors.NotCompiled(program="destination", reason="'b/programs/destination.json': No such file or directory")
    yield errors.BadRecord(where="line 3", reason="is no JSON")
    yield errors.JournalFailed(path="b/deploy/journal.jsonl", done="opened", reason="Permission denied")


DIFFERENCE = Difference(
    missing=(PREFIX, HOST, GroupKey(2)),
    extra=(EntryKey("ContraIngress.route.hop_port", (Match("hop", "exact", 9),)),),
    altered=(
        Altered(port_key(1), to_port(1), to_port(2)),
        Altered(HOST, TO_HOST, Action("ContraIngress.deliver.to_cpu")),
        Altered(GroupKey(1), (Replica(1, 1), Replica(2, 1)), ()),
    ),
)


def test_messages(golden: Callable[[Path, str], None]) -> None:
    text = "\n".join(render_text([each]) for each in diagnostics())
    words = "\n".join(difference_words(DIFFERENCE, PROVENANCE))
    golden(Path(__file__).parent / "messages.txt", f"{text}\n{words}\n")


def test_every_message_is_there() -> None:
    classes = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, Diagnostic) and each is not Diagnostic
    }
    assert {type(each) for each in diagnostics()} == classes
    assert len({each.code for each in classes}) == len(classes)
