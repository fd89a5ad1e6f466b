"""What users give to `contra net up`, and where: refused before anything is started."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from support.certificates import chosen, make_certificates

from contra.cli.contra import main as contra
from contra.cli.contrac import main as contrac
from contra.deploy import bringup
from contra.deploy.daemon.client import RemoteFailure, alive, answer
from contra.deploy.daemon.launch import signals_waiting
from contra.deploy.daemon.places import Places, places_of
from contra.deploy.network import ledger
from contra.deploy.network.certificates import trouble
from contra.deploy.network.processes import Process
from contra.diagnostics import CompileError

REPO = Path(__file__).parent.parent.parent
linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRA_RUN", str(tmp_path / "run"))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_certificates(tmp_path_factory.mktemp("certificates"))
    (folder / "rubbish").write_text("no certificate at all\n")
    return folder


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two builds: plain, and with authentication."""
    folder = tmp_path_factory.mktemp("builds")
    words = [str(REPO / "examples/congestion-aware.ctr"), str(REPO / "topologies/diamond.json"), "-q"]
    assert contrac([*words, "-o", str(folder / "plain")]) == 0
    assert contrac([*words, "-o", str(folder / "keyed"), "--authenticate"]) == 0
    return folder


# ------------------------------------------------------------------------------------------------ certificates


@pytest.mark.parametrize("client", [False, True])
def test_certificates_that_serve(certificates: Path, tmp_path: Path, client: bool) -> None:
    assert trouble(chosen(certificates, tmp_path / "keys", client=client)) is None


@pytest.mark.parametrize(
    ("instead", "file", "words"),
    [
        ({"ca_crt": "other.crt"}, "server.crt", "unable to get local issuer certificate"),
        ({"expired": True}, "server.crt", "certificate has expired"),
        ({"server_key": "client.key"}, "server.key", "not the key of server.crt"),
        ({"server_crt": "rubbish"}, "server.crt", "not in PEM"),
        ({"ca_crt": "rubbish"}, "ca.crt", "no certificate in PEM"),
        ({"client": True, "client_crt": "other.crt", "client_key": "other.key"}, "client.crt", "self-signed"),
        ({"client": True, "client_key": "server.key"}, "client.key", "not the key of client.crt"),
    ],
)
def test_certificates_that_do_not(
    certificates: Path, tmp_path: Path, instead: dict[str, Any], file: str, words: str
) -> None:
    found = trouble(chosen(certificates, tmp_path / "keys", **instead))
    assert found is not None
    assert found.file == file
    assert words in found.reason


@linux
def test_a_bad_certificate_stops_the_start(certificates: Path, builds: Path, tmp_path: Path, capsys: Any) -> None:
    keys = chosen(certificates, tmp_path / "keys", ca_crt="other.crt")
    assert contra(["net", "up", str(builds / "plain"), "--tls", str(keys)]) in (1, 3)  # 3: this machine lacks more
    said = capsys.readouterr().err
    assert "CTR1221" in said and str(keys / "server.crt") in said
    assert not (tmp_path / "run").exists()


# ------------------------------------------------------------------------------------------------ keys


def test_a_key_for_programs_that_ask_for_none(builds: Path, tmp_path: Path, capsys: Any) -> None:
    key = tmp_path / "key"
    key.write_text("00112233aabbccdd\n")
    assert contra(["net", "up", str(builds / "plain"), "--probe-key", str(key)]) == 1
    assert "CTR0822" in capsys.readouterr().err


@linux
@pytest.mark.parametrize("level", ["debug", "trace"])
def test_logs_that_would_show_the_key(builds: Path, level: str, capsys: Any) -> None:
    assert contra(["net", "up", str(builds / "keyed"), "--log-level", level]) in (1, 3)
    assert "CTR1222" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------ places


def test_a_place_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CompileError, match="not a directory"):
        bringup._make_folder(Places("net", tmp_path / "file" / "net"))


def test_a_place_with_too_long_a_name(tmp_path: Path) -> None:
    places = Places("net", tmp_path / ("x" * 120) / "net")
    with pytest.raises(CompileError, match="a path of a socket may have 107 bytes"):
        bringup._make_folder(places)
    assert not places.folder.parent.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to become somebody else")
@pytest.mark.parametrize("asking", [alive, lambda places: ledger.read(places.folder)], ids=["socket", "ledger"])
def test_the_network_of_somebody_else(asking: Any) -> None:
    """Neither 'nothing runs' nor advice to remove by hand what runs well."""
    places = places_of("net")
    places.folder.mkdir(parents=True, mode=0o700)
    assert stat.S_IMODE(places.folder.stat().st_mode) == 0o700
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534)
            asking(places)
        except CompileError as error:
            code = 0 if error.diagnostics[0].code == "CTR0817" else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# ------------------------------------------------------------------------------------------------ our own failures


@linux
def test_a_bug_is_told_before_its_log_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    testbed = pytest.importorskip("contra.deploy.testbed", reason="needs the packages of contrac[testbed]")

    def broken(plan: object, folder: object) -> None:
        raise LookupError("something of ours")

    monkeypatch.setattr(testbed, "Testbed", broken)
    places = places_of("net")
    with signals_waiting():
        channel = bringup.start(bringup.Prepared(None, places), places, color=False)  # type: ignore[arg-type]
    with pytest.raises(RemoteFailure) as failure:
        answer(channel, lambda text: None, places)
    channel.drain(20)
    channel.close()
    assert failure.value.exit_code == 70
    assert "CTR0821" in failure.value.text and "LookupError: something of ours" in failure.value.text
    assert "in broken" not in failure.value.text and " broken" in failure.value.text
    assert not places.folder.exists()


@linux
def test_the_loser_of_two_starts_leaves_the_winner_alone(tmp_path: Path) -> None:
    places = places_of("net")
    wrote = ledger.create(places.folder, Path("/b"), (), ledger.new_token(), isolated=True)
    wrote.written(owner=Process(os.getppid(), 1))
    bringup._remove_own_folder(places)
    assert places.ledger.exists()
    wrote.written()
    bringup._remove_own_folder(places)
    assert not places.folder.exists()
