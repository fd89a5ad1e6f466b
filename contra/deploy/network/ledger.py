"""The ledger of a deployment: what was made, written down before it is made, so that all of it can be removed.

It is one JSON file in a folder of the deployment, /run/contra/NAME; while it is there, the name is taken. Three things
tell our own from anybody else's, at any moment, also after a crash between two steps: processes carry the deployment's
token in their environment, interfaces have an address that was drawn for them, and all files lie in the folder. An
isolated deployment has its interfaces in namespaces that the kernel removes with the last process.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from contra.deploy.errors import NotAllowed, ToolError
from contra.deploy.network import namespaces, processes
from contra.deploy.network.errors import BadLedger, NameTaken, NotRemoved, UnwritableFolder
from contra.deploy.network.processes import Process
from contra.deploy.network.tools import PLAIN, Tools
from contra.diagnostics import CompileError

ROOT = Path("/run/contra")
"""Where deployments have their folders, unless told otherwise."""

_FILE = "ledger.json"
_VERSION = 1
_REMOVE_S = 10.0


@dataclass(frozen=True, slots=True)
class InterfaceEntry:
    """An interface in the namespace of the switches."""

    name: str
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEntry:
    """A host, with the shell that holds its namespace."""

    process: Process
    index: int
    label: str
    address: str
    interface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchEntry:
    """A switch that runs."""

    process: Process
    index: int
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What there is of a deployment. Frozen: `written` replaces the file and returns what it holds now."""

    folder: Path
    token: str
    build: str
    isolated: bool
    namespace: int
    """Inode of the namespace of the switches."""
    owner: Process
    """The process that made all this and holds it."""
    session: int
    command: str
    """Session and command line of that process: a child has them for the moment between fork and exec."""
    interfaces: tuple[InterfaceEntry, ...]
    hosts: Mapping[str, HostEntry] = field(default_factory=dict)
    switches: Mapping[str, SwitchEntry] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of the deployment: that of its folder."""
        return self.folder.name

    @property
    def left_behind(self) -> bool:
        """Whether the process that made all this has gone."""
        return not self.owner.alive

    def environment(self) -> dict[str, str]:
        """The environment for whatever belongs to the deployment."""
        return {**os.environ, processes.MARK: self.token}

    def written(self, **changes: Any) -> Ledger:
        """Replace the file by a changed ledger, in one step. Raises ToolError."""
        ledger = replace(self, **changes)
        try:
            new = self.folder / f"{_FILE}.new"
            new.write_text(_text(ledger), encoding="utf-8")
            new.replace(self.folder / _FILE)
        except OSError as error:
            raise ToolError([UnwritableFolder(path=str(self.folder), reason=error.strerror or str(error))]) from None
        return ledger


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed: numbers of processes and interfaces."""

    processes: int
    interfaces: int


def new_token() -> str:
    """What marks a deployment; its first six digits are part of the addresses of interfaces."""
    return secrets.token_hex(16)


def address(token: str, number: int) -> str:
    """The address of the interface of this number: locally administered, unlike those of hosts and probes."""
    digits = "06" + token[:6] + f"{number:04x}"
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def create(folder: Path, build: Path, interfaces: Iterable[str], token: str, *, isolated: bool) -> Ledger:
    """Write down what is going to be made. The calling thread is in the namespace of the switches.

    The folder bears the name of the deployment, and may be there already, without a ledger. Raises ToolError: the name
    is taken (CTR1231), the folder cannot be written (CTR1232).
    """
    ledger = Ledger(
        folder=folder,
        token=token,
        build=str(build),
        isolated=isolated,
        namespace=namespaces.inode(),
        owner=processes.own(),
        session=processes.session(os.getpid()),
        command=processes.command_line(os.getpid()),
        interfaces=tuple(InterfaceEntry(each, address(token, i)) for i, each in enumerate(interfaces)),
    )
    new = folder / f"{_FILE}.{token}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.write_text(_text(ledger), encoding="utf-8")
        os.link(new, folder / _FILE)  # the whole file at once, and only if there is none
        new.unlink()
    except FileExistsError:
        new.unlink(missing_ok=True)
        raise ToolError([NameTaken(name=ledger.name, path=str(folder))]) from None
    except OSError as error:
        raise ToolError([UnwritableFolder(path=str(folder), reason=error.strerror or str(error))]) from None
    return ledger


def read(folder: Path) -> Ledger | None:
    """The ledger in a folder, None where there is none.

    Raises ToolError (CTR1234) for a broken one, CompileError (CTR0817) for somebody else's.
    """
    file = folder / _FILE
    try:
        return _parsed(file.read_text(encoding="utf-8"), folder)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise CompileError([NotAllowed(name=folder.name, path=str(folder))]) from None
    except OSError as error:
        raise ToolError([BadLedger(path=str(file), reason=error.strerror or str(error))]) from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ToolError([BadLedger(path=str(file), reason=reason)]) from None


