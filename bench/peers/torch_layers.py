#!/usr/bin/env python3
"""Times PyTorch on the cases that `fcn bench --json` names, in the same passes.

Usage: torch_layers.py CASES.json THREADS tuned|default

Writes {"versions": ..., "times": {"case pass": ms}} to standard output. "default" is what a user writes first: NCHW
tensors, eager mode. "tuned" is the best of NCHW, channels-last and, forward, the oneDNN layout kept between layers.
Medians of at least five runs, like ours.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F


def median_ms(run):
    run()
    run()
    times = []
    begin = time.perf_counter()
    while len(times) < 5 or (time.perf_counter() - begin < 0.8 and len(times) < 200):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2] * 1e3


def convolution_runs(geometry, which, tuned):
    transposed = geometry["operation"] == "conv_transpose2d"
    stride, padding = [geometry["stride"]] * 2, [geometry["padding"]] * 2
    x = torch.randn(geometry["input"])
    w = torch.randn(geometry["weight"]) * 0.02
    out_channels = w.shape[1] if transposed else w.shape[0]
    bias = None if transposed else torch.randn(out_channels)
    formats = [torch.contiguous_format] + ([torch.channels_last] if tuned else [])
    runs = []
    for memory_format in formats:
        xf, wf = x.contiguous(memory_format=memory_format), w.contiguous(memory_format=memory_format)
        if which == "forward" and transposed:
            runs.append(lambda xf=xf, wf=wf: F.conv_transpose2d(xf, wf, None, stride, padding))
        elif which == "forward":
            runs.append(lambda xf=xf, wf=wf: F.conv2d(xf, wf, bias, stride, padding))
        else:
            gradient = torch.randn_like(F.conv2d(xf, wf, bias, stride, padding))
            wanted = [which == "backward-input", which == "backward-weight", which == "backward-weight"]
            runs.append(lambda xf=xf, wf=wf, g=gradient: torch.ops.aten.convolution_backward(
                g, xf, wf, [out_channels], stride, padding, [1, 1], False, [0, 0], 1, wanted))
    if tuned and which == "forward" and not transposed:
        from torch.utils import mkldnn
        module = torch.nn.Conv2d(x.shape[1], out_channels, w.shape[2], stride, padding).eval()
        blocked, blocked_x = mkldnn.to_mkldnn(module), x.to_mkldnn()
        runs.append(lambda: blocked(blocked_x))
    return runs


def runs_of(geometry, which, tuned):
    if geometry["operation"].startswith("conv"):
        return convolution_runs(geometry, which, tuned)
    x = torch.randn(geometry["input"])
    inputs = [x] + ([x.contiguous(memory_format=torch.channels_last)] if tuned else [])
    if geometry["operation"] == "max_pool2d":
        return [lambda x=x: F.max_pool2d(x, geometry["weight"][0], geometry["stride"], geometry["padding"], ceil_mode=True) for x in inputs]
    if geometry["operation"] == "argmax":
        return [lambda x=x: x.argmax(1) for x in inputs] + ([lambda x=x: x.max(1) for x in inputs] if tuned else [])
    return []


def main():
    cases, threads, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    times = {}
    with torch.no_grad():
        for case in json.load(open(cases)):
            runs = runs_of(case["geometry"], case["pass"], mode == "tuned")
            if runs:
                times[case["case"] + " " + case["pass"]] = min(median_ms(run) for run in runs)
                print(case["case"], case["pass"], file=sys.stderr)
    json.dump({"version": torch.__version__, "times": times}, sys.stdout)


main()
