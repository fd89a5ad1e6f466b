"""A fake P4Runtime switch: a gRPC server in this process that checks requests as strictly as the real one does, and
misbehaves on demand.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc import code_pb2, status_pb2
from p4.v1 import p4runtime_pb2, p4runtime_pb2_grpc
from support.p4runtime_tables import Refused, Tables

NO_PIPELINE = "No forwarding pipeline config set for this device"


@dataclass(frozen=True)
class Answer:
    """A request fails as a whole; nothing of it is done."""

    code: str


@dataclass(frozen=True)
class LoseAnswer:
    """A request is carried out, but the client is told that it failed."""

    code: str


@dataclass(frozen=True)
class Die:
    """The switch dies after some updates of a request."""

    after: int


@dataclass(frozen=True)
class Hang:
    """The request is never answered; nothing of it is done."""


Fault = Answer | LoseAnswer | Die | Hang | None


class Connection:
    """One stream."""

    def __init__(self) -> None:
        self.election_id, self.device_id = -1, 0
        self.out: queue.Queue[Any] = queue.Queue()

    def tell(self, device_id: int | None, primary: Connection) -> None:
        """Say who is in charge. PI takes a controller for any device id, and tells it its own."""
        message = p4runtime_pb2.StreamMessageResponse()
        message.arbitration.device_id = self.device_id if device_id is None else device_id
        message.arbitration.election_id.low = primary.election_id
        message.arbitration.status.code = code_pb2.OK if primary is self else code_pb2.ALREADY_EXISTS
        self.out.put(message)


class FakeSwitch(p4runtime_pb2_grpc.P4RuntimeServicer):
    """The switch. Attributes with a docstring may be set to make it misbehave, or looked at."""

    def __init__(self, device_id: int = 0) -> None:
        self.device_id = device_id
        self.tables: Tables | None = None
        self.config: Any = None
        self.connections: list[Connection] = []
        self.lock = threading.RLock()
        self.stopped = threading.Event()
        self.packets: queue.Queue[bytes] = queue.Queue()
        """Packet-outs, header in front."""
        self.write_faults: deque[Fault] = deque()
        """What happens to the next Write requests; None: nothing special."""
        self.read_faults: deque[Fault] = deque()
        self.push_faults: deque[Fault] = deque()
        self.refuse: Callable[[Any], Refused | None] = lambda update: None
        """Updates that are refused."""
        self.drop_writes = False
        """Say yes, do nothing."""
        self.max_batch: int | None = None
        """More updates than this in a request: RESOURCE_EXHAUSTED."""
        self.answers_device: int | None = None
        """Device id in the answer to a controller, if not the right one."""
        self.deaf = False
        """Do not answer a controller that wants to connect."""
        self.stuck = False
        """Take connections and requests, and answer none, as a process that was stopped (SIGSTOP)."""
        self.writes: list[int] = []
        """Updates in each Write request."""
        self.pushes = 0
        self.die: Callable[[], None] = self.stopped.set

    # ---------------------------------------------------------------------------------------- stream

    def StreamChannel(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        connection = Connection()
        reader = threading.Thread(target=self._listen, args=(requests, connection, context), daemon=True)
        context.add_callback(lambda: self._leave(connection))
        reader.start()
        while (message := connection.out.get()) is not None:
            if isinstance(message, Refused):
                _abort(context, message)
            yield message

    def _listen(self, requests: Iterator[Any], connection: Connection, context: Any) -> None:
        try:
            for request in requests:
                kind = request.WhichOneof("update")
                if kind == "arbitration":
                    self._arbitrate(connection, request.arbitration)
                elif kind == "packet" and self._primary() is connection:
                    values = [each.value for each in sorted(request.packet.metadata, key=lambda m: m.metadata_id)]
                    self.packets.put(b"".join(values) + request.packet.payload)
        except Exception:  # the stream was torn down
            pass
        connection.out.put(None)

    def _arbitrate(self, connection: Connection, wish: Any) -> None:
        if self.deaf:
            return
        with self.lock:
            if any(each.election_id == wish.election_id.low for each in self.connections):
                connection.out.put(Refused("INVALID_ARGUMENT", "Election id already exists"))
                return
            connection.election_id, connection.device_id = wish.election_id.low, wish.device_id
            before = self._primary()
            self.connections.append(connection)
            self._notify(before, connection)

    def _notify(self, before: Connection | None, newcomer: Connection | None) -> None:
        primary = self._primary()
        if primary is None:
            return
        for each in self.connections if primary is not before else [newcomer]:
            if each is not None:
                each.tell(self.answers_device, primary)

    def _primary(self) -> Connection | None:
        return max(self.connections, key=lambda each: each.election_id, default=None)

    def _leave(self, connection: Connection) -> None:
        connection.out.put(None)
        with self.lock:
            if connection in self.connections:
                before = self._primary()
                self.connections.remove(connection)
                self._notify(before, None)

    def packet_in(self, packet: bytes) -> None:
        """Send a packet to the controller; the first byte is the header."""
        message = p4runtime_pb2.StreamMessageResponse()
        message.packet.payload = packet[1:]
        message.packet.metadata.add(metadata_id=1, value=packet[:1])
        primary = self._primary()
        assert primary is not None
        primary.out.put(message)

    # -------------------------------------------------------------------------------------- requests

    def _check_primary(self, request: Any, context: Any) -> None:
        primary = self._primary()
        if primary is None or request.election_id.low != primary.election_id:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "Not primary")

    def _ready(self, request: Any, context: Any) -> Tables:
        if self.stuck:
            self._misbehave(deque([Hang()]), context)
        if request.device_id != self.device_id or self.tables is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, NO_PIPELINE)
        assert self.tables is not None
        return self.tables

    def _misbehave(self, faults: deque[Fault], context: Any) -> Fault:
        fault = faults.popleft() if faults else None
        if isinstance(fault, Answer):
            context.abort(getattr(grpc.StatusCode, fault.code), "told to fail")
        if isinstance(fault, Hang):
            while context.is_active() and not self.stopped.wait(0.02):
                pass
            context.abort(grpc.StatusCode.ABORTED, "hung")
        return fault

    def SetForwardingPipelineConfig(self, request: Any, context: Any) -> Any:
        self._check_primary(request, context)
        self._misbehave(self.push_faults, context)
        if request.device_id != self.device_id:
            context.abort(grpc.StatusCode.UNKNOWN, "Error when trying to assign device")
        assert request.action == p4runtime_pb2.SetForwardingPipelineConfigRequest.VERIFY_AND_COMMIT
        with self.lock:
            try:
                self.tables = Tables(request.config.p4info, request.config.p4_device_config)
            except (ValueError, KeyError, TypeError):
                context.abort(grpc.StatusCode.UNKNOWN, "Error in first phase of device update")
            self.config = request.config
            self.pushes += 1
        return p4runtime_pb2.SetForwardingPipelineConfigResponse()

    def GetForwardingPipelineConfig(self, request: Any, context: Any) -> Any:
        self._ready(request, context)
        answer = p4runtime_pb2.GetForwardingPipelineConfigResponse()
        answer.config.p4info.CopyFrom(self.config.p4info)
        answer.config.cookie.CopyFrom(self.config.cookie)
        return answer

    def Write(self, request: Any, context: Any) -> Any:
        self._check_primary(request, context)
        tables = self._ready(request, context)
        self.writes.append(len(request.updates))
        fault = self._misbehave(self.write_faults, context)
        if self.max_batch is not None and len(request.updates) > self.max_batch:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many updates at once")
        errors = []
        for position, update in enumerate(request.updates):
            if isinstance(fault, Die) and position == fault.after:
                self.die()
                context.abort(grpc.StatusCode.UNAVAILABLE, "dying")
            errors.append(self._carry_out(tables, update))
        if isinstance(fault, LoseAnswer):
            context.abort(getattr(grpc.StatusCode, fault.code), "told to fail")
        if any(error.canonical_code for error in errors):
            _refuse(context, errors)
        return p4runtime_pb2.WriteResponse()

    def _carry_out(self, tables: Tables, update: Any) -> Any:
        if self.drop_writes:
            return p4runtime_pb2.Error()
        try:
            refused = self.refuse(update)
            if refused is not None:
                raise refused
            with self.lock:
                tables.apply(update)
        except Refused as error:
            return p4runtime_pb2.Error(canonical_code=error.code, message=error.message)
        return p4runtime_pb2.Error()

    def Read(self, request: Any, context: Any) -> Iterator[Any]:
        tables = self._ready(request, context)
        self._misbehave(self.read_faults, context)
        answer = p4runtime_pb2.ReadResponse()
        try:
            with self.lock:
                for entity in request.entities:
                    answer.entities.extend(tables.read(entity))
        except Refused as error:
            _abort(context, error)
        yield answer


def _abort(context: Any, error: Refused) -> None:
    name = code_pb2.Code.Name(error.code)
    context.abort(getattr(grpc.StatusCode, name), error.message)


def _refuse(context: Any, errors: list[Any]) -> None:
    """The three levels of a P4Runtime error."""
    status = status_pb2.Status(code=code_pb2.UNKNOWN)
    for error in errors:
        status.details.add().Pack(error)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, "")


class FakeServer:
    """A server with one switch behind it; `kill` and `start` as often as you like, at the same address."""

    def __init__(self, device_id: int = 0, credentials: Any = None) -> None:
        self.switch = FakeSwitch(device_id)
        self.credentials = credentials
        self.port = 0
        self._server: Any = None
        self.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begin to serve. The switch is what it was; `restart` forgets."""
        self.switch.stopped.clear()
        self.switch.die = self.kill
        pool = ThreadPoolExecutor(max_workers=16)
        self._server = grpc.server(pool, options=(("grpc.so_reuseport", 0),))
        p4runtime_pb2_grpc.add_P4RuntimeServicer_to_server(self.switch, self._server)
        place = f"127.0.0.1:{self.port}"
        if self.credentials is None:
            self.port = self._server.add_insecure_port(place)
        else:
            self.port = self._server.add_secure_port(place, self.credentials)
        self._server.start()

    def kill(self) -> None:
        """Stop at once, in the middle of whatever it does."""
        self.switch.stopped.set()
        for connection in list(self.switch.connections):
            connection.out.put(None)
        self._server.stop(None)

    def restart(self) -> None:
        """Die and come back without a program."""
        self.kill()
        self._server.stop(None).wait()
        self.switch.tables, self.switch.connections = None, []
        self.start()

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._server.stop(None).wait()
