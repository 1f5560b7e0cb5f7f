#!/usr/bin/env python3
"""Writes pooling.safetensors: what PyTorch computes for average-pooling, max-unpooling and local response normalisation.

Run it beside this file:  python3 make_pooling_golden.py
It needs torch and numpy, like make_golden.py, and works like it: operands rounded to 32 bits, forward and backward in double
precision, results stored as 32-bit floats. The file in the repository was made with PyTorch 1.13 on the CPU.

The tests repeat the geometry of each case by its name (PoolingGoldenTests.cs); a change here needs one there.
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


def differentiable(case, function, x):
    x = x.requires_grad_()
    y = function(x)
    g = random(*y.shape)
    y.backward(g)
    keep(case, input=x, output=y, gradOutput=g, gradInput=x.grad)


def avg_pool(case, input_shape, **geometry):
    differentiable(case, lambda x: F.avg_pool2d(x, **geometry), random(*input_shape))


def max_unpool(case, input_shape, **geometry):
    _, winners = F.max_pool2d(random(*input_shape), return_indices=True, ceil_mode=True, **geometry)
    keep(case, argMax=winners)
    differentiable(case, lambda x: F.max_unpool2d(x, winners, output_size=input_shape[2:], **geometry), random(*winners.shape))


def local_response_norm(case, input_shape, size, alpha, beta, k):
    differentiable(case, lambda x: F.local_response_norm(x, size, alpha, beta, k), 2 * random(*input_shape))


def write(path):
    """safetensors: the header's length in 8 bytes, a JSON header padded with spaces to 8 bytes, then the raw numbers."""
    header, offset = {"__metadata__": {"made_by": f"make_pooling_golden.py, PyTorch {torch.__version__}"}}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(numpy.ascontiguousarray(value).tobytes())


torch.manual_seed(20260102)
avg_pool("avg_padded_ceil", (2, 3, 10, 13), kernel_size=3, stride=2, padding=1, ceil_mode=True, count_include_pad=True)
avg_pool("avg_valid_ceil", (2, 3, 10, 13), kernel_size=3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)
avg_pool("avg_padded_floor", (1, 2, 9, 21), kernel_size=5, stride=1, padding=2, ceil_mode=False, count_include_pad=True)
avg_pool("avg_valid_stride_3", (1, 2, 8, 11), kernel_size=2, stride=3, padding=1, ceil_mode=True, count_include_pad=False)
max_unpool("unpool", (2, 3, 7, 10), kernel_size=2, stride=2)
max_unpool("unpool_wide", (1, 2, 11, 9), kernel_size=3, stride=3, padding=1)
local_response_norm("lrn_alexnet", (2, 7, 3, 5), 5, 1e-4, 0.75, 1.0)
local_response_norm("lrn_strong", (2, 7, 3, 5), 5, 2.0, 0.75, 1.0)
local_response_norm("lrn_other", (1, 6, 4, 3), 3, 0.5, 0.625, 2.0)
write(os.path.join(os.path.dirname(os.path.abspath(__file__)), "pooling.safetensors"))
