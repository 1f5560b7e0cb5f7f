#!/usr/bin/env python3
"""Times PyTorch on the cases that `fcn bench --json` writes, in the same passes.

Usage: torch_layers.py CASES.json THREADS tuned|default

Writes {"version": ..., "times": {"case pass": ms}, "ways": {"case pass": way}} to standard output. "default" is what a user
writes first: NCHW tensors, eager mode. "tuned" is the fastest of the ways named below; a way that this PyTorch lacks is left out.

nchw, nhwc   memory layouts, eager; out of place, as ours, but for a ReLU behind a convolution
blocked      oneDNN's own layout, kept from layer to layer
frozen       traced, frozen and optimised for inference, which fuses ReLU and packs weights
"""
import json
import re
import sys
import time

import torch
import torch.nn.functional as F

aten = torch.ops.aten


def median_ms(run):
    """As `fcn bench` does: warmed up for 0.15 seconds, then at least 7 for 0.25."""
    begin, warm_up_runs = time.perf_counter(), 0
    while warm_up_runs < 2 or time.perf_counter() - begin < 0.15:
        run()
        warm_up_runs += 1
    times = []
    begin = time.perf_counter()
    while len(times) < 7 or time.perf_counter() - begin < 0.25:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2] * 1e3


def in_layout(layout, *tensors):
    memory_format = torch.channels_last if layout == "nhwc" else torch.contiguous_format
    return [t.contiguous(memory_format=memory_format) for t in tensors]


def eager(tuned, build, *tensors):
    """The ways of eager mode: build gets the tensors in a layout and returns what is to be timed."""
    for layout in ["nchw", "nhwc"] if tuned else ["nchw"]:
        yield layout, lambda layout=layout: build(*in_layout(layout, *tensors))


def frozen(module, x):
    for layout in ["nchw", "nhwc"]:
        def build(layout=layout):
            xl, = in_layout(layout, x)
            optimised = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(module.eval(), xl)))
            optimised(xl)  # The first runs profile and compile.
            optimised(xl)
            return lambda: optimised(xl)
        yield "frozen " + layout, build


def blocked(module, x):
    def build():
        from torch.utils import mkldnn
        module_b, x_b = mkldnn.to_mkldnn(module.eval()), x.to_mkldnn()
        return lambda: module_b(x_b)
    yield "blocked", build


def conv2d(g, which, tuned):
    stride, padding, weight = [g["stride"]] * 2, [g["padding"]] * 2, g["weight"]
    x, w, b = torch.randn(g["input"]), torch.randn(weight) * 0.02, torch.randn(weight[0]) * 0.02
    if which == "forward":
        relu = (F.relu_ if tuned else F.relu) if g["relu"] else lambda y: y
        yield from eager(tuned, lambda x, w: lambda: relu(F.conv2d(x, w, b, stride, padding)), x, w)
        if tuned:
            layer = torch.nn.Conv2d(weight[1], weight[0], weight[2], stride, padding)
            module = torch.nn.Sequential(layer, torch.nn.ReLU(inplace=True)) if g["relu"] else torch.nn.Sequential(layer)
            yield from blocked(module, x)
            yield from frozen(module, x)
    else:
        gradient = torch.randn_like(F.conv2d(x, w, b, stride, padding))
        wanted = [which == "backward-input", which == "backward-weight", which == "backward-weight"]
        yield from eager(tuned, lambda x, w, y: lambda: aten.convolution_backward(
            y, x, w, [weight[0]], stride, padding, [1, 1], False, [0, 0], 1, wanted), x, w, gradient)


def conv_transpose2d(g, which, tuned):
    stride, padding, weight = [g["stride"]] * 2, [g["padding"]] * 2, g["weight"]
    x, w = torch.randn(g["input"]), torch.randn(weight) * 0.02
    if which == "forward":
        yield from eager(tuned, lambda x, w: lambda: F.conv_transpose2d(x, w, None, stride, padding), x, w)
        if tuned:
            yield from frozen(torch.nn.ConvTranspose2d(weight[0], weight[1], weight[2], stride, padding, bias=False), x)
    else:
        gradient = torch.randn_like(F.conv_transpose2d(x, w, None, stride, padding))
        wanted = [which == "backward-input", which == "backward-weight", False]
        yield from eager(tuned, lambda x, w, y: lambda: aten.convolution_backward(
            y, x, w, None, stride, padding, [1, 1], True, [0, 0], 1, wanted), x, w, gradient)


def max_pool2d(g, which, tuned):
    x, numbers = torch.randn(g["input"]), (g["weight"][0], g["stride"], g["padding"])
    if which == "forward":
        yield from eager(tuned, lambda x: lambda: F.max_pool2d(x, *numbers, ceil_mode=g["ceil_mode"]), x)
        if tuned:
            yield from blocked(torch.nn.MaxPool2d(*numbers, ceil_mode=g["ceil_mode"]), x)
    else:
        def backward(x):
            y, winners = F.max_pool2d(x, *numbers, ceil_mode=g["ceil_mode"], return_indices=True)
            gradient = torch.randn_like(y)
            k, s, p = ([n, n] for n in numbers)
            return lambda: aten.max_pool2d_with_indices_backward(gradient, x, k, s, p, [1, 1], g["ceil_mode"], winners)
        yield from eager(tuned, backward, x)


