#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""benchmarks/results.py on small made-up lines: what it groups, what it says, what it refuses, and
that the committed page is the one it makes."""

import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "results.py"
sys.dont_write_bytecode = True
sys.path.insert(0, str(SCRIPT.parent))
import results  # noqa: E402


def line(who, milliseconds, **more):
    return {"workload": "softmax", "shape": "4x8", "dtype": "f32", "target": "cpu", "threads": 2,
            "device": "A & B", "benchmark": "rows", "who": who, "median_ms": milliseconds,
            "spread": 0.1, "bytes": 256, "flops": 608, "fraction_of_limit": 0.5, **more}


def roof(who, rate, unit, **more):
    return {"workload": "ceiling", "shape": "", "dtype": "f32", "target": "cpu", "threads": 2,
            "device": "A & B", "who": who, "rate": rate, "unit": unit, **more}


LINES = [roof("copy", 2e10, "B/s", shape="16 KiB"), roof("copy", 1e10, "B/s", shape="256 MiB"),
         roof("multiply-add", 1e12, "flop/s"),
         line("sinter", 2.0, accuracy=1e-7, against="double"), line("unfused", 3.0),
         line("Eigen", 1.0, accuracy=2e-7), line("oneDNN", 4.0)]


class Results(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, text, name="lines.json"):
        path = self.folder / name
        path.write_text(text)
        return path

    def written(self, lines):
        return self.file("".join(json.dumps(one) + "\n" for one in lines))

    def run_script(self, *arguments):
        """Exit status, what it printed, its complaint."""
        done = subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_table_holds_time_error_and_ratio(self):
        status, out, _ = self.run_script(self.written(LINES))
        self.assertEqual(status, 0)
        row = [cell.strip() for cell in out.splitlines()[2].split("|")[1:-1]]
        self.assertEqual(row, ["softmax", "4x8", "f32", "2", "2.000 ms", "50 %", "1.0e-07",
                               "3.000 ms", "1.000 ms", "Eigen", "~2.0e-07", "0.50"])
        self.assertIn("cpu, 2 threads: geometric mean of the ratios 0.50; of 1 workloads sinter "
                      "leads in 0, a peer in 1, and 0 are within 5 %", out)

    def test_of_what_was_measured_twice_the_last_counts(self):
        _, out, _ = self.run_script(self.written(LINES + [line("Eigen", 8.0)]))
        self.assertIn("| 4.000 ms  | oneDNN |", out)

    def test_of_ceilings_the_highest_counts(self):
        again = results.ceilings(LINES + [roof("multiply-add", 9e11, "flop/s"),
                                          roof("copy", 3e10, "B/s", shape="256 MiB")])
        self.assertEqual([one["rate"] for one in again], [2e10, 3e10, 1e12])

    def test_numbers_of_threads_and_benchmarks_are_kept_apart(self):
        other = [line("sinter", 1.0, threads=1), line("sinter", 5.0, benchmark="layers")]
        self.assertEqual(len(results.grouped(LINES + other)), 3)

    def test_a_line_that_lacks_a_part_of_the_key_joins(self):
        peer = line("jax", 0.5)
        del peer["threads"], peer["benchmark"]
        groups = results.grouped([peer] + LINES)
        self.assertEqual(len(groups), 1)
        self.assertIn("jax", next(iter(groups.values())))

    def test_lines_of_old_runs_need_no_accuracy_threads_or_limits(self):
        status, out, _ = self.run_script(self.written(
            [{"workload": "sum", "who": who, "median_ms": 1e-4} for who in ("sinter", "loop")]))
        self.assertEqual(status, 0)
        self.assertIn("100 ns", out)

    def test_wrong_files_are_told_in_one_line(self):
        wrong = [
            ("", "holds no results"),
            ("\n \n", "holds no results"),
            (json.dumps(LINES[0]) + "\n", "holds no results"),
            (json.dumps(LINES[3]) + "\n{\"workload\": \"so", "lines.json:2: "),
            ("[1, 2]\n", "lines.json:1: want an object"),
            ("{\"who\": \"sinter\", \"median_ms\": 1}\n", "lines.json:1: want an object"),
            ("{\"workload\": \"sum\", \"who\": \"sinter\"}\n", "want a number as \"median_ms\""),
            ("{\"workload\": \"sum\", \"who\": \"a\", \"median_ms\": NaN}\n", "want a number"),
            ("{\"workload\": \"sum\", \"who\": \"a\", \"median_ms\": 0}\n", "want a number"),
            ("{\"lines\": [{}]}", "line 1: want an object"),
        ]
        for text, complaint in wrong:
            with self.subTest(text=text):
                status, _, error = self.run_script(self.file(text))
                self.assertEqual(status, 1)
                self.assertIn(complaint, error)
                self.assertEqual(error.count("\n"), 1)
        status, _, error = self.run_script(self.folder / "none.json")
        self.assertEqual((status, error.count("\n")), (1, 1))
        self.assertIn("there is no file", error)

    def test_what_is_written_can_be_read_and_made_a_page(self):
        folder, docs = self.folder / "results", self.folder / "docs"
        status, _, _ = self.run_script(self.written(LINES), "--write", folder, "--about",
                                       "date=today")
        self.assertEqual(status, 0)
        about, lines = results.read(folder / "a_b.json")
        self.assertEqual((about["device"], about["date"]), ("A & B", "today"))
        self.assertEqual(len(lines), len(LINES))
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(results.make_page(folder, docs, True), 1)
            self.assertEqual(results.make_page(folder, docs, False), 0)
            self.assertEqual(results.make_page(folder, docs, True), 0)
            (docs / "pictures" / "performance" / "old.svg").write_text("")
            (docs / "performance.md").write_text("edited")
            self.assertEqual(results.make_page(folder, docs, True), 1)
        for name in ("performance.md", "old.svg"):
            self.assertIn(f"{name} is not what benchmarks/results gives", said.getvalue())
        with contextlib.redirect_stdout(io.StringIO()):
            results.make_page(folder, docs, False)
        text = (docs / "performance.md").read_text()
        self.assertIn("- softmax 4x8 f32: Eigen, 2.00 times", text)
        self.assertIn("date today", text)
        for name in ("a_b_ratios_2_threads.svg", "a_b_roofline_2_threads.svg"):
            self.assertIn(f"(pictures/performance/{name})", text)
        self.assertEqual(len(list((docs / "pictures" / "performance").iterdir())), 2)

    def test_pictures_are_well_formed(self):
        status, out, _ = self.run_script(self.written(LINES), "--plot", self.folder / "plots")
        self.assertEqual(status, 0)
        self.assertIn("3 pictures", out)
        for path in (self.folder / "plots").iterdir():
            xml.dom.minidom.parse(str(path))
        roofline = (self.folder / "plots" / "a_b_roofline_2_threads.svg").read_text()
        self.assertIn("A &amp; B", roofline)
        self.assertIn("softmax 4x8 f32: sinter", roofline)

    def test_folders_that_cannot_be_written_are_told(self):
        for option in ("--plot", "--write"):
            path = self.written(LINES)
            status, _, error = self.run_script(path, option, path)
            self.assertEqual((status, error.count("\n")), (1, 1))
            self.assertIn("cannot write", error)

    def test_the_committed_page_is_the_one_that_is_made(self):
        status, out, _ = self.run_script("--page", "--check")
        self.assertEqual(status, 0, out)


if __name__ == "__main__":
    unittest.main()
