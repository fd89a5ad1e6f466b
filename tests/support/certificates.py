"""Certificates for tests, by openssl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

FILES = ("ca.crt", "server.crt", "server.key")


def make_certificates(folder: Path) -> Path:
    """An authority, and certificates by it for 127.0.0.1 and for a client; another authority."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for name in ("ca", "other"):
        openssl(*new, "-x509", "-days", "30", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n", encoding="ascii")
    for name in ("server", "client"):
        openssl(*new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "ext"]
        openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.crt")
    return folder


def chosen(source: Path, folder: Path, *, client: bool = False, expired: bool = False, **instead: str) -> Path:
    """A folder as `contra net up --tls` takes it; `instead` names other files of the source for some (`ca_crt="x"`)."""
    folder.mkdir()
    for name in (*FILES, *(("client.crt", "client.key") if client else ())):
        shutil.copyfile(source / instead.get(name.replace(".", "_"), name), folder / name)
    if expired:
        signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-extfile", "ext", "-days", "-1"]
        command = ["openssl", "x509", "-req", "-in", "server.csr", *signed, "-out", str(folder / "server.crt")]
        subprocess.run(command, cwd=source, check=True, capture_output=True)
    return folder