def names(root: Path = ROOT) -> list[str]:
    """The names of all deployments, running or left behind."""
    try:
        return sorted(each.name for each in root.iterdir() if (each / _FILE).is_file())
    except OSError:
        return []


def remove(ledger: Ledger) -> Removal:
    """Remove all that a deployment made, and nothing else, whatever state it is in; may be done again.

    The process that holds it is killed first, unless it is this one. Raises ToolError (CTR1233) with what resists, and
    leaves the ledger then.
    """
    if ledger.owner.pid != os.getpid():
        processes.kill(ledger.owner)
        _gone(ledger.owner)
        processes.wait_for_forks(ledger.owner, ledger.session, ledger.command)
    killed = deleted = 0
    while True:  # what was under way at the time of a crash may have made something after it was looked for
        killed += processes.kill_marked(ledger.token, _REMOVE_S)
        gone, left = _remove_interfaces(ledger)
        deleted += gone
        left += [f"process {each.pid}" for each in processes.marked(ledger.token)]
        if not gone:
            break
    if ledger.owner.pid != os.getpid() and not _gone(ledger.owner):
        left.append(f"process {ledger.owner.pid}")
    if left:
        raise ToolError([NotRemoved(name=ledger.name, left=", ".join(left), path=str(ledger.folder / _FILE))])
    remove_folder(ledger.folder)
    return Removal(killed, deleted)


def clean(folder: Path) -> Removal | None:
    """Remove the deployment of a folder, also where it was killed before its ledger was there; None if there is none.

    Raises ToolError (CTR1233, CTR1234).
    """
    there = read(folder)
    if there is not None:
        return remove(there)
    if folder.is_dir():
        remove_folder(folder)
        return Removal(0, 0)
    return None


def remove_folder(folder: Path) -> None:
    """Remove the files of a deployment, and the folder of all deployments where it was the last."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent == ROOT:
        with suppress(OSError):
            folder.parent.rmdir()


def present(ledger: Ledger) -> list[str]:
    """Names of the interfaces of a deployment that this thread's namespace has."""
    wanted = {(each.name, each.mac) for each in ledger.interfaces}
    rows = PLAIN.query(["ip", "-json", "link", "show"])
    return [row["ifname"] for row in rows if (row.get("ifname"), row.get("address")) in wanted]


def _remove_interfaces(ledger: Ledger) -> tuple[int, list[str]]:
    """How many interfaces were deleted, and the names of those that could not be."""
    if namespaces.inode() != ledger.namespace:
        if ledger.isolated or not ledger.interfaces:
            return 0, []
        return 0, [f"interfaces in another network namespace ({ledger.namespace})"]
    first = found = present(ledger)
    end = time.monotonic() + _REMOVE_S
    while found and time.monotonic() < end:
        lines = "".join(f"link delete dev {name}\n" for name in found)
        with suppress(ToolError):  # half of them go with their peers, and are missed then
            Tools(ledger.environment()).run(["ip", "-force", "-batch", "-"], given=lines)
        found = present(ledger)
    return len(first), [f"interface {name}" for name in found]


def _gone(process: Process) -> bool:
    end = time.monotonic() + _REMOVE_S
    while process.alive and time.monotonic() < end:
        time.sleep(0.01)
    return not process.alive


def _text(ledger: Ledger) -> str:
    rows = asdict(ledger)
    del rows["folder"]
    return json.dumps({"version": _VERSION, **rows}, indent=1) + "\n"


def _parsed(text: str, folder: Path) -> Ledger:
    rows = json.loads(text)
    if rows["version"] != _VERSION:
        raise ValueError(f"it has version {rows['version']}, and this is version {_VERSION}")
    return Ledger(
        folder=folder,
        token=_token(rows["token"]),
        build=str(rows["build"]),
        isolated=bool(rows["isolated"]),
        namespace=int(rows["namespace"]),
        owner=_process(rows["owner"]),
        session=int(rows["session"]),
        command=str(rows["command"]),
        interfaces=tuple(InterfaceEntry(str(row["name"]), str(row["mac"])) for row in rows["interfaces"]),
        hosts={str(name): _host(row) for name, row in rows["hosts"].items()},
        switches={str(name): _switch(row) for name, row in rows["switches"].items()},
    )


def _token(text: str) -> str:
    """A token must be one: an empty mark would be everybody's."""
    if len(text) != len(new_token()) or not text.isalnum():
        raise ValueError("its token is none")
    return text


def _process(row: Mapping[str, int]) -> Process:
    return Process(int(row["pid"]), int(row["start"]))


def _host(row: Mapping[str, Any]) -> HostEntry:
    return HostEntry(
        process=_process(row["process"]),
        index=int(row["index"]),
        label=str(row["label"]),
        address=str(row["address"]),
        interface=str(row["interface"]),
    )


def _switch(row: Mapping[str, Any]) -> SwitchEntry:
    return SwitchEntry(process=_process(row["process"]), index=int(row["index"]), log=str(row["log"]))
