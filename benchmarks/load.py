"""Sends requests with wrk, which is Debian's package of that name."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import BenchmarkError

SCRIPT = """
local requests, turn, spent = {}, 0, 0
function setup(thread) only = thread end
function init(args)
  for line in io.lines(args[1]) do
    local method, path, name, value, body = line:match("([^\\t]*)\\t([^\\t]*)\\t([^\\t]*)\\t([^\\t]*)\\t(.*)")
    local headers = {["Accept"] = args[2]}
    if name ~= "" then headers[name] = value end
    if body ~= "" then headers["Content-Type"] = "application/json" else body = nil end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end
function request()
  turn = turn + 1
  if turn > #requests then turn = 1; turns = (turns or 0) + 1 end
  return requests[turn]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests":%d,"microseconds":%d,"p50":%d,"p95":%d,"refused":%d,"broken":%d,"turns":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, only:get("turns") or 0))
end
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `header` is the one that says who asks: its name and value."""

    path: str
    header: tuple[str, str] = ("", "")
    method: str = "GET"
    body: str = ""

    def line(self) -> str:
        return "\t".join([self.method, self.path, *self.header, self.body])


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: answers, of these `refused` (4xx and 5xx), `turns` through the list; times in seconds."""

    requests: int
    seconds: float
    p50: float
    p95: float
    refused: int
    turns: int


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise BenchmarkError("wrk is missing, which sends the load; install it: apt-get install wrk")


def send(url: str, requests: Sequence[Request], *, connections: int, seconds: int, accept: str) -> Load:
    """Send the requests in turn, over and over, for some seconds; `BenchmarkError` when a connection broke."""
    with tempfile.TemporaryDirectory() as directory:
        script, lines = Path(directory) / "load.lua", Path(directory) / "requests"
        script.write_text(SCRIPT)
        lines.write_text("".join(f"{request.line()}\n" for request in requests))
        command = ["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s", "--timeout=10s"]
        command += [f"--script={script}", url, "--", str(lines), accept]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30)
    _before, _mark, figures = done.stdout.partition("RESULT ")
    if done.returncode or not figures:
        raise BenchmarkError(f"wrk failed: {(done.stderr or done.stdout).strip()}")
    found = json.loads(figures)
    if found["broken"]:
        raise BenchmarkError(f"{found['broken']} of {found['requests']} requests to {url} broke or timed out.")
    return Load(
        requests=found["requests"],
        seconds=found["microseconds"] / 1e6,
        p50=found["p50"] / 1e6,
        p95=found["p95"] / 1e6,
        refused=found["refused"],
        turns=found["turns"],
    )
