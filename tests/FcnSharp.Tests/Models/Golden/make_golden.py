#!/usr/bin/env python3
"""Writes narrow_fcns.safetensors: scores, loss and gradients of the FCNs on VGG16 and AlexNet, computed by PyTorch.

Needs PyTorch and NumPy (made with 1.13 on a CPU): python3 make_golden.py
With arguments it writes other cases: python3 make_golden.py FILE NARROWING NET/PADDING/HEIGHTxWIDTH...
The nets are written down here a second time, from the paper and the reference's numbers. Their channels are divided by
NARROWING, so that gradients are computed in seconds. Weights, images and labels are not stored: both sides make them from the
same hash (GoldenFcnTests.cs). All is computed in double precision from float32 numbers. Of the scores and of each gradient the
largest number, the root of the sum of squares and some elements at equal distances are stored.
"""
import functools
import json
import os
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F

NARROWING = 16 if len(sys.argv) < 3 else int(sys.argv[2])
CLASSES = 3
IGNORE = 255
GRADIENT_SAMPLES = 24
SCORE_SAMPLES = 400
SIZES = [(40, 64), (33, 47), (1, 1)]


def mix(name, count):
    """32-bit numbers from a name: FNV-1a of the name, then a counter through a multiply-xorshift hash."""
    seed = 2166136261
    for byte in name.encode():
        seed = ((seed ^ byte) * 16777619) & 0xFFFFFFFF
    x = np.arange(count, dtype=np.uint32) + np.uint32(seed)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


@functools.lru_cache(maxsize=None)
def uniform(name, shape, bound):
    """float32 numbers in [-bound, bound)."""
    unit = (mix(name, int(np.prod(shape))) >> np.uint32(8)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)
    return torch.from_numpy((unit * np.float32(bound)).reshape(shape)).double()


