"""Children are restarted, given up, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from launcher import LauncherError
from launcher import processes as launcher_processes
from launcher.processes import Child
from launcher.supervisor import Supervisor
from launcher.var import Var
from tests.launcher.conftest import wait_until


def child(var: Var, program: str, name: str = "child", **options: object) -> Child:
    var.create()
    return Child(name, [sys.executable, "-c", program, str(var.root)], var=var, env=dict(os.environ), **options)  # type: ignore[arg-type]  # passed through


FOREVER = "import time; print('up', flush=True); time.sleep(600)"


def look_until(supervisor: Supervisor, condition: object) -> None:
    def done() -> object:
        supervisor.look_after()
        return condition()  # type: ignore[operator]  # a function of no arguments

    wait_until(done)


def test_child_that_dies_is_started_again(var: Var) -> None:
    with Supervisor(first_pause=0.01) as supervisor:
        supervisor.start(child(var, FOREVER))
        running = supervisor.children["child"]
        first = running.pid
        assert first is not None
        os.kill(int(running.pid_file.read_text()), signal.SIGKILL)
        look_until(supervisor, lambda: running.pid not in {None, first})
        assert int(running.pid_file.read_text()) == running.pid
    assert not running.pid_file.exists()


def test_child_that_keeps_dying_stops_everything_with_its_reason(var: Var) -> None:
    with Supervisor(restarts=2, first_pause=0.01) as supervisor:
        healthy = child(var, FOREVER, "healthy")
        supervisor.start(healthy, child(var, "print('no disk'); raise SystemExit(7)", "broken"))
        with pytest.raises(LauncherError) as caught:
            look_until(supervisor, lambda: False)
        assert "broken ended with status 7, 3 times within 60 s" in str(caught.value)
        assert "no disk" in str(caught.value)
    assert healthy.pid is None


def test_deaths_that_lie_far_apart_are_forgiven(var: Var) -> None:
    with Supervisor(restarts=1, window=0.2, first_pause=0.01) as supervisor:
        supervisor.start(child(var, FOREVER))
        running = supervisor.children["child"]
        for _ in range(3):
            assert running.pid
            os.kill(running.pid, signal.SIGKILL)
            running.wait()
            look_until(supervisor, lambda: running.pid)
            time.sleep(0.25)


def test_children_stop_in_the_opposite_order(var: Var) -> None:
    order = var.root / "order"
    program = (
        "import signal, sys, time\n"
        "def leave(*_):\n"
        "    open({order!r}, 'a').write({name!r} + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, leave); open({ready!r}, 'w').close(); time.sleep(600)"
    )
    with Supervisor() as supervisor:
        for name in ("broker", "worker", "web"):
            ready = var.root / f"{name}.ready"
            text = program.format(order=str(order), name=name, ready=str(ready))
            supervisor.start(child(var, text, name, ready=ready.exists))
    assert order.read_text().split() == ["web", "worker", "broker"]


def test_stop_ends_a_stubborn_child_and_its_own_children(var: Var) -> None:
    grandchild = var.root / "grandchild"
    stubborn = child(
        var,
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"below = subprocess.Popen(['sleep', '600']); open({str(grandchild)!r}, 'w').write(str(below.pid))\n"
        "time.sleep(600)",
        ready=lambda: grandchild.exists() and bool(grandchild.read_text()),
        grace=0.2,
    )
    stubborn.start()
    below = psutil.Process(int(grandchild.read_text()))
    stubborn.stop()
    assert stubborn.pid is None
    wait_until(lambda: not below.is_running() or below.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize("guarded", [True, False])
def test_child_dies_with_its_launcher_only_when_guarded(var: Var, guarded: bool) -> None:
    """The second case is the control: without the guard a killed launcher does leave its child."""
    guard = "" if guarded else ", before_exec=lambda: None"
    launcher = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from launcher.processes import Child\n"
            "from launcher.var import Var\n"
            "var = Var(sys.argv[1]); var.create()\n"
            f"Child('child', ['sleep', '600'], var=var, env={{}}{guard}).start(); time.sleep(600)",
            str(var.root),
        ]
    )
    pid_file = var.run / "child.pid"
    wait_until(lambda: pid_file.exists() and pid_file.read_text())
    below = psutil.Process(int(pid_file.read_text()))
    launcher.kill()
    launcher.wait()
    if guarded:
        wait_until(lambda: not below.is_running())
    else:
        with pytest.raises(psutil.TimeoutExpired):
            below.wait(0.5)
        below.kill()


def test_child_that_does_not_come_up_says_why(var: Var) -> None:
    broken = child(var, "print('the port is taken'); raise SystemExit(1)", ready=lambda: False)
    with pytest.raises(LauncherError, match=r"child ended with status 1 while starting(.|\n)*the port is taken"):
        broken.start()
    broken.stop()


def test_long_log_is_moved_aside_while_the_child_keeps_writing(
    var: Var, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_processes, "LOG_LIMIT", 1000)
    more = tmp_path / "more"
    writer = child(
        var,
        "import os, time\n"
        "print('x' * 2000, flush=True)\n"
        f"while not os.path.exists({str(more)!r}): time.sleep(0.02)\n"
        "print('after', flush=True); time.sleep(600)",
    )
    with Supervisor() as supervisor:
        supervisor.start(writer)
        wait_until(lambda: writer.log.stat().st_size > 1000)
        supervisor.look_after()
        assert writer.log.stat().st_size == 0
        more.touch()
        wait_until(lambda: writer.log.read_text() == "after\n")
    assert (var.log / "child.log.1").read_text().startswith("xxx")
