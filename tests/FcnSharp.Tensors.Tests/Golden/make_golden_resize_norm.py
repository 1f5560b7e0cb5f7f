#!/usr/bin/env python3
"""Writes golden_resize_norm.safetensors: PyTorch's bilinear interpolation and batch normalisation, with all gradients.

Run it beside this file:  python3 make_golden_resize_norm.py
It needs torch and numpy, as make_golden.py does, and computes as that does: operands that a 32-bit float holds exactly,
everything else in double precision, stored as 32-bit floats. Made with PyTorch 1.13 on the CPU. ResizeNormGoldenTests.cs
repeats the numbers of each case by its name.
"""
import json
import os
import struct

import numpy
import torch
import torch.nn.functional as F

tensors = {}


def random(*shape):
    """Normal numbers that a 32-bit float holds exactly, as double."""
    return torch.randn(*shape, dtype=torch.float32).double()


def keep(case, **values):
    for name, value in values.items():
        tensors[f"{case}.{name}"] = value.detach().numpy().astype("<f4")


def resize(case, shape, **how):
    x = random(*shape).requires_grad_()
    y = F.interpolate(x, mode="bilinear", **how)
    g = random(*y.shape)
    y.backward(g)
    keep(case, input=x, output=y, gradOutput=g, gradInput=x.grad)


def batch_norm(case, shape, training):
    x = (random(*shape) * 2 + 1).float().double().requires_grad_()
    w, b = random(shape[1]).requires_grad_(), random(shape[1]).requires_grad_()
    mean, variance = random(shape[1]), (random(shape[1]).abs() + 0.5).float().double()
    keep(case, runningMean=mean, runningVariance=variance)
    y = F.batch_norm(x, mean, variance, w, b, training=training, momentum=0.125, eps=1e-5)
    g = random(*y.shape)
    y.backward(g)
    keep(case, input=x, weight=w, bias=b, output=y, gradOutput=g, gradInput=x.grad, gradWeight=w.grad, gradBias=b.grad, newMean=mean, newVariance=variance)


def write(path):
    """safetensors: the header's length in 8 bytes, a JSON header padded with spaces to 8 bytes, then the raw numbers."""
    header, offset = {"__metadata__": {"made_by": f"make_golden_resize_norm.py, PyTorch {torch.__version__}"}}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(numpy.ascontiguousarray(value).tobytes())


torch.manual_seed(20260202)
resize("up", (2, 3, 4, 5), size=(9, 13), align_corners=False)
resize("up_aligned", (2, 3, 4, 5), size=(9, 13), align_corners=True)
resize("down", (1, 2, 11, 8), size=(4, 3), align_corners=False)
resize("down_aligned", (1, 2, 11, 8), size=(4, 1), align_corners=True)
resize("factor_3", (1, 2, 3, 4), scale_factor=3, align_corners=False)
batch_norm("training", (3, 4, 5, 6), True)
batch_norm("frozen", (2, 5, 3, 4), False)
write(os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden_resize_norm.safetensors"))
