"""The doctor: every finding says what needs it and how to get it; it never waits for long."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

from contra import doctor
from contra.cli.contra import main
from contra.deploy.network import preflight


def test_the_compile_group_is_what_the_package_depends_on() -> None:
    findings = {finding.name: finding for finding in doctor.examine()}
    assert {name for name, f in findings.items() if f.group == "compile"} == {"python", "lark", "networkx", "jinja2"}
    assert findings["lark"].ok
    assert all(f.needed_for for f in findings.values())
    assert all(bool(f.fix) != f.ok for f in findings.values())


def test_exit_code_follows_the_compile_group(capsys: Any, monkeypatch: Any) -> None:
    assert main(["doctor"]) == 0
    assert "ready to compile" in capsys.readouterr().out
    find_spec = doctor.find_spec
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "lark" else find_spec(name))
    assert main(["doctor"]) == 3
    assert "for reading policies: pip install contrac" in capsys.readouterr().out


def test_with_nothing_on_the_path_it_still_compiles(capsys: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["canCompile"] is True
    missing = {finding["name"] for finding in content["findings"] if not finding["ok"]}
    assert {"p4c", "simple_switch", "iperf3", "ethtool", "graphviz dot", "mnexec", "tshark", "ip"} <= missing


def script(path: Path, text: str) -> None:
    path.write_text(f"#!{shutil.which('sh')}\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_a_tool_that_hangs_or_fails_is_still_found(monkeypatch: Any, tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    script(tmp_path / "ethtool", f"exec {sleep} 60")
    script(tmp_path / "iperf3", "exit 1")
    script(tmp_path / "ip", "echo the ip tool; echo version 7.8.9")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "TIMEOUT_S", 0.2)
    findings = {finding.name: finding for finding in doctor.examine()}
    assert findings["ethtool"].ok
    assert findings["ethtool"].detail == str(tmp_path / "ethtool")
    assert findings["iperf3"].ok
    assert findings["ip"].detail == "version 7.8.9"


def test_colour_only_on_request(capsys: Any) -> None:
    assert main(["doctor", "--color", "never"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert main(["doctor", "--color", "always"]) == 0
    assert "\x1b[32m" in capsys.readouterr().out


def test_the_verdict_names_what_is_missing_for_real_switches(capsys: Any, monkeypatch: Any) -> None:
    find_spec, looked = doctor.find_spec, shutil.which
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name in ("mininet", "thrift") else find_spec(name))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None if name == "ethtool" else looked(name))
    assert main(["doctor"]) == 0
    verdict = capsys.readouterr().out.splitlines()[-1]
    assert verdict.startswith("not ready for real switches: ")
    assert {"mininet", "ethtool"} <= set(verdict.partition(": ")[2].removesuffix(" are missing").split(", "))
    assert "thrift" not in verdict
    assert main(["doctor", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["ready"]["compile"] is True
    assert content["ready"]["deploy"] is False


def test_the_doctor_looks_for_all_that_a_start_asks_for() -> None:
    """Whom the doctor sends off with 'ready' must not be told later what is missing."""
    needed = {each.name for each in doctor.examine() if each.group in ("testbed", "p4c") and not each.optional}
    assert set(preflight.TOOLS) <= needed


def test_a_mininet_that_does_not_import(monkeypatch: Any) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: object())
    monkeypatch.setattr(preflight, "mininet_trouble", lambda: "No module named 'distutils'")
    found = next(each for each in doctor.examine() if each.name == "mininet")
    assert not found.ok
    assert found.detail == "it cannot be imported: No module named 'distutils'"
    assert found.fix
