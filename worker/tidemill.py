# Copyright (c) 2026 the tidemill authors
# SPDX-License-Identifier: MIT
#
# Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
# associated documentation files (the "Software"), to deal in the Software without restriction,
# including without limitation the rights to use, copy, modify, merge, publish, distribute,
# sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
# furnished to do so, subject to the following conditions:
#
# The above copyright notice and this permission notice shall be included in all copies or
# substantial portions of the Software.
#
# THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
# NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
# NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
# DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
# OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""A training script's side of tidemill. One file, standard library only.

    import tidemill as tm
    p = tm.params({"lr": 0.1})
    start = load(tm.checkpoint_dir()) if tm.resuming() else 0
    for step in range(start + 1, tm.budget(20) + 1):
        tm.report(step=step, val_loss=train_one_epoch(p))
        if tm.should_stop():
            save(tm.checkpoint_dir(), step)
            tm.requeue(step)
    tm.final(val_loss=best)

Outside of tidemill everything works too: reports are printed as JSON, nothing asks to stop, and the
checkpoint directory is ./checkpoint.
"""

import json
import os
import sys
import time

EXIT_INFEASIBLE = 65
EXIT_REQUEUE = 75


def _number(value):
    """A metric as JSON can hold it: numbers of any library, NaN and infinities as text."""
    value = float(value)
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    return value


def _say(line):
    text = json.dumps(line, allow_nan=False) + "\n"
    path = os.environ.get("TIDEMILL_REPORT")
    if path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    # One write of one line: lines of several processes do not mix.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def params(defaults=None):
    """The parameters of this trial as a dict; `defaults` fill what it does not have."""
    values = dict(defaults or {})
    path = os.environ.get("TIDEMILL_PARAMS")
    if path is not None:
        with open(path, encoding="utf-8") as file:
            values.update(json.load(file))
    return values


def budget(default=None):
    """The step to reach."""
    text = os.environ.get("TIDEMILL_BUDGET")
    return default if text is None else int(text)


def resuming():
    """Whether checkpoint_dir() holds what an earlier attempt saved."""
    return os.environ.get("TIDEMILL_RESUME") == "1"


def checkpoint_dir():
    """Where to save and to load. Write a new file and rename it."""
    path = os.environ.get("TIDEMILL_CHECKPOINT_DIR")
    if path is None:
        path = os.path.abspath("checkpoint")
        os.makedirs(path, exist_ok=True)
    return path


def report(step=None, **metrics):
    """The metrics of a step. A step that is not given is the one after the last."""
    line = {"metrics": {name: _number(value) for name, value in metrics.items()}}
    if step is not None:
        line["step"] = int(step)
    _say(line)


def should_stop():
    """Whether the trial must leave now: save a checkpoint and requeue()."""
    path = os.environ.get("TIDEMILL_NOTICE")
    return path is not None and os.path.exists(path)


def notice():
    """Why and until when, as a dict: {"reason": ..., "deadline": ...}; None without a notice."""
    try:
        with open(os.environ["TIDEMILL_NOTICE"], encoding="utf-8") as file:
            return json.load(file)
    except (KeyError, OSError):
        return None


def _answered(step):
    """The worker's answer about the checkpoint of `step` or a later one, None if there is none."""
    try:
        with open(os.environ["TIDEMILL_REPORT"] + ".saved", encoding="utf-8") as file:
            answer = json.load(file)
    except OSError:
        return None
    return answer if answer["step"] >= step else None


def checkpoint(step, timeout=600.0):
    """What checkpoint_dir() holds is the checkpoint of `step`: waits until it is archived.

    True when it is, False when it was dropped or the time ran out; outside of tidemill True.
    """
    _say({"checkpoint": int(step)})
    if "TIDEMILL_REPORT" not in os.environ:
        return True
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        answer = _answered(step)
        if answer is not None:
            return answer["saved"]
        time.sleep(0.01)
    return False


def requeue(step=None):
    """Ends this attempt: the trial goes on elsewhere, from the checkpoint of `step`."""
    if step is not None:
        _say({"checkpoint": int(step)})
    sys.stdout.flush()
    sys.exit(EXIT_REQUEUE)


def infeasible(reason=""):
    """Ends the trial: these parameters cannot work."""
    _say({"infeasible": str(reason)})
    sys.stdout.flush()
    sys.exit(EXIT_INFEASIBLE)


def final(**metrics):
    """The trial has finished; `metrics` are its values."""
    _say({"final": True, "metrics": {name: _number(value) for name, value in metrics.items()}})
