"""The verbs as a person types them: one clear line when it cannot be, nothing left when it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Callable

import psutil
import pytest

from launcher import portal, services
from launcher.var import Var
from tests.launcher.conftest import processes_of, wait_until

Launch = Callable[..., "subprocess.Popen[str]"]


def test_up_on_a_taken_port_says_so_before_anything_starts(var: Var, launch: Launch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = launch("up", "--port", port, "--var", var.root)
        out, err = up.communicate(timeout=20)
    assert up.returncode == 1
    assert out == ""
    assert err == (
        f"collab portal: Port {port} on 127.0.0.1 cannot be used (Address already in use); "
        f"choose another one: make up PORT={port + 1}\n"
    )
    assert not var.root.exists()


def test_second_start_on_the_same_directory_is_refused_and_down_stops_the_first(var: Var, launch: Launch) -> None:
    first = launch("services", "--var", var.root)
    wait_until(var.services_env.exists)
    for verb in ("services", "up"):
        second = launch(verb, "--var", var.root)
        _, err = second.communicate(timeout=20)
        assert second.returncode == 1
        assert f"is already in use by the launcher with process id {first.pid}" in err
        assert len(err.splitlines()) == 1
    status = launch("status", "--var", var.root)
    out, _ = status.communicate(timeout=20)
    assert {line.split()[0] for line in out.splitlines()} == {"launcher", "postgres", "valkey"}

    down = launch("down", "--var", var.root)
    assert down.wait(timeout=60) == 0
    assert processes_of(var) == []
    first.wait(timeout=10)
    assert not var.services_env.exists()
    again = launch("down", "--var", var.root)
    assert "Nothing runs" in again.communicate(timeout=20)[0]


def test_kill_minus_nine_of_the_launcher_leaves_nothing_and_the_next_start_works(var: Var, launch: Launch) -> None:
    first = launch("services", "--var", var.root)
    wait_until(var.services_env.exists)
    below = psutil.Process(first.pid).children(recursive=True)
    assert len(below) > 2
    first.kill()
    first.wait()
    wait_until(lambda: not any(process.is_running() for process in below))
    var.services_env.unlink()
    launch("services", "--var", var.root)
    wait_until(var.services_env.exists)


def test_more_signals_during_the_clean_up_leave_no_orphan(var: Var, launch: Launch) -> None:
    first = launch("services", "--var", var.root)
    wait_until(var.services_env.exists)
    for each in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        first.send_signal(each)
    first.wait(timeout=60)
    assert processes_of(var) == []


@pytest.mark.stack
def test_up_serves_mends_itself_and_stops_without_a_trace(var: Var, launch: Launch) -> None:
    port = services.free_port()
    up = launch("up", "--port", port, "--var", var.root)
    wait_until(lambda: portal.serves("127.0.0.1", port), seconds=90)
    assert {file.stem for file in var.run.glob("*.pid")} == {"launcher", "postgres", "valkey", "worker", "beat", "web"}

    before = {name: int((var.run / f"{name}.pid").read_text()) for name in ("worker", "beat", "web")}
    for pid in before.values():
        psutil.Process(pid).kill()
    wait_until(lambda: all(int((var.run / f"{name}.pid").read_text()) != pid for name, pid in before.items()))
    wait_until(lambda: portal.serves("127.0.0.1", port), seconds=30)

    up.send_signal(signal.SIGINT)
    out, err = up.communicate(timeout=60)
    assert (up.returncode, err) == (0, "")
    assert f"The portal runs at http://127.0.0.1:{port}" in out
    assert processes_of(var) == []


@pytest.mark.parametrize("running", [False, True])
def test_run_gives_a_command_the_services_and_its_exit_status(var: Var, launch: Launch, running: bool) -> None:
    if running:
        launch("services", "--var", var.root)
        wait_until(var.services_env.exists)
    program = "import os, redis; redis.from_url(os.environ['REDIS_URL']).ping(); raise SystemExit(7)"
    command = launch("run", "--var", var.root, "--", "python", "-c", program)
    assert command.wait(timeout=60) == 7
    assert bool(processes_of(var)) is running
