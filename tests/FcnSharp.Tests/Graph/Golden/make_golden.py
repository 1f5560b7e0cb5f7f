#!/usr/bin/env python3
"""Writes tiny_fcn8s.safetensors: inputs, weights, scores, loss and gradients of a tiny FCN-8s, computed by PyTorch.

Needs PyTorch (made with 1.13 on a CPU). Run it here: python3 make_golden.py
All is computed in double precision from float32 inputs and weights, so what is stored is exact to the last bit of float32.
"""
import json
import struct

import torch
import torch.nn.functional as F

torch.manual_seed(1337)
CLASSES = 4
IGNORE = 255


def uniform(*shape, bound):
    """float32 numbers, so that the reader starts from the same bits."""
    return ((2 * torch.rand(*shape) - 1) * bound).float().double()


image = uniform(2, 3, 37, 29, bound=1.0)
labels = torch.randint(0, CLASSES, (2, 1, 37, 29))
labels[torch.rand(labels.shape) < 0.15] = IGNORE

PARAMETERS = {}


def conv(name, c_in, c_out, k):
    PARAMETERS[name + ".weight"] = uniform(c_out, c_in, k, k, bound=(6 / (c_in * k * k)) ** 0.5)
    PARAMETERS[name + ".bias"] = uniform(c_out, bound=0.2)


def up(name, k):
    PARAMETERS[name + ".weight"] = uniform(CLASSES, CLASSES, k, k, bound=0.3)


conv("conv1", 3, 6, 5)
conv("conv2", 6, 8, 3)
conv("conv3", 8, 10, 3)
conv("score_fr", 10, CLASSES, 1)
conv("score_pool2", 8, CLASSES, 1)
conv("score_pool1", 6, CLASSES, 1)
up("upscore2", 4)
up("upscore_pool2", 4)
up("upscore4", 8)
for p in PARAMETERS.values():
    p.requires_grad_(True)


def pool(x):
    return F.max_pool2d(x, 2, 2, ceil_mode=True)


def crop(x, like, offset):
    return x[:, :, offset : offset + like.shape[2], offset : offset + like.shape[3]]


def wb(name):
    return PARAMETERS[name + ".weight"], PARAMETERS[name + ".bias"]


# Strides 2 (conv1), 4, 8, 16; conv1's large padding and conv3's make the crops real ones.
pool1 = pool(F.relu(F.conv2d(image, *wb("conv1"), stride=2, padding=6)))
pool2 = pool(F.relu(F.conv2d(pool1, *wb("conv2"), padding=1)))
pool3 = pool(F.relu(F.conv2d(pool2, *wb("conv3"), padding=2)))
score = F.conv2d(pool3, *wb("score_fr"))
skip2 = F.conv2d(pool2, *wb("score_pool2"))
fuse2 = crop(F.conv_transpose2d(score, PARAMETERS["upscore2.weight"], stride=2, padding=1), skip2, 1) + skip2
skip1 = F.conv2d(pool1, *wb("score_pool1"))
fuse1 = crop(F.conv_transpose2d(fuse2, PARAMETERS["upscore_pool2.weight"], stride=2, padding=1), skip1, 0) + skip1
scores = crop(F.conv_transpose2d(fuse1, PARAMETERS["upscore4.weight"], stride=4, padding=2), image, 5)
loss = F.cross_entropy(scores, labels[:, 0], ignore_index=IGNORE)
loss.backward()

tensors = {"image": image, "labels": labels.double(), "scores": scores, "loss": loss.reshape(1)}
for name, p in PARAMETERS.items():
    tensors["value." + name] = p
    tensors["gradient." + name] = p.grad

header, data = {}, b""
for name, tensor in tensors.items():
    raw = tensor.detach().float().contiguous().numpy().astype("<f4").tobytes()
    header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("tiny_fcn8s.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
print(f"{8 + len(text) + len(data)} bytes, loss {loss.item():.9f}, pools {tuple(pool1.shape)} {tuple(pool2.shape)} {tuple(pool3.shape)}")
