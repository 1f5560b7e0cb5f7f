#!/usr/bin/env python3
"""The nets that bench/nets times, in PyTorch, and their timing.

Usage: torch_nets.py NET HEIGHT WIDTH tight|reference inference|training|export THREADS MODE [FILE]

MODE is eager, channels_last or frozen (a traced graph, optimised for inference). Writes {"ms", "peak_bytes", "version"}.
"export" writes an ONNX model to FILE.
"""
import json
import resource
import sys
import time
import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F


class Head(nn.Module):
    """
    Scores of three strides, fused from coarse to fine, as in the paper; reference padding crops by its offsets. Where the coarse
    pixels lie on fine ones, kernels are odd.
    """

    def __init__(self, channels, classes, crops, factors=(1, 1), odd=False):
        super().__init__()
        self.scores = nn.ModuleList(nn.Conv2d(c, classes, 1) for c in channels)
        self.crops, self.factors = crops, factors

        def up(stride):
            if odd:
                return nn.ConvTranspose2d(classes, classes, 2 * stride - 1, stride, padding=stride - 1, output_padding=stride - 1, bias=False)
            return nn.ConvTranspose2d(classes, classes, 2 * stride, stride, padding=stride // 2 if crops is None else 0, bias=False)

        self.up2, self.up4, self.up8 = up(2), up(2), up(8)

    def fuse(self, coarse, fine, offset):
        if self.crops is None:
            return coarse[:, :, :fine.shape[2], :fine.shape[3]] + fine
        return coarse + fine[:, :, offset:offset + coarse.shape[2], offset:offset + coarse.shape[3]]

    def forward(self, last, middle, early, size):
        first, second, third = self.crops or (0, 0, 0)
        scores = [score(x) if factor == 1 else factor * score(x)
                  for score, x, factor in zip(self.scores[1:], (middle, early), self.factors)]
        x = self.fuse(self.up2(self.scores[0](last)), scores[0], first)
        x = self.up8(self.fuse(self.up4(x), scores[1], second))
        return x[:, :, third:third + size[0], third:third + size[1]].contiguous()


class Vgg16(nn.Module):
    def __init__(self, tight, classes=21):
        super().__init__()
        stages, before = [], 3
        for count, width in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
            layers = []
            for _ in range(count):
                layers += [nn.Conv2d(before, width, 3, padding=100 if before == 3 and not tight else 1), nn.ReLU(inplace=True)]
                before = width
            stages.append(nn.Sequential(*layers, nn.MaxPool2d(2, 2, ceil_mode=True)))
        self.stages = nn.ModuleList(stages)
        self.fc = nn.Sequential(
            nn.Conv2d(512, 4096, 7, padding=3 if tight else 0), nn.ReLU(inplace=True), nn.Dropout(),
            nn.Conv2d(4096, 4096, 1), nn.ReLU(inplace=True), nn.Dropout())
        self.head = Head((4096, 512, 256), classes, None if tight else (5, 9, 31))

    def forward(self, x):
        size, pools = x.shape[2:], []
        for stage in self.stages:
            x = stage(x)
            pools.append(x)
        return self.head(self.fc(x), pools[3], pools[2], size)


class Inception(nn.Module):
    def __init__(self, before, one, three_reduce, three, five_reduce, five, projection):
        super().__init__()

        def conv(a, b, k):
            return nn.Sequential(nn.Conv2d(a, b, k, padding=k // 2), nn.ReLU(inplace=True))

        self.branches = nn.ModuleList([
            conv(before, one, 1),
            nn.Sequential(conv(before, three_reduce, 1), conv(three_reduce, three, 3)),
            nn.Sequential(conv(before, five_reduce, 1), conv(five_reduce, five, 5)),
            nn.Sequential(nn.MaxPool2d(3, 1, padding=1, ceil_mode=True), conv(before, projection, 1))])

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class GoogLeNet(nn.Module):
    def __init__(self, tight, classes=21):
        super().__init__()
        if not tight:
            raise SystemExit("error: the peers' GoogLeNet is written for tight padding only")
        pool = nn.MaxPool2d(3, 2, padding=1, ceil_mode=True)
        self.start = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, padding=3), nn.ReLU(inplace=True), pool, nn.LocalResponseNorm(5, 1e-4, 0.75),
            nn.Conv2d(64, 64, 1), nn.ReLU(inplace=True), nn.Conv2d(64, 192, 3, padding=1), nn.ReLU(inplace=True),
            nn.LocalResponseNorm(5, 1e-4, 0.75))
        self.early = nn.Sequential(pool, Inception(192, 64, 96, 128, 16, 32, 32), Inception(256, 128, 128, 192, 32, 96, 64))
        self.middle = nn.Sequential(
            pool, Inception(480, 192, 96, 208, 16, 48, 64), Inception(512, 160, 112, 224, 24, 64, 64), Inception(512, 128, 128, 256, 24, 64, 64),
            Inception(512, 112, 144, 288, 32, 64, 64), Inception(528, 256, 160, 320, 32, 128, 128))
        self.late = nn.Sequential(pool, Inception(832, 256, 160, 320, 32, 128, 128), Inception(832, 384, 192, 384, 48, 128, 128), nn.Dropout(0.4))
        self.head = Head((1024, 832, 480), classes, None, factors=(0.3, 0.05), odd=True)

    def forward(self, x):
        # Skips are the last features of stride 16 and 8, before the poolings that follow them.
        early = self.early(self.start(x))
        middle = self.middle(early)
        return self.head(self.late(middle), middle, early, x.shape[2:])


def median_of(run, least):
    run()
    run()
    times, begin = [], time.perf_counter()
    while len(times) < least or (time.perf_counter() - begin < 4 and len(times) < 50):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return sorted(times)[len(times) // 2]


def main():
    net, height, width, padding, what, threads, mode = sys.argv[1:8]
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    model = {"fcn8s-vgg16": Vgg16, "fcn8s-googlenet": GoogLeNet}[net](padding == "tight")
    x = torch.randn(1, 3, int(height), int(width)) * 60
    if what == "export":
        # The exporter says at length what it does not fold; ONNX Runtime folds it.
        warnings.filterwarnings("ignore")
        model.eval()
        torch.onnx.export(model, x, sys.argv[8], opset_version=13, input_names=["x"], output_names=["y"])
        return
    if mode == "channels_last":
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    if what == "training":
        labels = torch.randint(0, 21, (1, int(height), int(width)))
        solver = torch.optim.SGD(model.parameters(), lr=1e-10, momentum=0.99, weight_decay=5e-4)

        def run():
            solver.zero_grad(set_to_none=True)
            F.cross_entropy(model(x), labels, reduction="sum").backward()
            solver.step()
        ms = median_of(run, least=3)
    else:
        model.eval()
        with torch.no_grad():
            if mode == "frozen":
                model = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, x)))
            ms = median_of(lambda: model(x).argmax(1), least=5)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    json.dump({"ms": ms, "peak_bytes": peak, "version": f"PyTorch {torch.__version__}"}, sys.stdout)


if __name__ == "__main__":
    main()
