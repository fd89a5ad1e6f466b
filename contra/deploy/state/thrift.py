"""Registers and counters of BMv2 over its own Thrift interface (`thrift_src/standard.thrift` of behavioral-model).

The only file that imports `thrift`, and only when it is used. It knows how to read and nothing else: BMv2 asks that
what P4Runtime manages is not written over Thrift.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any, TypeVar

from contra.deploy.state.errors import BadAnswer, NoSuchCell, NoThrift, SwitchSilent, TooWide, Unreadable
from contra.deploy.state.source import cell_of
from contra.engine.build import Build

Connect = Callable[[int], socket.socket]
"""Number of a switch -> a connected socket with a time-out. Raises OSError."""

WIDEST = 63
"""Bits of a cell that survive: BMv2 converts to a signed 64-bit number, and larger values to the largest of those."""
TIMEOUT = 3.0
"""Seconds until a switch that does not answer counts as dead."""

_SERVICE = "standard"
_CONTEXT = 0
_DROPS = "drops"
_COUNTER_NAMES = (f"ContraIngress.{_DROPS}", _DROPS)
_MOST_BYTES = 1 << 26
_I32, _I64, _STRUCT, _LIST, _CALL, _REPLY, _STOP = 8, 10, 12, 15, 1, 2, 0
_NAME_UNKNOWN, _INDEX_UNKNOWN = 1, 2
_WAY = "over Thrift"

_T = TypeVar("_T")


class _Refused(Exception):
    """The exception that a call ends with, by its code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ThriftSource:
    """A `StateSource` for the switches of a build.

    `connect` opens the connections, one per switch; by default to `ports[switch]` on this machine, in the network
    namespace of this process.
    """

    def __init__(self, build: Build, ports: Sequence[int], connect: Connect | None = None) -> None:
        self._build = build
        self._connect = connect or (lambda switch: socket.create_connection(("127.0.0.1", ports[switch]), TIMEOUT))
        self._clients: dict[int, _Client] = {}
        self._locks = [Lock() for _ in build.switches]

    def read(self, switch: int, cell: str) -> Sequence[int]:
        """All slots of a cell. Raises `Unreadable`."""
        layout = self._fits(switch, cell)
        values = self._call(switch, cell, lambda client: client.register(cell))
        if len(values) != layout:
            self._fail(NoSuchCell(switch=self._name(switch), cell=cell, problem="has another number of slots in"))
        return values

    def read_at(self, switch: int, cell: str, indices: Sequence[int]) -> Sequence[int]:
        """Some slots of a cell. Raises `Unreadable`."""
        self._fits(switch, cell)
        return self._call(switch, cell, lambda client: [client.slot(cell, index) for index in indices])

    def drops(self, switch: int) -> Sequence[int]:
        """Packets dropped, by index of the drop reason. Raises `Unreadable`."""
        reasons = range(len(self._build.manifest.drop_reasons))
        return self._call(switch, _DROPS, lambda client: [client.packets(index) for index in reasons])

    def close(self) -> None:
        """Close all connections."""
        for switch in list(self._clients):
            self._clients.pop(switch).close()

    # ------------------------------------------------------------------------------------------ failures

    def _name(self, switch: int) -> str:
        return self._build.switches[switch].switch.label

    def _fail(self, diagnostic: Any) -> None:
        raise Unreadable([diagnostic])

    def _fits(self, switch: int, cell: str) -> int:
        """The slots of a cell that can be read."""
        layout = cell_of(self._build, switch, cell)
        if layout is None:
            raise Unreadable([NoSuchCell(switch=self._name(switch), cell=cell, problem="has no state of the name")])
        if layout.bits > WIDEST:
            diagnostic = TooWide(switch=self._name(switch), cell=cell, bits=layout.bits, limit=WIDEST)
            raise Unreadable([diagnostic])
        return layout.slots

    def _call(self, switch: int, cell: str, ask: Callable[[_Client], _T]) -> _T:
        """Ask a switch; once more by a new connection, where the switch was restarted since the last call."""
        with self._locks[switch]:
            for last in (switch not in self._clients, True):
                try:
                    return ask(self._client(switch))
                except _Refused as refusal:
                    problem = "knows no such index of" if refusal.code == _INDEX_UNKNOWN else "has no state of the name"
                    self._fail(NoSuchCell(switch=self._name(switch), cell=cell, problem=problem))
                except (OSError, EOFError) as error:
                    self._forget(switch)
                    if last:
                        reason = str(getattr(error, "strerror", None) or error) or type(error).__name__
                        self._fail(SwitchSilent(switch=self._name(switch), way=_WAY, reason=reason))
                except ValueError as error:
                    self._forget(switch)
                    self._fail(BadAnswer(switch=self._name(switch), way=_WAY, reason=str(error)))
        raise AssertionError("the second try returns or raises")

    def _client(self, switch: int) -> _Client:
        if switch not in self._clients:
            self._clients[switch] = _Client(self._connect(switch))
        return self._clients[switch]

    def _forget(self, switch: int) -> None:
        client = self._clients.pop(switch, None)
        if client is not None:
            client.close()


