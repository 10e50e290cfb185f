"""tidemill.py, level 2 of the contract, outside of tidemill and inside of an attempt whose files
this test plays: what is written where, and how a script ends."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

MODULE = sys.argv.pop(1)


def run(script, **environment):
    """The script in a process of its own; its code, output and errors."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TIDEMILL_")}
    clean.update(environment, PYTHONPATH=os.path.dirname(MODULE), PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run([sys.executable, "-c", "import tidemill as tm\n" + script], env=clean,
                          capture_output=True, text=True, timeout=60, check=False,
                          cwd=environment.get("TIDEMILL_TEST_FOLDER"))
    return done.returncode, done.stdout, done.stderr


class Outside(unittest.TestCase):
    """Without tidemill: JSON on stdout, defaults, and nothing that asks to stop."""

    def test_everything_has_a_meaning(self):
        with tempfile.TemporaryDirectory() as folder:
            code, out, err = run(
                "assert tm.params({'lr': 0.1}) == {'lr': 0.1}\n"
                "assert tm.budget(20) == 20 and not tm.resuming() and not tm.should_stop()\n"
                "import os; assert os.path.isdir(tm.checkpoint_dir())\n"
                "tm.report(step=1, loss=0.5, bad=float('nan'))\n"
                "tm.report(loss=float('-inf'))\n"
                "assert tm.checkpoint(1) and tm.notice() is None\n"
                "tm.final(loss=0.25)\n", TIDEMILL_TEST_FOLDER=folder)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([json.loads(line) for line in out.splitlines()],
                         [{"metrics": {"loss": 0.5, "bad": "nan"}, "step": 1},
                          {"metrics": {"loss": "-inf"}}, {"checkpoint": 1},
                          {"final": True, "metrics": {"loss": 0.25}}])

    def test_the_ends_have_their_codes(self):
        self.assertEqual(run("tm.requeue(3)")[:2], (75, '{"checkpoint": 3}\n'))
        self.assertEqual(run("tm.infeasible('too wide')")[:2], (65, '{"infeasible": "too wide"}\n'))


class Inside(unittest.TestCase):
    """With the files and variables of an attempt."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name, text=None):
        path = os.path.join(self.folder.name, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def test_reports_go_to_the_file(self):
        report = self.path("report", "")
        code, out, err = run(
            "p = tm.params({'lr': 1, 'depth': 2}); assert p == {'lr': 0.5, 'depth': 2}\n"
            "assert tm.budget(1) == 9 and tm.resuming() and tm.checkpoint_dir() == '/c'\n"
            "tm.report(step=1, loss=1)\n"
            "import os; open(os.environ['TIDEMILL_NOTICE'], 'w').write('{\"reason\":\"window\"}')\n"
            "assert tm.should_stop() and tm.notice() == {'reason': 'window'}\n"
            "tm.requeue(1)\n", TIDEMILL_PARAMS=self.path("params", '{"lr": 0.5}'),
            TIDEMILL_REPORT=report, TIDEMILL_BUDGET="9", TIDEMILL_RESUME="1",
            TIDEMILL_CHECKPOINT_DIR="/c", TIDEMILL_NOTICE=self.path("notice"))
        self.assertEqual((code, out, err), (75, "", ""))
        with open(report, encoding="utf-8") as file:
            self.assertEqual(file.read(), '{"metrics": {"loss": 1.0}, "step": 1}\n'
                                          '{"checkpoint": 1}\n')

    def test_checkpoint_waits_for_its_own_answer(self):
        """The worker answers when the line is there; an answer about an older step is none."""
        report = self.path("report", "")
        self.path("report.saved", '{"step":6,"saved":true}')

        def answer():
            while os.path.getsize(report) == 0:
                time.sleep(0.001)
            os.replace(self.path("new", '{"step":7,"saved":false}'), report + ".saved")

        worker = threading.Thread(target=answer)
        worker.start()
        code, out, _ = run("print(tm.checkpoint(7), tm.checkpoint(6))", TIDEMILL_REPORT=report)
        worker.join()
        self.assertEqual((code, out), (0, "False False\n"))


if __name__ == "__main__":
    unittest.main()
