"""P4Runtime over gRPC by way of p4runtime-shell: the only module that knows these libraries.

Of p4runtime-shell the class `P4RuntimeClient` alone is used, and of that what opens and speaks to the channel. Parts
that would end the process (when the handshake fails), print, log to the root logger, wait without limit, or
loop for ever (its reading of a write error with an OK in it) are replaced here. Nothing of the libraries leaves this
module: results are plain data, failures are `SwitchError`.
"""

from __future__ import annotations

import json
import queue
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

# isort: off
import contra.deploy.control.quiet  # noqa: F401  gRPC reads its environment when it is loaded

# isort: on
import grpc
from google.protobuf import text_format
from google.rpc import code_pb2, status_pb2
from p4.v1 import p4runtime_pb2
from p4runtime_sh.p4runtime import P4RuntimeClient

from contra.deploy.control.client import (
    Address,
    Deadlines,
    Kind,
    PacketSink,
    Pipeline,
    Refusal,
    Running,
    SwitchError,
    Tls,
)
from contra.deploy.control.codec import fill_update, join_header, read_entry, read_group, split_header, unknown
from contra.deploy.control.errors import NotCompiled
from contra.deploy.control.model import Content, Holding, Key, Operation, Update
from contra.deploy.control.names import Names, names_of
from contra.deploy.errors import ToolError
from contra.diagnostics import shown

_OPTIONS = (
    ("grpc.enable_http_proxy", 0),  # switches are never behind the proxy that the environment names
    ("grpc.max_receive_message_length", 256 << 20),  # a whole table in one message
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)
_TYPES = {
    Operation.INSERT: p4runtime_pb2.Update.INSERT,
    Operation.MODIFY: p4runtime_pb2.Update.MODIFY,
    Operation.DELETE: p4runtime_pb2.Update.DELETE,
}
_OF_STATUS = {
    grpc.StatusCode.UNAVAILABLE: Kind.DIED,
    grpc.StatusCode.CANCELLED: Kind.DIED,
    grpc.StatusCode.DEADLINE_EXCEEDED: Kind.TIMEOUT,
    grpc.StatusCode.PERMISSION_DENIED: Kind.NOT_PRIMARY,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Kind.EXHAUSTED,
}
_TEXT_ONLY = frozenset({"source_info", "program", "__meta__"})
"""Keys of a BMv2 program that tell of its text."""
_POLL_S = 0.02
_MISMATCH = "Error when trying to assign device"
"""What PI says to a device id that is not the switch's own, when a program is pushed; before, it takes any."""
_DETAILS = "grpc-status-details-bin"


def load_pipeline(p4info: Path, config: Path) -> Pipeline:
    """What p4c made of a program. Raises ToolError (CTR1114) where it did not."""
    try:
        text, program = p4info.read_bytes(), config.read_bytes()
    except OSError as error:
        raise ToolError([NotCompiled(program=p4info.name.split(".")[0], reason=_no_file(error))]) from None
    message = p4runtime_pb2.ForwardingPipelineConfig()
    try:
        text_format.Merge(text.decode(), message.p4info, allow_unknown_field=True)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise ToolError([_unreadable(p4info, error)]) from None
    message.p4_device_config = program
    message.cookie.cookie = int.from_bytes(sha256(sha256(text).digest() + program).digest()[:8], "big")
    names = names_of(message.p4info)
    return Pipeline(names=names, cookie=message.cookie.cookie, config=message.SerializeToString())


def _no_file(error: OSError) -> str:
    return f"'{error.filename}': {error.strerror}"


def _unreadable(path: Path, error: Exception) -> NotCompiled:
    return NotCompiled(program=path.name.split(".")[0], reason=f"'{path}' cannot be read: {shown(str(error))}")


def same_shape(one: tuple[Path, Path], other: tuple[Path, Path]) -> bool:
    """Whether two programs, each as (P4Info, BMv2 JSON), differ in comments and places of their text at most.

    Raises ToolError (CTR1114) where p4c did not make them.
    """
    return load_pipeline(*one).names == load_pipeline(*other).names and _behaviour(one[1]) == _behaviour(other[1])


