"""A run that is killed twenty times asks for no answer twice: `python -m pytest tests/slow_claude.py` (not collected by itself; two
minutes).

As a program, `python slow_claude.py JOURNAL COUNT`, it asks for the answers: the process that the test kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from servers.claude import ClaudeServer, Entry

from synthgen.models import ClaudeModel, Journal, Journalled
from synthgen.spec.rows import Brief, Prompt

PROMPTS, AT_ONCE, KILLS = 1000, 64, 20
BRIEF = Brief("Label each message.", tokens=300)


def ask(place: str, count: int) -> None:
    """Ask all prompts, and tell when the first answer is there."""
    prompts = [Prompt(f"message {number}", number, brief=BRIEF) for number in range(count)]
    remembering = Journalled(ClaudeModel("claude-haiku-5-5", concurrency=AT_ONCE), Journal(Path(place)))
    for one in remembering.complete(prompts):
        if remembering.asked == 1:
            print(one.text, flush=True)


def test_a_run_that_is_killed_twenty_times_asks_nothing_twice_but_what_was_under_way(tmp_path: Path) -> None:
    """Every request that was answered and asked again was under way at a kill."""
    stream, kills = Random(0), list[float]()
    with ClaudeServer(latency=0.05) as server:
        command = [sys.executable, __file__, str(tmp_path / "journal"), str(PROMPTS)]
        environment = {**os.environ, **server.environment, "PYTHONPATH": str(Path(__file__).parent)}
        for _ in range(KILLS):
            process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(stream.uniform(0.0, 0.12))
            kills.append(time.monotonic())
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
        before = len(server.asked())
        subprocess.run(command, env=environment, check=True, capture_output=True)
        asked: dict[str, list[Entry]] = {}
        for entry in server.asked():
            if entry.body:  # else the client was killed while it sent it
                asked.setdefault(entry.body["messages"][0]["content"], []).append(entry)
    journal = Journal(tmp_path / "journal")
    assert len(journal) == PROMPTS
    # Answered, and asked again: nobody was there any more to write it down.
    answered = [one.answered or 0.0 for own in asked.values() for one in own[:-1] if one.paid]
    lost = Counter(min(range(KILLS), key=lambda number: abs(kills[number] - when)) for when in answered)
    print(f"{before} of {PROMPTS} requests before the last run; {len(answered)} answers were asked for again, {dict(lost)} by kill")
    assert all(count <= AT_ONCE for count in lost.values())
    assert all(min(abs(when - kill) for kill in kills) < 1.0 for when in answered)
    journal.close()


if __name__ == "__main__":
    ask(sys.argv[1], int(sys.argv[2]))
