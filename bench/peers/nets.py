#!/usr/bin/env python3
"""What `bench/compare --nets` runs: whole nets, ours, PyTorch and ONNX Runtime in turn, each in a process of its own.

"torch" is the best of eager, channels-last and a frozen graph, with large pages and memory that is kept; "default" is eager
as installed. Peaks of memory are of the process of the best one.
"""
import argparse
import fnmatch
import os
import sys
import tempfile

from compare import KEEP_MEMORY, Failure, processor, run, save

HERE = os.path.dirname(os.path.abspath(__file__))

CASES = [(net, size, padding, what)
         for net, size, paddings in (("fcn8s-vgg16", "500x500", ("tight", "reference")), ("fcn8s-googlenet", "360x480", ("tight",)))
         for padding in paddings for what in ("inference", "training")]


def name_of(case):
    return f"{case[0]}-{case[1]}/{case[2]} {case[3]}"


def torch(arguments, case, mode, tuned):
    net, size, padding, what = case
    environment = {"OMP_NUM_THREADS": str(arguments.threads), **({"GLIBC_TUNABLES": KEEP_MEMORY} if tuned else {})}
    command = [sys.executable, os.path.join(HERE, "torch_nets.py"), net, *size.split("x"), padding, what, str(arguments.threads), mode]
    return run(command, **environment)


def onnx_runtime(arguments, case):
    net, size, padding, what = case
    if what == "training" or not arguments.ort:
        return None
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "net.onnx")
        export = [sys.executable, os.path.join(HERE, "torch_nets.py"), net, *size.split("x"), padding, "export", "1", "eager", model]
        if os.spawnv(os.P_WAIT, sys.executable, export) != 0:
            return None
        return run([arguments.node, os.path.join(HERE, "ort_net.js"), model, *size.split("x"), str(arguments.threads), arguments.ort], GLIBC_TUNABLES=KEEP_MEMORY)


def measure(arguments, case):
    net, size, padding, what = case
    flags = (["--train"] if what == "training" else []) + (["--reference-padding"] if padding == "reference" else [])
    ours = run([arguments.fcn, "bench", "--quiet", "--json", "--net", net, "--size", size, "--threads", str(arguments.threads), *flags])
    modes = ("eager", "channels_last") + (("frozen",) if what == "inference" else ())
    results = {mode: torch(arguments, case, mode, tuned=True) for mode in modes}
    way = min(results, key=lambda mode: results[mode]["ms"])
    default = torch(arguments, case, "eager", tuned=False)
    ort = onnx_runtime(arguments, case)
    best = min([results[way]["ms"]] + ([ort["ms"]] if ort else []))
    versions = [results[way]["version"]] + ([ort["version"]] if ort else [])
    return versions, way, {
        "case": f"{net}-{size}/{padding}", "pass": what, "threads": arguments.threads, "ours_ms": ours["ms"], "torch_ms": round(results[way]["ms"], 1),
        "torch_default_ms": round(default["ms"], 1), "ort_ms": ort and round(ort["ms"], 1), "ratio": round(best / ours["ms"], 2),
        "ours_steady_bytes": ours["steady_bytes"], "ours_peak_bytes": ours["peak_bytes"],
        "torch_peak_bytes": results[way]["peak_bytes"], "ort_peak_bytes": ort and ort["peak_bytes"]}


def compare(arguments):
    chosen = [case for case in CASES if not arguments.only or any(fnmatch.fnmatch(name_of(case), pattern) for pattern in arguments.only)]
    if not chosen:
        raise Failure("no net fits; there are " + ", ".join(name_of(case) for case in CASES))
    rows, versions = [], {}
    print(f"{processor()}, {arguments.threads} threads")
    print(f'{"net":36} {"pass":10} {"ours ms":>9} {"torch ms":>9} {"default":>9} {"ort ms":>8} {"ratio":>6}  {"MB ours/torch":>14}  torch way')
    for case in chosen:
        seen, way, row = measure(arguments, case)
        versions.update(dict.fromkeys(seen))
        rows.append(row)
        if arguments.json:
            save(arguments.json, rows)
        ort = "-" if row["ort_ms"] is None else f'{row["ort_ms"]:.1f}'
        memory = f'{row["ours_peak_bytes"] / 1e6:.0f}/{row["torch_peak_bytes"] / 1e6:.0f}'
        print(f'{row["case"]:36} {row["pass"]:10} {row["ours_ms"]:9.1f} {row["torch_ms"]:9.1f} {row["torch_default_ms"]:9.1f} {ort:>8} {row["ratio"]:6.2f}  {memory:>14}  {way}', flush=True)
    print("; ".join(versions))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", default=[])
    for name in ("--fcn", "--json", "--node", "--ort"):
        parser.add_argument(name, default="")
    parser.add_argument("--threads", type=int, required=True)
    try:
        compare(parser.parse_args())
    except KeyboardInterrupt:
        sys.exit(130)
    except (Failure, OSError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
