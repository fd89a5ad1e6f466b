"""Another controller, in a process of its own, in the namespace of the switches.

    intruder.py ADDRESS DEVICE ELECTION [--ca FILE | P4INFO JSON]

Becomes the controller of a switch, pushes a program if one is named, says what came of it, and stays until its
standard input ends.
"""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
from google.protobuf import text_format
from p4.v1 import p4runtime_pb2, p4runtime_pb2_grpc


def channel(address: str, words: list[str]) -> grpc.Channel:
    """Over TLS, without a certificate of our own, where an authority is named."""
    if words[:1] != ["--ca"]:
        return grpc.insecure_channel(address)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(Path(words[1]).read_bytes()))


def main() -> None:
    address, device, election = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    stub = p4runtime_pb2_grpc.P4RuntimeStub(channel(address, sys.argv[4:]))
    requests: queue.Queue[p4runtime_pb2.StreamMessageRequest] = queue.Queue()

    def outgoing() -> Iterator[p4runtime_pb2.StreamMessageRequest]:
        while True:
            yield requests.get()

    request = p4runtime_pb2.StreamMessageRequest()
    request.arbitration.device_id, request.arbitration.election_id.low = device, election
    requests.put(request)
    stream = stub.StreamChannel(outgoing())  # kept: we are in charge as long as it lives
    print(next(stream).arbitration.status.code, flush=True)
    if len(sys.argv) > 4 and sys.argv[4] != "--ca":
        push = p4runtime_pb2.SetForwardingPipelineConfigRequest(device_id=device)
        push.election_id.low, push.action = election, push.VERIFY_AND_COMMIT
        text_format.Parse(Path(sys.argv[4]).read_text(), push.config.p4info, allow_unknown_field=True)
        push.config.p4_device_config = Path(sys.argv[5]).read_bytes()
        stub.SetForwardingPipelineConfig(push, timeout=20)
        print("pushed", flush=True)
    sys.stdin.read()


main()
