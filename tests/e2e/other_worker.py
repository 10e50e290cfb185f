"""A worker of one slot, written from docs/PROTOCOL.md: the least a worker must do, and METRIC.

usage: other_worker.py KEYS NAME STATE
KEYS is the directory STORE.run. It ends when it is drained.
"""
import fcntl
import json
import os
import re
import secrets
import subprocess
import sys
import time

import zmq

RESEND_S = 5


class Keys:
    """Section "Connecting": a pair of our own, its public half where it is looked for."""

    def __init__(self, folder, name):
        self.public, self.secret = zmq.curve_keypair()
        with open(os.path.join(folder, "server.pub"), "rb") as file:
            self.server = file.read().strip()
        with open(os.path.join(folder, "endpoint"), encoding="ascii") as file:
            self.endpoint = file.read().strip()
        place = os.path.join(folder, "worker", name + ".pub")
        self.file = open(place + ".new", "wb")  # held open, and locked, as long as we live
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self.file.write(self.public + b"\n")
        self.file.flush()
        os.rename(place + ".new", place)


class Link:
    def __init__(self, keys):
        self.socket = zmq.Context().socket(zmq.DEALER)
        for option, value in [
            (zmq.IMMEDIATE, 1), (zmq.LINGER, 0), (zmq.MAXMSGSIZE, 65600), (zmq.TCP_KEEPALIVE, 1),
            (zmq.HANDSHAKE_IVL, 30000), (zmq.RECONNECT_IVL, 1000 + secrets.randbelow(1000)),
            (zmq.RECONNECT_IVL_MAX, 8000),
        ]:
            self.socket.setsockopt(option, value)
        self.socket.curve_publickey = keys.public
        self.socket.curve_secretkey = keys.secret
        self.socket.curve_serverkey = keys.server
        self.socket.connect(keys.endpoint)
        self.envelope = {"v": 1, "boot": secrets.token_hex(16), "seq": 0}
        self.greeting_ms = int(time.monotonic() * 1000)  # of its first HELLO, or before

    def say(self, kind, **body):
        """False while nobody is there: what must arrive is said again until it is answered."""
        self.envelope["seq"] += 1
        frame = json.dumps({**self.envelope, "type": kind, **body}).encode()
        try:
            self.socket.send(frame, zmq.DONTWAIT)
        except zmq.Again:
            return False
        return True

    def hear(self, wait_ms):
        """The next message, or None. Only the coordinator that sent WELCOME may order anything;
        one that answers a HELLO of before this greeting counts for nothing (R4)."""
        if not self.socket.poll(wait_ms):
            return None
        message = json.loads(self.socket.recv())
        incarnation = self.envelope.get("incarnation", 0)
        same_cluster = message["cluster"] == self.envelope.get("cluster", message["cluster"])
        newer = not same_cluster or message["incarnation"] >= incarnation
        if message["type"] == "WELCOME" and message["token"] < self.greeting_ms:
            return None
        if message["type"] == "WELCOME" and newer:
            self.envelope["cluster"] = message["cluster"]
            self.envelope["incarnation"] = message["incarnation"]
            return message
        if message["type"] == "WHO" or (same_cluster and message["incarnation"] == incarnation):
            return message
        return None


class Attempt:
    """A command that runs; its objectives are the last NAME=VALUE of its output."""

    def __init__(self, assign, folder):
        self.name = {key: assign[key] for key in ("experiment", "trial", "attempt")}
        self.metrics = [objective["metric"] for objective in assign["objectives"]]
        self.step = -1
        self.stopped = False
        self.began = time.monotonic()
        self.path = os.path.join(folder, "output-" + "-".join(map(str, self.name.values())))
        variables = {one["name"]: one["value"] for one in assign.get("env", [])}
        variables["TIDEMILL_TRIAL"] = "{experiment}.{trial}".format(**self.name)
        variables["TIDEMILL_ATTEMPT"] = str(self.name["attempt"])
        for parameter, value in json.loads(assign["params"]).items():
            variables["TIDEMILL_PARAM_" + parameter] = str(value)
        with open(self.path, "wb") as output:
            self.process = subprocess.Popen(
                assign["command"], stdout=output, env={**os.environ, **variables},
                cwd=assign.get("workdir") or folder, start_new_session=True)
        self.grace_ms, self.signal = assign["grace_ms"], assign["signal"]

    def running(self):
        return {**self.name, "step": self.step}

    def stop(self):
        self.stopped = True
        os.killpg(self.process.pid, self.signal)

    def points(self):
        with open(self.path, encoding="utf-8") as output:
            text = output.read()
        return [(metric, float(value)) for metric, value in re.findall(r"(\w+)=([-+.\deE]+)", text)
                if metric in self.metrics]

    def result(self):
        values = dict(self.points())
        code = self.process.returncode
        outcome, cause = "completed", "exit"
        if self.stopped:
            outcome, cause = "left", "notice"
        elif code != 0:
            outcome, cause = "failed", "exit" if code > 0 else "signal"
        elif len(values) < len(self.metrics):
            outcome, cause = "failed", "no_objective"
        return {
            **self.name, "outcome": outcome, "cause": cause, "exit_code": max(code, -1),
            "signal": max(-code, 0), "last_step": self.step,
            "values": [{"metric": name, "value": value} for name, value in values.items()],
            "duration_ms": int(1000 * (time.monotonic() - self.began)),
        }


