#!/usr/bin/env python3
"""What bench/compare runs once the peers are there: ours, PyTorch and ONNX Runtime in turn, a few cases at a time.

On a machine that others use, too, speed drifts over minutes. So a group of cases goes through all libraries before the next
group begins, and its figures belong to the same minute. Ours goes first and last, and the faster one counts, as of the peers the
fastest of some ways does: a slow spell must last for all of a group to tip its ratios. Where spells are that long, or short and
many, more rounds help: every library goes again, and of each its fastest round counts.
"""
import argparse
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile

from merge import faster, fastest_rounds, key_of, merge, table

HERE = os.path.dirname(os.path.abspath(__file__))
GROUP = 8

# Large pages, and memory that is kept instead of given back and touched anew: worth up to a factor of two to the peers.
KEEP_MEMORY = ":".join([
    "glibc.malloc.hugetlb=1", "glibc.malloc.mmap_threshold=4294967296",
    "glibc.malloc.trim_threshold=17179869184", "glibc.malloc.top_pad=268435456"])

# For ours; then for ATen's own kernels, oneDNN under its two names, OpenBLAS and MKL.
AVX2_OURS = {"DOTNET_EnableAVX512": "0"}
AVX2_TORCH = {
    "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}


class Failure(Exception):
    pass


def groups_of(cases, size):
    for _, net in itertools.groupby(cases, lambda case: case["case"].split("/")[0]):
        net = list(net)
        yield from (net[i:i + size] for i in range(0, len(net), size))


def last_line(output):
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def run(command, **environment):
    """Runs a command that writes JSON; its notes are passed on, its failure is one line."""
    result = subprocess.run(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    for line in result.stderr.splitlines():
        if line.startswith("note: "):
            print(line, file=sys.stderr)
    if result.returncode < 0 and result.stderr.strip():
        # What a runtime says as it dies is many lines, and seldom to be had twice.
        print(result.stderr.rstrip(), file=sys.stderr)
    if result.returncode != 0:
        name = os.path.basename(command[1] if command[0] == sys.executable or command[0].endswith("node") else command[0])
        raise Failure(f"{name}: {last_line(result.stderr).removeprefix('error: ')}" if result.returncode > 0
                      else f"{name} was ended by signal {-result.returncode}; is there enough memory?")
    return json.loads(result.stdout)


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def measure(arguments, chosen, folder):
    """Runs one group through all libraries once; returns ours, tuned, default and ONNX Runtime."""
    threads = str(arguments.threads)
    avx2_ours, avx2_torch = (AVX2_OURS, AVX2_TORCH) if arguments.avx2 else ({}, {})
    only = [part for case in chosen for part in ("--only", key_of(case))]

    def run_ours():
        return run([arguments.fcn, "bench", "--quiet", "--json", "--threads", threads, *only], **avx2_ours)

    ours = run_ours()
    path = os.path.join(folder, "cases.json")
    with open(path, "w") as file:
        json.dump(ours, file)
    script = [sys.executable, os.path.join(HERE, "torch_layers.py"), path, threads]
    tuned = run([*script, "tuned"], OMP_NUM_THREADS=threads, GLIBC_TUNABLES=KEEP_MEMORY, **avx2_torch)
    default = run([*script, "default"], OMP_NUM_THREADS=threads, **avx2_torch)
    ort = {"version": None, "times": {}}
    if arguments.ort and any(case["pass"] == "forward" for case in chosen):
        ort = run([arguments.node, os.path.join(HERE, "ort_layers.js"), path, threads, arguments.ort], GLIBC_TUNABLES=KEEP_MEMORY)
    return faster(ours, run_ours()), tuned, default, ort


def save(path, rows):
    """Under another name first, so that a run that is stopped leaves whole rows."""
    with open(path + ".new", "w") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")
    os.replace(path + ".new", path)


def compare(arguments):
    only = [part for pattern in arguments.only for part in ("--only", pattern)]
    cases = run([arguments.fcn, "bench", "--list", "--json", *only])
    kernels = run([arguments.fcn, "info", "--json"], **(AVX2_OURS if arguments.avx2 else {}))["kernels"]
    if arguments.avx2 and kernels == "avx512":
        raise Failure("AVX-512 could not be switched off for fcn")
    rows, ways, versions = [], {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for chosen in groups_of(cases, GROUP):
            ours, tuned, default, ort = fastest_rounds([measure(arguments, chosen, folder) for _ in range(arguments.rounds)])
            rows += merge(ours, tuned, default, ort)
            ways.update(tuned["ways"])
            versions.update({peer["version"]: None for peer in (tuned, ort) if peer["version"]})
            if arguments.json:
                save(arguments.json, rows)
            print(f"{len(rows)}/{len(cases)}  {rows[-1]['case']}", file=sys.stderr)
    print(f"{processor()}, {arguments.threads} thread{'s' if arguments.threads > 1 else ''}; ours: {kernels} kernels")
    print("; ".join([*versions] + (["AVX2 on both sides"] if arguments.avx2 else [])))
    for line in table(rows, {key_of(case): case["count"] for case in cases}, ways):
        print(line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", default=[])
    for name in ("--fcn", "--json", "--node", "--ort"):
        parser.add_argument(name, default="")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--avx2", action="store_true")
    try:
        compare(parser.parse_args())
    except KeyboardInterrupt:
        sys.exit(130)
    except (Failure, OSError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
