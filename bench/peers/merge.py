#!/usr/bin/env python3
"""Joins our times with the peers': merge.py OURS.json TUNED.json DEFAULT.json OUT.json; prints the same as a table."""
import json
import sys

ours, tuned, default = (json.load(open(path)) for path in sys.argv[1:4])
rows = []
for case in ours:
    key = case["case"] + " " + case["pass"]
    best = tuned["times"].get(key)
    rows.append({
        "case": case["case"], "pass": case["pass"], "threads": case["threads"], "ours_ms": case["ms"],
        "torch_ms": best and round(best, 3), "torch_default_ms": key in default["times"] and round(default["times"][key], 3) or None,
        "ort_ms": None, "ratio": best and round(best / case["ms"], 2)})
with open(sys.argv[4], "w") as file:
    json.dump(rows, file, indent=1)
print("PyTorch", tuned["version"])
print(f'{"case":24} {"pass":15} {"ours ms":>9} {"torch ms":>9} {"default":>9} {"ratio":>6}')
for row in rows:
    figures = [row["ours_ms"], row["torch_ms"], row["torch_default_ms"], row["ratio"]]
    text = ["-" if f is None else f"{f:.2f}" for f in figures]
    print(f'{row["case"]:24} {row["pass"]:15} {text[0]:>9} {text[1]:>9} {text[2]:>9} {text[3]:>6}')
