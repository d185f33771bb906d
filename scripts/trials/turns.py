#!/usr/bin/env python3
"""Ways to let contestants share a round, compared: how far is the same program from
itself, and do the ratios stay?

    scripts/trials/turns.py CASE LAPS ROUNDS WAYS WHO...
    scripts/trials/turns.py request-loop@c64-d0 500 20 seq,laps4,stop50,freeze50 \
        smol/multi-thread threads-per-op

WAYS are `seq` (one after the other, a fresh process each), `lapsK` (live processes, K
windows each in turn, asked for over the pipe), `stopMS` (slices by SIGSTOP and SIGCONT)
and `freezeMS` (slices by a cgroup v1 freezer, as root). Each round has all ways in random
order. Prints mean and standard deviation of the log ratio of CPU per operation to
tokio/multi-thread; `twin` is the same program. Needs `cargo build --release` first. It
speaks the JSON contract of harness/contract/README.md, and does not ask for pauses,
because CPU time has none.
"""

import json
import math
import os
import random
import select
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

TRIATHLON = str(Path(__file__).resolve().parents[2] / "target/release/triathlon")
FREEZER = Path("/sys/fs/cgroup/freezer")
REFERENCE = "tokio/multi-thread"


def say(method, url):
    request = urllib.request.Request(url, method=method, data=b"" if method == "POST" else None)
    return json.load(urllib.request.urlopen(request))


class Process:
    """A contestant's process, and what it has cost so far."""

    def __init__(self, case, server):
        self.case, self.server, self.trial, self.freezer = case, server, None, None
        pipe = subprocess.PIPE
        self.child = subprocess.Popen([TRIATHLON, "execute"], stdin=pipe, stdout=pipe)
        self.cpu_ns = self.operations = 0

    def ask(self, laps):
        alone = self.case.startswith("cpu@")
        job = dict(schema=1, id=self.case, parameters={}, laps=laps, parent_pid=os.getpid())
        job.update(workers=2 if alone else 1, cpus=[0, 1] if alone else [1])
        if not alone:
            self.trial = say("POST", f"http://{self.server.address}/trial")
            job.update(server=self.trial["addresses"][0], server_pid=self.server.child.pid)
        self.child.stdin.write((json.dumps(job) + "\n").encode())
        self.child.stdin.flush()

    def answer(self):
        answer = json.loads(self.child.stdout.readline())
        if self.trial:
            say("DELETE", f"http://{self.server.address}/trial/{self.trial['id']}")
        assert answer["outcome"]["failed"] == 0, answer
        window = answer["window"]
        self.cpu_ns += window["user_ns"] + window["system_ns"]
        self.operations += window["samples"]

    def end(self):
        self.child.stdin.close()
        self.child.wait()
        if self.freezer:
            self.freezer.rmdir()

    def freeze(self, frozen):
        if not self.freezer:
            self.freezer = FREEZER / f"triathlon-{self.child.pid}"
            self.freezer.mkdir()
            (self.freezer / "cgroup.procs").write_text(str(self.child.pid))
        (self.freezer / "freezer.state").write_text("FROZEN" if frozen else "THAWED")
        while frozen and "FROZEN" not in (self.freezer / "freezer.state").read_text():
            time.sleep(2e-5)

    def stop(self, stopped):
        self.child.send_signal(signal.SIGSTOP if stopped else signal.SIGCONT)


class Server:
    def __init__(self):
        arguments = [TRIATHLON, "mock-server", "--parent", str(os.getpid()), "--cpus", "0"]
        self.child = subprocess.Popen(arguments, stdout=subprocess.PIPE)
        self.address = json.loads(self.child.stdout.readline())["address"]


def one_after_the_other(processes, laps):
    for process in processes:
        process.ask(laps)
        process.answer()
        process.end()


def windows_in_turn(processes, laps, windows):
    for turn in range(windows):
        random.shuffle(processes) if turn % 2 == 0 else processes.reverse()
        for process in processes:
            process.ask(laps // windows)
            process.answer()
    for process in processes:
        process.end()


def slices(processes, laps, seconds, hold):
    left = list(processes)
    begun = set()
    while left:
        random.shuffle(left)
        for process in list(left):
            if process in begun:
                hold(process, False)
            else:
                process.ask(laps)
                begun.add(process)
            if select.select([process.child.stdout], [], [], seconds)[0]:
                process.answer()
                process.end()
                left.remove(process)
            else:
                hold(process, True)


def execute(way, names, case, laps, server):
    processes = {name: Process(f"{case}/{who}", server) for name, who in names.items()}
    order = list(processes.values())
    random.shuffle(order)
    count = int("".join(c for c in way if c.isdigit()) or 0)
    if way == "seq":
        one_after_the_other(order, laps)
    elif way.startswith("laps"):
        windows_in_turn(order, laps, count)
    else:
        slices(order, laps, count / 1e3, Process.stop if way.startswith("stop") else Process.freeze)
    return {name: process.cpu_ns / process.operations for name, process in processes.items()}


def main():
    case, laps, rounds, ways, *others = sys.argv[1:]
    ways, random_ways = ways.split(","), random.Random(1)
    names = {"reference": REFERENCE, "twin": REFERENCE, **{who: who for who in others}}
    os.sched_setaffinity(0, {0})
    server = Server()
    costs, took = {way: [] for way in ways}, dict.fromkeys(ways, 0.0)
    for _ in range(int(rounds)):
        random_ways.shuffle(ways)
        for way in ways:
            began = time.monotonic()
            costs[way].append(execute(way, names, case, int(laps), server))
            took[way] += time.monotonic() - began
    for way in sorted(ways):
        ratios = []
        for name in list(names)[1:]:
            logs = [math.log(cost[name] / cost["reference"]) for cost in costs[way]]
            ratios.append(f"{name} {statistics.mean(logs):+.3f} ± {statistics.stdev(logs):.3f}")
        print(f"{case} {way:9} {took[way] / int(rounds):5.2f} s  " + "  ".join(ratios))
    server.child.terminate()
    server.child.wait()


main()