def avg_pool2d(g, which, tuned):
    x, k = torch.randn(g["input"]), [g["weight"][0]] * 2
    if which == "forward":
        yield from eager(tuned, lambda x: lambda: F.avg_pool2d(x, k), x)
        if tuned:
            yield "mean", lambda: lambda: x.mean((2, 3), keepdim=True)
    else:
        gradient = torch.randn_like(F.avg_pool2d(x, k))
        yield from eager(tuned, lambda x, y: lambda: aten.avg_pool2d_backward(y, x, k, k, [0, 0], False, True, None), x, gradient)


def batch_norm2d(g, which, tuned):
    channels, x = g["input"][1], torch.randn(g["input"])
    w, b, mean, variance = torch.ones(channels), torch.zeros(channels), torch.zeros(channels), torch.ones(channels)
    if which != "backward":
        yield from eager(tuned, lambda x: lambda: F.batch_norm(x, mean, variance, w, b, which == "forward-training"), x)
        return

    def backward(x, y):
        _, batch_mean, inverse_deviation = torch.native_batch_norm(x, w, b, mean, variance, True, 0.1, 1e-5)
        return lambda: aten.native_batch_norm_backward(y, x, w, mean, variance, batch_mean, inverse_deviation, True, 1e-5, [True] * 3)
    yield from eager(tuned, backward, x, torch.randn_like(x))


def local_response_norm(g, which, tuned):
    x, size = torch.randn(g["input"]), g["weight"][0]
    if which == "forward":
        yield from eager(tuned, lambda x: lambda: F.local_response_norm(x, size), x)
        return

    def both(x, y):
        x.requires_grad_()

        def run():
            with torch.enable_grad():
                return torch.autograd.grad(F.local_response_norm(x, size), x, y)
        return run
    yield from eager(tuned, both, x, torch.randn_like(x))


def relu(g, which, tuned):
    x = torch.randn(g["input"])
    if which == "forward":
        yield "nchw", lambda: lambda: F.relu(x)
    else:
        gradient = torch.randn_like(x)
        yield "nchw", lambda: lambda: aten.threshold_backward(gradient, x, 0)


def dropout(g, which, tuned):
    x = torch.randn(g["input"])
    yield "nchw", lambda: lambda: F.dropout(x, 0.5, True)
    if tuned:
        yield "native", lambda: lambda: torch.native_dropout(x, 0.5, True)


def sum(g, which, tuned):
    left, right = torch.randn(g["input"]), torch.randn(g["input"])
    yield "nchw", lambda: lambda: left + right


def concat(g, which, tuned):
    n, _, h, w = g["input"]
    parts = [torch.randn(n, channels, h, w) for channels in g["weight"]]
    yield from eager(tuned, lambda *parts: lambda: torch.cat(parts, 1), *parts)


def resize_bilinear(g, which, tuned):
    x, size = torch.randn(g["input"]), g["weight"]
    if which == "forward":
        yield from eager(tuned, lambda x: lambda: F.interpolate(x, size, mode="bilinear", align_corners=False), x)
    else:
        gradient = torch.randn(g["input"][:2] + size)
        yield from eager(tuned, lambda y: lambda: aten.upsample_bilinear2d_backward(y, size, g["input"], False, None, None), gradient)


def argmax(g, which, tuned):
    yield from eager(tuned, lambda x: lambda: x.argmax(1), torch.randn(g["input"]))
    if tuned:
        for layout, build in eager(tuned, lambda x: lambda: x.max(1), torch.randn(g["input"])):
            yield "max " + layout, build


def softmax_argmax(g, which, tuned):
    yield from eager(tuned, lambda x: lambda: F.softmax(x, 1).max(1), torch.randn(g["input"]))


def softmax_loss(g, which, tuned):
    n, classes, h, w = g["input"]
    labels = torch.randint(classes, (n, h, w))
    if which == "forward":
        yield from eager(tuned, lambda x: lambda: F.cross_entropy(x, labels), torch.randn(g["input"]))
        return

    def both(x):
        x.requires_grad_()

        def run():
            with torch.enable_grad():
                return torch.autograd.grad(F.cross_entropy(x, labels), x)
        return run
    yield from eager(tuned, both, torch.randn(g["input"]))


OPERATIONS = {f.__name__: f for f in [
    conv2d, conv_transpose2d, max_pool2d, avg_pool2d, batch_norm2d, local_response_norm, relu, dropout, sum, concat,
    resize_bilinear, argmax, softmax_argmax, softmax_loss]}


def fastest(case, tuned):
    best = None
    for way, build in OPERATIONS[case["geometry"]["operation"]](case["geometry"], case["pass"], tuned):
        try:
            ms = median_ms(build())
        except (RuntimeError, AttributeError, NotImplementedError, TypeError) as error:
            print(f'note: PyTorch cannot run {case["case"]} {case["pass"]} {way}: {str(error).splitlines()[0]}', file=sys.stderr)
            continue
        if best is None or ms < best[0]:
            best = ms, way
    return best


def main():
    path, threads, tuned = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "tuned"
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    with open(path) as file:
        cases = json.load(file)
    times, ways = {}, {}
    with torch.no_grad():
        for case in cases:
            best = fastest(case, tuned)
            if best:
                key = f'{case["case"]} {case["pass"]}'
                times[key], ways[key] = best
    one_dnn = re.search(r"(?:MKL-DNN|oneDNN) v?([\d.]+)", torch.__config__.show())
    version = f'PyTorch {torch.__version__}, oneDNN {one_dnn.group(1) if one_dnn else "none"}'
    json.dump({"version": version, "times": times, "ways": ways}, sys.stdout)


main()