def _behaviour(config: Path) -> object:
    """A BMv2 program without what only tells of its text.

    p4c calls what has no name in the text by its line (`tbl_destination1135`): such names become numbers, in the order
    in which they appear.
    """
    by_line = re.compile(rf"(?:tbl_)?{re.escape(config.stem)}_?\d+(?:_\d+)?")
    numbers: dict[str, str] = {}

    def named(text: str) -> str:
        return numbers.setdefault(text, f"#{len(numbers)}") if by_line.fullmatch(text) else text

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {named(key): plain(each) for key, each in value.items() if key not in _TEXT_ONLY}
        if isinstance(value, list):
            return [plain(each) for each in value]
        return named(value) if isinstance(value, str) else value

    try:
        return plain(json.loads(config.read_text(encoding="utf-8")))
    except (ValueError, RecursionError) as error:
        raise ToolError([_unreadable(config, error)]) from None


def connect(
    address: Address, names: Names, packets: PacketSink, deadlines: Deadlines, stop: threading.Event
) -> P4RuntimeSwitch:
    """Become the controller of a switch, waiting for it to come up. Raises SwitchError."""
    end = time.monotonic() + deadlines.connect_s
    while True:
        try:
            _wait_for_server(address.target, end, stop)
            client = P4RuntimeSwitch(address, names, packets, deadlines)
            client.become_primary(end)
            return client
        except SwitchError as error:
            if error.kind is not Kind.DIED:
                raise
            if stop.wait(deadlines.retry_s) or time.monotonic() >= end:
                raise SwitchError(Kind.UNREACHABLE, error.message, code=error.code) from None


def observe(address: Address, names: Names, deadlines: Deadlines) -> P4RuntimeSwitch:
    """A connection for reading alone: whoever controls the switch goes on to. Raises SwitchError."""
    try:
        _wait_for_server(address.target, time.monotonic() + deadlines.connect_s, threading.Event())
        return P4RuntimeSwitch(address, names, lambda packet: None, deadlines)
    except SwitchError as error:
        raise SwitchError(Kind.UNREACHABLE, error.message, code=error.code) from None


def _wait_for_server(target: str, end: float, stop: threading.Event) -> None:
    """Until the port is open: gRPC itself would wait longer and longer between its attempts."""
    while True:
        try:
            _try_port(target, max(0.05, end - time.monotonic()))
            return
        except (OSError, ValueError, OverflowError) as error:
            known = isinstance(error, OSError)
            if not known or stop.wait(_POLL_S) or time.monotonic() >= end:
                reason = getattr(error, "strerror", None) or str(error)
                raise SwitchError(Kind.UNREACHABLE, f"nobody listens at {target}: {reason}") from None


def _try_port(target: str, timeout: float) -> None:
    if target.startswith("unix:"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as local:
            local.settimeout(timeout)
            local.connect(target.removeprefix("unix:"))
        return
    host, _, port = target.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=timeout):
        pass


class _Shell(P4RuntimeClient):  # type: ignore[misc]
    """The shell's client with a channel, a stream and a handshake of our own."""

    channel: Any
    stub: Any

    def __init__(self, address: Address) -> None:
        self._address = address
        super().__init__(address.device_id, address.target, (0, address.election_id))

    def set_up_stream(self) -> None:
        """Called by the base class once its stub is there: put a channel with our options in its place."""
        self.channel.close()
        self.channel = _channel(self._address)
        self.stub = type(self.stub)(self.channel)

    def identify(self, request: Any) -> Any:
        """Say in a request for which device, and as whom."""
        request.device_id = self.device_id
        request.election_id.high, request.election_id.low = self.election_id
        return request


def _channel(address: Address) -> Any:
    if address.tls is None:
        return grpc.insecure_channel(address.target, options=_OPTIONS)
    return grpc.secure_channel(address.target, _credentials(address.tls), options=_OPTIONS)


def _credentials(tls: Tls) -> Any:
    parts = (tls.authority, tls.key, tls.certificate)
    try:
        return grpc.ssl_channel_credentials(*(None if part is None else part.read_bytes() for part in parts))
    except OSError as error:
        message = f"cannot read the certificate '{error.filename}': {error.strerror}"
        raise SwitchError(Kind.UNREACHABLE, message) from None


