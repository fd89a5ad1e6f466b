"""A tiny Thrift server that plays BMv2, byte by byte from the description of the binary protocol; it can misbehave.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

CALL, REPLY, EXCEPTION = 1, 2, 3
I32, I64, STRING, STRUCT, LIST = 8, 10, 11, 12, 15


class ThriftServer:
    """Serves registers and one counter of a switch. `mood`: what it does instead of answering well."""

    def __init__(self, registers: Mapping[str, Sequence[int]], counter: Mapping[str, Sequence[int]]) -> None:
        self.registers, self.counter = registers, counter
        self.mood = "good"
        self.calls: list[tuple[str, str, int | None]] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> ThriftServer:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.hang_up()
        for thread in self._threads:
            thread.join()

    def hang_up(self) -> None:
        """Close all connections, as a switch does that dies."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connected)
            self._threads.append(threading.Thread(target=self._serve, args=(connected,)))
            self._threads[-1].start()

    def _serve(self, connected: socket.socket) -> None:
        with suppress(OSError, EOFError), connected.makefile("rb") as stream:
            while True:
                sequence, answer = self._answer(_Reader(stream))
                connected.sendall(self._spoilt(sequence, answer))
                if self.mood == "cut":
                    connected.shutdown(socket.SHUT_RDWR)
                    return

    def _spoilt(self, sequence: int, answer: bytes) -> bytes:
        head = struct.pack(">I", 0x80010000 | REPLY) + _text("x") + struct.pack(">i", sequence)
        match self.mood:
            case "silent":
                return b""
            case "cut":
                return answer[: len(answer) // 2]
            case "http":
                return b"HTTP/1.1 400 Bad Request\r\n\r\n"
            case "exception":
                return struct.pack(">I", 0x80010000 | EXCEPTION) + answer[4:]
            case "late":
                return answer.replace(struct.pack(">i", sequence), struct.pack(">i", sequence + 1), 1)
            case "empty":
                return head + b"\0"
            case "huge":
                return head + struct.pack(">bhbi", LIST, 0, I64, 2**31 - 1)
            case "negative":
                return head + struct.pack(">bhbi", LIST, 0, I64, -1)
            case "strings":
                return head + struct.pack(">bhbi", LIST, 0, STRING, 1) + _text("5") + b"\0"
            case "short":
                return head + struct.pack(">bhbiq", LIST, 0, I64, 1, 7) + b"\0"
            case _:
                return answer

    def _answer(self, reader: _Reader) -> tuple[int, bytes]:
        assert reader.unpack(">I") == 0x80010000 | CALL
        name, sequence = reader.text(), reader.unpack(">i")
        fields: dict[int, int | str] = {}
        while kind := reader.unpack(">b"):
            number = reader.unpack(">h")
            fields[number] = reader.text() if kind == STRING else reader.unpack(">i")
            assert kind in (I32, STRING)
        service, _, method = name.partition(":")
        assert service == "standard"
        assert fields[1] == 0
        what, index = str(fields[2]), fields.get(3)
        assert index is None or isinstance(index, int)
        self.calls.append((method, what, index))
        head = struct.pack(">I", 0x80010000 | REPLY) + _text(method) + struct.pack(">i", sequence)
        return sequence, head + self._result(method, what, index) + b"\0"

    def _result(self, method: str, what: str, index: int | None) -> bytes:
        if method == "bm_counter_read":
            if what not in self.counter:
                return _refusal(1)
            assert index is not None
            packets = self.counter[what][index]
            return struct.pack(">bhbhqbhqb", STRUCT, 0, I64, 1, 999, I64, 2, packets, 0)
        values = self.registers.get(what)
        if values is None:
            return _refusal(1)
        if method == "bm_register_read_all":
            return struct.pack(f">bhbi{len(values)}q", LIST, 0, I64, len(values), *values)
        assert method == "bm_register_read"
        assert index is not None
        return struct.pack(">bhq", I64, 0, values[index]) if index < len(values) else _refusal(2)


def _refusal(code: int) -> bytes:
    return struct.pack(">bhbhib", STRUCT, 1, I32, 1, code, 0)


def _text(text: str) -> bytes:
    return struct.pack(">i", len(text)) + text.encode()


class _Reader:
    def __init__(self, stream: object) -> None:
        self._stream = stream

    def take(self, size: int) -> bytes:
        data: bytes = self._stream.read(size)  # type: ignore[attr-defined]
        if len(data) < size:
            raise EOFError
        return data

    def unpack(self, form: str) -> int:
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        return int(value)

    def text(self) -> str:
        return self.take(self.unpack(">i")).decode()