class _Client:
    """One connection. Raises _Refused, OSError, EOFError where it ends, ValueError for what is no answer."""

    def __init__(self, connected: socket.socket) -> None:
        try:
            from thrift.protocol.TBinaryProtocol import TBinaryProtocol
            from thrift.transport.TSocket import TSocket
            from thrift.transport.TTransport import TBufferedTransport
        except ImportError:
            connected.close()
            raise Unreadable([NoThrift()]) from None
        transport = TSocket()
        transport.setHandle(connected)
        self._transport = TBufferedTransport(transport)
        limits = {"string_length_limit": _MOST_BYTES, "container_length_limit": _MOST_BYTES // 8}
        self._protocol = TBinaryProtocol(self._transport, strictRead=True, **limits)
        self._sequence = 0
        self._counter: tuple[str, ...] = _COUNTER_NAMES

    def close(self) -> None:
        """Close the connection."""
        with suppress(Exception):
            self._transport.close()

    def register(self, name: str) -> list[int]:
        """All slots of a register."""
        return list(self._ask("bm_register_read_all", name, None, self._numbers, _LIST))

    def slot(self, name: str, index: int) -> int:
        """One slot of a register."""
        return int(self._ask("bm_register_read", name, index, self._protocol.readI64, _I64))

    def packets(self, index: int) -> int:
        """Packets that the drop counter has counted at an index; p4c names it with or without its control."""
        for name in self._counter:
            try:
                value: int = self._ask("bm_counter_read", name, index, self._counter_value, _STRUCT)
            except _Refused as refusal:
                if refusal.code != _NAME_UNKNOWN or name == self._counter[-1]:
                    raise
            else:
                self._counter = (name,)
                return value
        raise AssertionError("the last name returns or raises")

    # ------------------------------------------------------------------------------------------ the wire

    def _ask(self, method: str, name: str, index: int | None, read: Callable[[], Any], kind: int) -> Any:
        from thrift.protocol.TProtocol import TProtocolException
        from thrift.Thrift import TException
        from thrift.transport.TTransport import TTransportException

        try:
            self._send(method, name, index)
            return self._answer(read, kind)
        except TTransportException as error:
            if isinstance(error.inner, OSError):
                raise error.inner from None
            if error.type in (TTransportException.NEGATIVE_SIZE, TTransportException.SIZE_LIMIT):
                raise ValueError("its answer has an impossible length") from None
            raise EOFError("it closed the connection") from None
        except (TProtocolException, TException, UnicodeDecodeError) as error:
            raise ValueError(f"its answer is not Thrift ({type(error).__name__})") from None

    def _send(self, method: str, name: str, index: int | None) -> None:
        protocol = self._protocol
        self._sequence += 1
        protocol.writeMessageBegin(f"{_SERVICE}:{method}", _CALL, self._sequence)
        protocol.writeStructBegin(method)
        protocol.writeFieldBegin("cxt_id", _I32, 1)
        protocol.writeI32(_CONTEXT)
        protocol.writeFieldBegin("name", 11, 2)
        protocol.writeString(name)
        if index is not None:
            protocol.writeFieldBegin("index", _I32, 3)
            protocol.writeI32(index)
        protocol.writeFieldStop()
        protocol.writeStructEnd()
        protocol.writeMessageEnd()
        protocol.trans.flush()

    def _answer(self, read: Callable[[], Any], kind: int) -> Any:
        """Field 0 of the result, or the exception in field 1."""
        protocol = self._protocol
        _, message, sequence = protocol.readMessageBegin()
        if message != _REPLY or sequence != self._sequence:
            raise ValueError("it does not know the question")
        found: list[Any] = []
        code: int | None = None
        protocol.readStructBegin()
        while True:
            _, type_, number = protocol.readFieldBegin()
            if type_ == _STOP:
                break
            if number == 0 and type_ == kind:
                found.append(read())
            elif number == 1 and type_ == _STRUCT:
                code = self._code()
            else:
                protocol.skip(type_)
        protocol.readStructEnd()
        protocol.readMessageEnd()
        if code is not None:
            raise _Refused(code)
        if not found:
            raise ValueError("its answer is empty")
        return found[0]

    def _numbers(self) -> list[int]:
        protocol = self._protocol
        kind, size = protocol.readListBegin()
        if kind != _I64 or not 0 <= size <= _MOST_BYTES // 8:
            raise ValueError("its answer is no list of numbers")
        values = [protocol.readI64() for _ in range(size)]
        protocol.readListEnd()
        return values

    def _counter_value(self) -> int:
        """Field 2 of a BmCounterValue: packets."""
        return self._struct(2, _I64, self._protocol.readI64)

    def _code(self) -> int:
        """Field 1 of an exception."""
        return self._struct(1, _I32, self._protocol.readI32)

    def _struct(self, wanted: int, kind: int, read: Callable[[], int]) -> int:
        protocol, value = self._protocol, 0
        protocol.readStructBegin()
        while True:
            _, type_, number = protocol.readFieldBegin()
            if type_ == _STOP:
                break
            if (number, type_) == (wanted, kind):
                value = read()
            else:
                protocol.skip(type_)
        protocol.readStructEnd()
        return value
