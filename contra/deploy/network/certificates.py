"""Whether the certificates of a folder serve their purpose: a TLS handshake with them, in memory.

Switches and gRPC would tell late and in few words what is wrong: a switch with a broken certificate does not listen.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

ADDRESS = "127.0.0.1"
"""Where switches are reached; their certificate must be for it."""

AUTHORITY, SERVER, SERVER_KEY, CLIENT, CLIENT_KEY = "ca.crt", "server.crt", "server.key", "client.crt", "client.key"
_STEPS = 20


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, and with which file."""

    file: str
    reason: str


def files_needed(folder: Path) -> list[str]:
    """The files that must be there: clients show a certificate where there is one for them."""
    own = [CLIENT, CLIENT_KEY] if any((folder / name).exists() for name in (CLIENT, CLIENT_KEY)) else []
    return [AUTHORITY, SERVER, SERVER_KEY, *own]


def trouble(folder: Path) -> Trouble | None:
    """What keeps the certificates of a folder, which has all `files_needed`, from serving; None if they do."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    shows_own = CLIENT in files_needed(folder)
    found = _authority(client, folder) or _authority(server, folder) or _chain(server, folder, SERVER, SERVER_KEY)
    if shows_own and found is None:
        server.verify_mode = ssl.CERT_REQUIRED
        found = _chain(client, folder, CLIENT, CLIENT_KEY)
    return found or _handshake(client, server)


def _authority(context: ssl.SSLContext, folder: Path) -> Trouble | None:
    try:
        context.load_verify_locations(folder / AUTHORITY)
    except ssl.SSLError:
        return Trouble(AUTHORITY, "it is no certificate in PEM")
    except OSError as error:
        return Trouble(AUTHORITY, (error.strerror or str(error)).lower())
    return None


def _no_password() -> str:
    """Instead of asking at the terminal."""
    return ""


def _chain(context: ssl.SSLContext, folder: Path, certificate: str, key: str) -> Trouble | None:
    """Have one side use a certificate and its key."""
    try:
        context.load_cert_chain(folder / certificate, folder / key, _no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return Trouble(key, f"it is not the key of {certificate}")
        return Trouble(certificate, f"it, or {key}, is not in PEM, or the key has a password")
    except OSError as error:
        return Trouble(certificate, f"it or {key} cannot be read: {(error.strerror or str(error)).lower()}")
    return None


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> Trouble | None:
    """Let both sides speak until they agree, or one of them objects to what the other shows."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = (
        (client.wrap_bio(to_client, to_server, server_hostname=ADDRESS), SERVER),
        (server.wrap_bio(to_server, to_client, server_side=True), CLIENT),
    )
    waiting = {SERVER, CLIENT}
    for _ in range(_STEPS):
        for side, judged in sides:
            try:
                side.do_handshake()
                waiting.discard(judged)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return Trouble(judged, f"checked with {AUTHORITY}: {error.verify_message}")
            except ssl.SSLError as error:
                return Trouble(judged, f"the handshake fails: {error.reason or error}")
        if not waiting:
            return None
    return Trouble(SERVER, "the handshake does not come to an end")
