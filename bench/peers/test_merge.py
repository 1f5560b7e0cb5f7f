"""python3 -m unittest discover -s bench/peers -p 'test_*.py'; ./test runs it where there is a python3."""
import unittest

from compare import groups_of, last_line
from merge import faster, fastest_rounds, merge, table

NONE = {"version": "", "times": {}}


def case(name, ms, which="forward"):
    return {"case": name, "pass": which, "threads": 2, "ms": ms}


class MergeTests(unittest.TestCase):
    def test_the_ratio_is_that_of_the_faster_tuned_peer(self):
        row, = merge([case("net/a", 2.0)], {"times": {"net/a forward": 5.0}}, {"times": {"net/a forward": 1.0}}, {"times": {"net/a forward": 3.0}})
        self.assertEqual(row, {
            "case": "net/a", "pass": "forward", "threads": 2, "ours_ms": 2.0,
            "torch_ms": 5.0, "torch_default_ms": 1.0, "ort_ms": 3.0, "ratio": 1.5})

    def test_a_peer_without_a_time_is_null_and_left_out_of_the_ratio(self):
        rows = merge([case("net/a", 2.0), case("net/a", 4.0, "backward-input")], {"times": {"net/a backward-input": 3.00004}}, NONE, NONE)
        self.assertIsNone(rows[0]["torch_ms"])
        self.assertIsNone(rows[0]["ratio"])
        self.assertEqual((rows[1]["torch_ms"], rows[1]["ort_ms"], rows[1]["ratio"]), (3.0, None, 0.75))

    def test_the_table_has_a_line_for_each_row_in_columns(self):
        rows = merge([case("net/long_name", 1.0), case("net/b", 123.456)], {"times": {"net/b forward": 246.912}}, NONE, NONE)
        lines = list(table(rows, {"net/b forward": 3}, {"net/b forward": "nhwc"}))
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[1], r"^net/long_name forward +1\.000 +- +- +- +-  - +1$")
        self.assertRegex(lines[2], r"^net/b         forward +123\.46 +246\.91 +- +- +2\.00  nhwc +3$")

    def test_of_two_runs_each_case_counts_when_it_was_faster(self):
        before, after = [case("net/a", 2.0), case("net/b", 3.0)], [case("net/a", 1.5), case("net/b", 4.0)]
        self.assertEqual([c["ms"] for c in faster(before, after)], [1.5, 3.0])
        with self.assertRaises(ValueError):
            faster(before, after[::-1])

    def test_of_rounds_each_library_counts_when_it_was_fastest(self):
        def tuned(a_ms, b_ms, way):
            return {"version": "T", "times": {"net/a forward": a_ms, "net/b forward": b_ms}, "ways": {"net/a forward": way, "net/b forward": way}}
        first = [case("net/a", 2.0), case("net/b", 3.0)], tuned(5.0, 6.0, "nchw"), NONE, {"version": "O", "times": {"net/b forward": 9.0}}
        second = [case("net/a", 1.5), case("net/b", 4.0)], tuned(7.0, 4.0, "nhwc"), NONE, {"version": "O", "times": {"net/b forward": 8.0}}
        ours, best, default, ort = fastest_rounds([first, second])
        self.assertEqual([c["ms"] for c in ours], [1.5, 3.0])
        self.assertEqual(best["times"], {"net/a forward": 5.0, "net/b forward": 4.0})
        self.assertEqual(best["ways"], {"net/a forward": "nchw", "net/b forward": "nhwc"})
        self.assertEqual((default["times"], ort["times"]), ({}, {"net/b forward": 8.0}))
        self.assertEqual(first[1]["times"]["net/b forward"], 6.0)
        self.assertEqual(fastest_rounds([first]), first)

    def test_groups_keep_the_order_and_never_mix_nets(self):
        cases = [case(f"a/{i}", 1) for i in range(5)] + [case("b/0", 1)]
        self.assertEqual([[c["case"] for c in g] for g in groups_of(cases, 2)], [["a/0", "a/1"], ["a/2", "a/3"], ["a/4"], ["b/0"]])

    def test_an_error_is_the_last_line_that_says_something(self):
        self.assertEqual(last_line("progress\nerror: no\n\n"), "error: no")
        self.assertEqual(last_line("\n"), "it said nothing")


if __name__ == "__main__":
    unittest.main()