class Net:
    """Parameters by name in the order of their first use, made when they are first used."""

    def __init__(self):
        self.parameters = {}

    def parameter(self, name, shape, bound):
        if name not in self.parameters:
            self.parameters[name] = uniform(name, shape, bound).detach().requires_grad_(True)
        return self.parameters[name]

    def conv(self, x, name, channels, kernel, stride=1, padding=0, groups=1):
        fan_in = x.shape[1] // groups * kernel * kernel
        weight = self.parameter(name + ".weight", (channels, x.shape[1] // groups, kernel, kernel), (6 / fan_in) ** 0.5)
        bias = self.parameter(name + ".bias", (channels,), 0.1)
        return F.conv2d(x, weight, bias, stride, padding, groups=groups)

    def upsample(self, x, name, kernel, stride, offset, like):
        """Transposed convolution without padding, then what lies over `like`, which begins at the offset; zeros beyond its end."""
        weight = self.parameter(name + ".weight", (CLASSES, CLASSES, kernel, kernel), stride * (3 / (CLASSES * kernel * kernel)) ** 0.5)
        y = F.conv_transpose2d(x, weight, stride=stride)
        missing = [max(0, offset + like.shape[i] - y.shape[i]) for i in (2, 3)]
        return F.pad(y, (0, missing[1], 0, missing[0]))[:, :, offset : offset + like.shape[2], offset : offset + like.shape[3]]


def vgg16(net, image, stride, at_once, reference):
    x = image
    pools = []
    for stage, (count, channels) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for i in range(1, count + 1):
            padding = 100 if reference and stage == 1 and i == 1 else 1
            x = F.relu(net.conv(x, f"conv{stage}_{i}", channels // NARROWING, 3, padding=padding))
        x = F.max_pool2d(x, 2, 2, ceil_mode=True)
        pools.append(x)
    x = F.relu(net.conv(x, "fc6", 4096 // NARROWING, 7, padding=0 if reference else 3))
    x = F.relu(net.conv(x, "fc7", 4096 // NARROWING, 1))
    score = net.conv(x, "score_fr", CLASSES, 1)
    if stride == 32:
        return net.upsample(score, "upscore", 64, 32, 19 if reference else 16, image)
    pool4, pool3 = pools[3], pools[2]
    if at_once:
        pool4, pool3 = pool4 * 0.01, pool3 * 0.0001

    # In the reference the skip is cut to the size of the coarse scores; in tight padding it is the other way round.
    def fuse(coarse, name, up, skip, offset):
        fine = net.conv(skip, name, CLASSES, 1)
        if not reference:
            return net.upsample(coarse, up, 4, 2, 1, fine) + fine
        y = F.conv_transpose2d(coarse, net.parameter(up + ".weight", (CLASSES, CLASSES, 4, 4), 2 * (3 / (CLASSES * 16)) ** 0.5), stride=2)
        return y + fine[:, :, offset : offset + y.shape[2], offset : offset + y.shape[3]]

    score = fuse(score, "score_pool4", "upscore2", pool4, 5)
    if stride == 16:
        return net.upsample(score, "upscore16", 32, 16, 27 if reference else 8, image)
    score = fuse(score, "score_pool3", "upscore_pool4", pool3, 9)
    return net.upsample(score, "upscore8", 16, 8, 31 if reference else 4, image)


def alexnet(net, image, reference):
    def pool(x):
        return F.max_pool2d(x, 3, 2, padding=0 if reference else 1, ceil_mode=True)

    def norm(x):
        return F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1)

    x = F.relu(net.conv(image, "conv1", 96 // NARROWING, 11, 4, 100 if reference else 5))
    x = norm(pool(x))
    x = norm(pool(F.relu(net.conv(x, "conv2", 256 // NARROWING, 5, padding=2, groups=2))))
    x = F.relu(net.conv(x, "conv3", 384 // NARROWING, 3, padding=1))
    x = F.relu(net.conv(x, "conv4", 384 // NARROWING, 3, padding=1, groups=2))
    x = pool(F.relu(net.conv(x, "conv5", 256 // NARROWING, 3, padding=1, groups=2)))
    x = F.relu(net.conv(x, "fc6", 4096 // NARROWING, 6, padding=0 if reference else 3))
    x = F.relu(net.conv(x, "fc7", 4096 // NARROWING, 1))
    score = net.conv(x, "score_fr", CLASSES, 1)

    # Tight: pixel 0 of the scores lies 16 before the image's, and the middle of a kernel of 63 is its 31st.
    return net.upsample(score, "upscore", 63, 32, 18 if reference else 47, image)


NETS = {
    "fcn32s-vgg16": lambda net, image, reference: vgg16(net, image, 32, False, reference),
    "fcn16s-vgg16": lambda net, image, reference: vgg16(net, image, 16, False, reference),
    "fcn8s-vgg16": lambda net, image, reference: vgg16(net, image, 8, False, reference),
    "fcn8s-atonce-vgg16": lambda net, image, reference: vgg16(net, image, 8, True, reference),
    "fcn32s-alexnet": alexnet,
}


def sample(tensor, count):
    values = tensor.detach().flatten().numpy()
    step = max(1, len(values) // count)
    return np.concatenate([[np.abs(values).max(), np.sqrt((values**2).sum())], values[::step][:count]])


def write(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        raw = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.set_num_threads(1)
    golden = {}
    cases = [f"{net}/{padding}/{h}x{w}" for net in NETS for padding in ("tight", "reference") for h, w in SIZES]
    for case in cases if len(sys.argv) < 3 else sys.argv[3:]:
        compute(case, golden)
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "narrow_fcns.safetensors")
    write(beside if len(sys.argv) < 3 else sys.argv[1], golden)


def compute(case, golden):
    name, padding, size = case.split("/")
    height, width = (int(side) for side in size.split("x"))
    image = uniform("image", (1, 3, height, width), 2.0)
    hashed = mix("labels", height * width)
    labels = torch.from_numpy(np.where(hashed % 7 == 6, IGNORE, (hashed >> np.uint32(8)) % CLASSES).astype(np.int64)).reshape(1, height, width)
    net = Net()
    scores = NETS[name](net, image, padding == "reference")
    loss = F.cross_entropy(scores, labels, ignore_index=IGNORE)
    loss.backward()
    golden[case + "/scores"] = sample(scores, SCORE_SAMPLES)
    golden[case + "/loss"] = np.array([loss.item()])
    gradients = [sample(net.parameters[p].grad, GRADIENT_SAMPLES) for p in sorted(net.parameters)]
    golden[case + "/gradients"] = np.concatenate(gradients)


main()
