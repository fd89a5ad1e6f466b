"""A P4Runtime proxy between the controller and a switch, which tampers with what is written.

Everything is passed on as it comes, refusals included, but for programs and writes: those go through a `Tampering`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

# isort: off
import contra.deploy.control.quiet  # noqa: F401  gRPC reads its environment when it is loaded

# isort: on
import grpc
from google.rpc import status_pb2
from p4.v1 import p4runtime_pb2

Forward = Callable[[Sequence[Any]], None]
"""Has the switch carry out updates. Raises grpc.RpcError as the switch answers."""

_SERVICE = "/p4.v1.P4Runtime/"
_DETAILS = "grpc-status-details-bin"
_OPTIONS = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", 256 << 20),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
)
_WORKERS = 16
_WAIT_S = 60.0
"""Longest time for a request to the switch: longer than any of the controller's own."""


class Broken(Exception):
    """From now on there is no way through."""


class Tampering:
    """What becomes of programs and writes; this one passes them on unchanged."""

    def program(self, config: Any) -> None:
        """Change a ForwardingPipelineConfig on its way to the switch."""

    def write(self, updates: Sequence[Any], forward: Forward) -> Sequence[bool]:
        """Have some of the updates carried out; for each, whether it went to the switch. Raises Broken."""
        forward(updates)
        return [True] * len(updates)


class Proxy:
    """Listens on 127.0.0.1 in front of the switch at `upstream`, from the start to `close`.

    It is in the network namespace of the thread that makes it.
    """

    def __init__(self, upstream: str, tampering: Tampering) -> None:
        self.tampering = tampering
        self._channel = grpc.insecure_channel(upstream, options=_OPTIONS)
        self._streams: set[Any] = set()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._broken = False
        self._server = grpc.server(ThreadPoolExecutor(_WORKERS, thread_name_prefix="chaos"), options=_OPTIONS[:2])
        self._server.add_generic_rpc_handlers((_Methods(self),))
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        """Listen no more; connections through it end."""
        self._break()
        self._server.stop(None).wait()
        self._channel.close()

    def _break(self) -> None:
        self._broken = True
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream.cancel()

    # ------------------------------------------------------------------------------------------ requests

    def stream(self, requests: Iterable[bytes], context: Any) -> Iterator[bytes]:
        """The conversation of a controller with the switch."""
        self._check(context)
        call = self._channel.stream_stream(f"{_SERVICE}StreamChannel")(_until_gone(requests))
        context.add_callback(call.cancel)
        with self._lock:
            self._streams.add(call)
        try:
            yield from call
        except grpc.RpcError as error:
            _pass_on(error, context)
        finally:
            with self._lock:
                self._streams.discard(call)

    def read(self, request: bytes, context: Any) -> Iterator[bytes]:
        """What the switch holds."""
        self._check(context)
        try:
            yield from self._channel.unary_stream(f"{_SERVICE}Read")(request, timeout=_WAIT_S)
        except grpc.RpcError as error:
            _pass_on(error, context)

    def other(self, name: str, request: bytes, context: Any) -> bytes:
        """A request that nothing is done about."""
        self._check(context)
        return self._ask(name, request, context)

    def push(self, request: bytes, context: Any) -> bytes:
        """A program."""
        self._check(context)
        message = p4runtime_pb2.SetForwardingPipelineConfigRequest.FromString(request)
        self.tampering.program(message.config)
        return self._ask("SetForwardingPipelineConfig", message.SerializeToString(), context)

    def write(self, request: bytes, context: Any) -> bytes:
        """A batch of updates."""
        self._check(context)
        message = p4runtime_pb2.WriteRequest.FromString(request)
        failures: list[Any] = []

        def forward(updates: Sequence[Any]) -> None:
            part = p4runtime_pb2.WriteRequest()
            part.CopyFrom(message)
            del part.updates[:]
            part.updates.extend(updates)
            try:
                self._channel.unary_unary(f"{_SERVICE}Write")(part.SerializeToString(), timeout=_WAIT_S)
            except grpc.RpcError as error:
                failures.append(error)

        with self._writing:
            try:
                went = self.tampering.write(list(message.updates), forward)
            except Broken:
                self._break()
                context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
        if failures:
            _pass_on(failures[0], context, went)
        return bytes(p4runtime_pb2.WriteResponse().SerializeToString())

    def _ask(self, name: str, request: bytes, context: Any) -> bytes:
        try:
            return bytes(self._channel.unary_unary(f"{_SERVICE}{name}")(request, timeout=_WAIT_S))
        except grpc.RpcError as error:
            _pass_on(error, context)
            raise

    def _check(self, context: Any) -> None:
        if self._broken:
            context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")


class _Methods(grpc.GenericRpcHandler):  # type: ignore[misc]
    """The service, by names of its methods; messages stay bytes."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def service(self, details: Any) -> Any:
        """What serves a call."""
        name = str(details.method).removeprefix(_SERVICE)
        if name == "StreamChannel":
            return grpc.stream_stream_rpc_method_handler(self._proxy.stream)
        if name == "Read":
            return grpc.unary_stream_rpc_method_handler(self._proxy.read)
        own = {"Write": self._proxy.write, "SetForwardingPipelineConfig": self._proxy.push}
        served = own.get(name, lambda request, context: self._proxy.other(name, request, context))
        return grpc.unary_unary_rpc_method_handler(served)


def _until_gone(requests: Iterable[bytes]) -> Iterator[bytes]:
    """What a controller says, until it has gone."""
    with suppress(Exception):
        yield from requests


def _pass_on(error: Any, context: Any, went: Sequence[bool] = ()) -> None:
    """Answer what the switch has answered.

    `went` tells which updates of a batch it was asked for: it has an opinion on those alone, all others went well.
    """
    metadata = [(key, value) for key, value in error.trailing_metadata() or () if key == _DETAILS]
    if went and metadata:
        metadata = [(_DETAILS, _with_others(metadata[0][1], went))]
    context.set_trailing_metadata(tuple(metadata))
    context.abort(error.code(), error.details() or "")


def _with_others(details: bytes, went: Sequence[bool]) -> bytes:
    status = status_pb2.Status.FromString(details)
    own = iter(list(status.details))
    del status.details[:]
    for each in went:
        opinion = next(own, None) if each else None
        if opinion is None:
            status.details.add().Pack(p4runtime_pb2.Error())
        else:
            status.details.append(opinion)
    return bytes(status.SerializeToString())
