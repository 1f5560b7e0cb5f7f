#!/usr/bin/env python3
"""Writes golden.safetensors: what PyTorch computes for a few asymmetric cases, with all gradients.

Run it beside this file:  python3 make_golden.py
It needs torch and numpy (on Debian and Ubuntu: apt-get install python3-torch), and nothing else. The file in the repository
was made with PyTorch 1.13 on the CPU; another version gives the same numbers up to rounding, which the tests allow for.
Forward and backward are computed in double precision and stored as 32-bit floats, so the golden numbers themselves carry
one rounding; the operands are rounded to 32 bits first, so they are exact.

The tests repeat the geometry of each case by its name (GoldenTests.cs); a change here needs one there.
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


def convolution(case, function, input_shape, weight_shape, bias_count, **geometry):
    x = random(*input_shape).requires_grad_()
    w = (0.5 * random(*weight_shape)).requires_grad_()
    b = random(bias_count).requires_grad_()
    y = function(x, w, b, **geometry)
    g = random(*y.shape)
    y.backward(g)
    keep(case, input=x, weight=w, bias=b, output=y, gradOutput=g, gradInput=x.grad, gradWeight=w.grad, gradBias=b.grad)


def max_pool(case, input_shape, **geometry):
    x = random(*input_shape).requires_grad_()
    y, winners = F.max_pool2d(x, return_indices=True, **geometry)
    g = random(*y.shape)
    y.backward(g)
    keep(case, input=x, output=y, argMax=winners, gradOutput=g, gradInput=x.grad)


def cross_entropy(case, input_shape, ignore_index, reduction):
    n, c, h, w = input_shape
    x = (3 * random(*input_shape)).requires_grad_()
    labels = torch.randint(0, c, (n, h, w))
    labels[torch.rand(n, h, w) < 0.25] = ignore_index
    loss = F.cross_entropy(x, labels, ignore_index=ignore_index, reduction=reduction)
    loss.backward()
    keep(case, logits=x, labels=labels.unsqueeze(1), loss=loss.reshape(1), gradLogits=x.grad)


def write(path):
    """safetensors: the header's length in 8 bytes, a JSON header padded with spaces to 8 bytes, then the raw numbers."""
    header, offset = {"__metadata__": {"made_by": f"make_golden.py, PyTorch {torch.__version__}"}}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(numpy.ascontiguousarray(value).tobytes())


torch.manual_seed(20260101)
convolution("conv", F.conv2d, (2, 3, 9, 11), (5, 3, 2, 3), 5, stride=(2, 1), padding=(1, 2))
convolution("conv_dilated_groups", F.conv2d, (2, 6, 13, 10), (8, 3, 3, 3), 8, stride=2, padding=(2, 3), dilation=(2, 3), groups=2)
convolution("conv_depthwise", F.conv2d, (1, 5, 7, 8), (10, 1, 5, 3), 10, padding=(4, 1), groups=5)
convolution("up_fcn", F.conv_transpose2d, (1, 5, 4, 3), (5, 5, 16, 16), 5, stride=8, padding=4)
convolution("up", F.conv_transpose2d, (2, 3, 5, 4), (3, 4, 3, 4), 4, stride=(3, 2), padding=(1, 2), output_padding=(2, 1))
convolution("up_dilated_groups", F.conv_transpose2d, (2, 6, 4, 5), (6, 2, 3, 2), 4, stride=2, padding=1, output_padding=(2, 1), dilation=(3, 2), groups=2)
max_pool("pool_ceil", (2, 3, 10, 13), kernel_size=3, stride=2, padding=1, ceil_mode=True)
max_pool("pool_floor", (1, 4, 9, 12), kernel_size=3, stride=2, ceil_mode=False)
max_pool("pool_ceil_stride_3", (1, 2, 8, 11), kernel_size=2, stride=3, padding=1, ceil_mode=True)
cross_entropy("loss_mean", (2, 21, 5, 7), 255, "mean")
cross_entropy("loss_sum", (1, 5, 9, 6), 0, "sum")
write(os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.safetensors"))