class P4RuntimeSwitch:
    """A `Client` (see there) over P4Runtime. `connect` makes one."""

    def __init__(self, address: Address, names: Names, packets: PacketSink, deadlines: Deadlines) -> None:
        self._names, self._packets, self._deadlines = names, packets, deadlines
        self._shell = _Shell(address)
        self._ended: SwitchError | None = None
        self._ousted: SwitchError | None = None
        """Set while another controller is in charge; when it leaves, the switch tells us that we are again."""
        self._arbitrated = threading.Event()
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stream = self._shell.stub.StreamChannel(iter(self._requests.get, None))
        self._receiver = threading.Thread(target=self._receive, name=f"p4runtime {address.target}", daemon=True)
        self._receiver.start()

    # ----------------------------------------------------------------------------------------- stream

    def become_primary(self, end: float) -> None:
        """Ask to be the controller until the monotonic time `end`."""
        request = p4runtime_pb2.StreamMessageRequest()
        self._shell.identify(request.arbitration)
        self._requests.put(request)
        if not self._arbitrated.wait(max(0.1, end - time.monotonic())):
            self._ended = SwitchError(Kind.TIMEOUT, "the switch does not answer a controller that wants to connect")
        if (why := self.alive()) is not None:
            ended = SwitchError(why.kind, why.message, code=why.code)
            self.close()
            raise ended

    def _receive(self) -> None:
        try:
            for message in self._stream:
                kind = message.WhichOneof("update")
                if kind == "packet":
                    values = {each.metadata_id: each.value for each in message.packet.metadata}
                    self._packets(join_header(values, message.packet.payload, self._names.packet_in))
                elif kind == "arbitration":
                    self._judge(message.arbitration)
            self._end(SwitchError(Kind.DIED, "the switch closed the connection"))
        except grpc.RpcError as error:
            self._end(_stream_error(error))

    def _judge(self, arbitration: Any) -> None:
        own = self._shell.device_id
        if arbitration.device_id != own:
            self._end(SwitchError(Kind.WRONG_DEVICE, f"it answers for device {arbitration.device_id}, not for {own}"))
        elif arbitration.status.code != code_pb2.OK:
            other = arbitration.election_id.low
            self._ousted = SwitchError(Kind.NOT_PRIMARY, f"another controller (election id {other}) is in charge")
        else:
            self._ousted = None
        self._arbitrated.set()

    def _end(self, error: SwitchError) -> None:
        self._ended = self._ended or error
        self._arbitrated.set()

    def alive(self) -> SwitchError | None:
        """None while we are the switch's controller, else what ended that."""
        return self._ended or self._ousted

    def packet_out(self, data: bytes) -> None:
        """Send a packet into the switch, its packet_out header in front. Does not wait, and is not confirmed."""
        self._check()
        values, payload = split_header(data, self._names.packet_out)
        request = p4runtime_pb2.StreamMessageRequest()
        request.packet.payload = payload
        for number, value in values:
            request.packet.metadata.add(metadata_id=number, value=value)
        self._requests.put(request)

    def close(self) -> None:
        """End the connection; may be called twice."""
        self._end(SwitchError(Kind.DIED, "the connection was closed"))
        self._requests.put(None)
        self._stream.cancel()
        with suppress(Exception):
            self._shell.channel.close()
        if threading.current_thread() is not self._receiver:
            self._receiver.join(timeout=self._deadlines.request_s)

    def _check(self) -> None:
        if (why := self.alive()) is not None:
            raise SwitchError(why.kind, why.message, code=why.code)

    # --------------------------------------------------------------------------------------- pipeline

    def running(self, within_s: float | None = None) -> Running:
        """The program that the switch runs. `within_s`: a deadline other than that of requests."""
        timeout = self._deadlines.request_s if within_s is None else within_s
        request = p4runtime_pb2.GetForwardingPipelineConfigRequest(
            device_id=self._shell.device_id,
            response_type=p4runtime_pb2.GetForwardingPipelineConfigRequest.P4INFO_AND_COOKIE,
        )
        try:
            answer = self._shell.stub.GetForwardingPipelineConfig(request, timeout=timeout)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
                return Running(None, None)
            raise _failure(error) from None
        if not answer.config.HasField("p4info"):
            return Running(None, None)
        cookie = answer.config.cookie.cookie if answer.config.HasField("cookie") else None
        return Running(names_of(answer.config.p4info), cookie)

    def push(self, pipeline: Pipeline) -> None:
        """Replace the program; the switch forgets all entries and all state."""
        self._check()
        request = self._shell.identify(p4runtime_pb2.SetForwardingPipelineConfigRequest())
        request.action = p4runtime_pb2.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT
        request.config.MergeFromString(pipeline.config)
        try:
            self._shell.stub.SetForwardingPipelineConfig(request, timeout=self._deadlines.pipeline_s)
        except grpc.RpcError as error:
            failure = _failure(error)
            kind = Kind.WRONG_PIPELINE if failure.kind is Kind.REFUSED else failure.kind
            if _MISMATCH in failure.message:
                kind = Kind.WRONG_DEVICE
            raise SwitchError(kind, failure.message, code=failure.code) from None

    # ---------------------------------------------------------------------------------------- entries

    def write(self, updates: Sequence[Update]) -> None:
        """Carry out a batch of updates, in order."""
        self._check()
        request = self._shell.identify(p4runtime_pb2.WriteRequest())
        for update in updates:
            message = request.updates.add(type=_TYPES[update.operation])
            fill_update(update, self._names, message.entity)
        try:
            self._shell.stub.Write(request, timeout=self._deadlines.request_s)
        except grpc.RpcError as error:
            raise _failure(error, updates) from None

    def read(self) -> Holding:
        """All that the switch holds, but for what its program makes constant."""
        request = p4runtime_pb2.ReadRequest(device_id=self._shell.device_id)
        for table in self._names.tables.values():
            if not table.constant:
                request.entities.add().table_entry.table_id = table.id
            if not table.constant_default:
                default = request.entities.add().table_entry
                default.table_id, default.is_default_action = table.id, True
        request.entities.add().packet_replication_engine_entry.multicast_group_entry.multicast_group_id = 0
        contents: dict[Key, Content] = {}
        for entity in self._read(request):
            if entity.WhichOneof("entity") == "table_entry":
                key, action = read_entry(entity.table_entry, self._names)
                contents[key] = action
            else:
                group, replicas = read_group(entity.packet_replication_engine_entry.multicast_group_entry)
                contents[group] = replicas
        return Holding(contents)

    def counter(self, name: str) -> list[int]:
        """Packets counted by an indirect counter, by index."""
        counter = self._names.counters.get(name)
        if counter is None:
            raise unknown("counter", name)
        request = p4runtime_pb2.ReadRequest(device_id=self._shell.device_id)
        request.entities.add().counter_entry.counter_id = counter.id
        counts = [0] * counter.size
        for entity in self._read(request):
            counts[entity.counter_entry.index.index] = entity.counter_entry.data.packet_count
        return counts

    def _read(self, request: Any) -> Iterator[Any]:
        try:
            for answer in self._shell.stub.Read(request, timeout=self._deadlines.request_s):
                yield from answer.entities
        except grpc.RpcError as error:
            raise _failure(error) from None