class Worker:
    def __init__(self, link, folder):
        self.link, self.folder = link, folder
        self.attempt = None
        self.owed = None  # a RESULT without RESULT_ACK; a real worker keeps it on its disk (R3)
        self.highest = {}  # by trial (R6); the same
        self.draining = False
        self.again = {"HELLO": 0.0, "RESULT": 0.0, "RENEW": float("inf")}

    def hello(self):
        now = time.monotonic()
        if self.again["HELLO"] == float("inf"):
            self.link.greeting_ms = int(now * 1000)
        self.again["HELLO"] = now + 2
        self.link.say(
            "HELLO", token=int(now * 1000), version_oldest=1, version_newest=1,
            software="other worker", host="here", pool="default", slots=1, cpus_milli=0,
            memory_bytes=0,
            running=[self.attempt.running()] if self.attempt else [],
            outbox=[{key: self.owed[key] for key in ("experiment", "trial", "attempt")}]
            if self.owed else [])

    def ready(self):
        if not self.draining:
            self.link.say("READY", slots_free=0 if self.attempt or self.owed else 1)

    def on_welcome(self, message):
        self.again["HELLO"] = float("inf")
        self.again["RENEW"] = 0.0
        self.renew_s = message["renew_ms"] / 1000
        for verdict in message.get("running", []):
            if verdict["verdict"] == "stop" and self.attempt:
                self.attempt.stop()
        for verdict in message.get("outbox", []):
            self.again["RESULT"] = 0.0
            if verdict["verdict"] == "drop":
                self.owed = None
        self.ready()

    def on_assign(self, message):
        name = {key: message[key] for key in ("experiment", "trial", "attempt")}
        trial = (message["experiment"], message["trial"])
        if self.attempt and self.attempt.name == name:
            self.link.say("ACCEPT", **name)
        elif message["attempt"] <= self.highest.get(trial, 0):
            self.link.say("REFUSE", **name, reason="stale")
        elif self.attempt or self.owed or self.draining:
            self.link.say("REFUSE", **name, reason="draining" if self.draining else "full")
        else:
            self.highest[trial] = message["attempt"]
            self.attempt = Attempt(message, self.folder)
            self.link.say("ACCEPT", **name)

    def on_message(self, message):
        kind = message["type"]
        mine = self.attempt and all(message.get(key) == value
                                    for key, value in self.attempt.name.items())
        if kind == "WHO":
            self.hello()
        elif kind == "WELCOME":
            self.on_welcome(message)
        elif kind == "ASSIGN":
            self.on_assign(message)
        elif kind == "STOP" and mine:
            self.attempt.stop()
        elif kind == "LEASE":
            for verdict in message.get("verdicts", []):
                if verdict["verdict"] == "revoked" and self.attempt:
                    self.attempt.stop()
        elif kind == "RESULT_ACK":
            self.owed = None
            self.ready()
        elif kind == "DRAIN":
            self.draining = True
            if self.attempt:
                self.attempt.stop()
        elif kind == "ERROR":
            sys.exit("refused: " + message["text"])

    def reap(self):
        if not self.attempt or self.attempt.process.poll() is None:
            return
        points = [{"step": step, "metric": metric, "value": value}
                  for step, (metric, value) in enumerate(self.attempt.points())]
        self.attempt.step = len(points) - 1
        if points:
            self.link.say("METRIC", **self.attempt.name, points=points)
        self.owed, self.attempt = self.attempt.result(), None
        self.again["RESULT"] = 0.0

    def work(self):
        while not (self.draining and not self.attempt and not self.owed):
            now = time.monotonic()
            if now >= self.again["HELLO"]:
                self.hello()
            if now >= self.again["RENEW"]:
                self.again["RENEW"] = now + self.renew_s
                self.link.say("RENEW", token=int(now * 1000),
                              running=[self.attempt.running()] if self.attempt else [])
            if self.owed and now >= self.again["RESULT"]:
                self.again["RESULT"] = now + RESEND_S
                self.link.say("RESULT", **self.owed)
            message = self.link.hear(20)
            if message:
                self.on_message(message)
            self.reap()
        self.link.say("BYE")
        self.link.socket.close(linger=1000)


def main(folder, name, state):
    os.makedirs(state, exist_ok=True)
    Worker(Link(Keys(folder, name)), os.path.abspath(state)).work()


if __name__ == "__main__":
    main(*sys.argv[1:])