# ------------------------------------------------------------------------------------------------ errors


def _failure(error: Any, updates: Sequence[Update] = ()) -> SwitchError:
    """What a failed RPC means."""
    code, message = error.code(), error.details() or ""
    if code is grpc.StatusCode.UNKNOWN and updates:
        refusals = _refusals(error, updates)
        if refusals:
            kind = Kind.EXHAUSTED if all(r.code == "RESOURCE_EXHAUSTED" for r in refusals) else Kind.REFUSED
            return SwitchError(kind, refusals[0].message, code=refusals[0].code, refusals=refusals)
    if code is grpc.StatusCode.FAILED_PRECONDITION:
        return SwitchError(Kind.WRONG_PIPELINE, message, code=code.name)
    return SwitchError(_OF_STATUS.get(code, Kind.REFUSED), message, code=code.name)


def _refusals(error: Any, updates: Sequence[Update]) -> list[Refusal]:
    """The updates that a Write did not carry out: a p4.v1.Error for each update, in order."""
    details = next((value for key, value in error.trailing_metadata() or () if key == _DETAILS), None)
    if details is None:
        return []
    status = status_pb2.Status.FromString(details)
    found = []
    for update, any_ in zip(updates, status.details, strict=False):
        each = p4runtime_pb2.Error()
        if any_.Unpack(each) and each.canonical_code != code_pb2.OK:
            found.append(Refusal(update, code_pb2.Code.Name(each.canonical_code), each.message))
    return found


def _stream_error(error: Any) -> SwitchError:
    """Why the stream ended."""
    code, message = error.code(), error.details() or ""
    if code is grpc.StatusCode.INVALID_ARGUMENT:  # PI: somebody has the same election id
        return SwitchError(Kind.NOT_PRIMARY, message, code=code.name)
    if code in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION):
        return SwitchError(Kind.WRONG_DEVICE, message, code=code.name)
    if "handshake" in message.lower():
        return SwitchError(Kind.UNREACHABLE, message, code=code.name)
    return SwitchError(_OF_STATUS.get(code, Kind.DIED), message, code=code.name)
