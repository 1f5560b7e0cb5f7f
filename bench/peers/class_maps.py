#!/usr/bin/env python3
"""Compares class maps of whole nets, ours and PyTorch's, on the same weights and images: where do they differ, and how near was it?

Usage: bench/class-maps [--googlenet FILE] [--threads N] [--image FILE.png]

FCN-8s on VGG16 at 500x500 with random weights of He's scale, and FCN-8s on GoogLeNet at 480x360 with published weights
(--googlenet, a .caffemodel) and random score layers; in tight padding. The weights are written as .safetensors, made a model by
`fcn convert` and used by `fcn predict`; PyTorch computes in FP32. At each pixel that differs the gap is PyTorch's score of its own
class less that of ours, as a share of the largest score of the map.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import torch

from torch_nets import GoogLeNet, Vgg16

CLASSES = 21
HEAD = ("score_fr", "score_{}", "score_{}", "upscore2", "upscore_{}", "upscore8")


def write_tensors(path, tensors):
    header, at = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + values.nbytes]}
        at += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.tobytes())


def read_npz(path):
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def write_image(path, pixels):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def read_png(path):
    """The bytes of the pixels of a PNG of 8 bits a channel, palette or colour: what the label maps and images here are."""
    with open(path, "rb") as file:
        data = file.read()
    at, packed, header = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        at += 12 + length
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
    width, height, depth, colour = header[:4]
    if depth != 8 or colour not in (0, 2, 3) or header[6] != 0:
        sys.exit(f"error: {path} is no PNG of 8 bits a channel without interlacing and transparency")
    step = 3 if colour == 2 else 1
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * step)
    out = np.zeros((height + 1, width * step + step), np.int64)
    for y in range(height):
        kind, line, above, row = raw[y, 0], raw[y, 1:].astype(np.int64), out[y], out[y + 1]
        if kind in (0, 2):
            row[step:] = (line + (above[step:] if kind == 2 else 0)) & 255
            continue
        for x in range(width * step):
            left, up, corner = row[x], above[x + step], above[x]
            if kind == 1:
                guess = left
            elif kind == 3:
                guess = (left + up) // 2
            else:
                p = left + up - corner
                guess = min((abs(p - left), 0, left), (abs(p - up), 1, up), (abs(p - corner), 2, corner))[2]
            row[x + step] = (line[x] + guess) & 255
    return out[1:, step:].astype(np.uint8).reshape(height, width, step)


def synthetic(height, width):
    noise = np.random.default_rng(3)
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([128 + 100 * np.sin(x / 30 + y / 50), 128 + 100 * np.cos(y / 20), (x * y / 700) % 255], -1)
    return np.clip(pixels + noise.normal(0, 20, pixels.shape), 0, 255).astype(np.uint8)


def he(generator, shape):
    scale = (2 / np.prod(shape[1:])) ** 0.5 if len(shape) > 1 else 0.05
    return (generator.standard_normal(shape) * scale).astype(np.float32)


def bilinear(kernel):
    ramp = 1 - abs(np.arange(kernel) - (kernel - 1) / 2) / ((kernel + 1) // 2)
    weight = np.zeros((CLASSES, CLASSES, kernel, kernel), np.float32)
    weight[range(CLASSES), range(CLASSES)] = np.outer(ramp, ramp)
    return weight


def head(middle, early):
    return [HEAD[0], HEAD[1].format(middle), HEAD[2].format(early), HEAD[3], HEAD[4].format(middle), HEAD[5]]


def names_of(net):
    """Our names of the layers in the order of the peers' modules."""
    if net == "fcn8s-vgg16":
        trunk = [f"conv{stage}_{i}" for stage, count in enumerate((2, 2, 3, 3, 3), 1) for i in range(1, count + 1)] + ["fc6", "fc7"]
        return trunk + head("pool4", "pool3")
    modules = ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]
    branches = ["1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj"]
    return ["conv1/7x7_s2", "conv2/3x3_reduce", "conv2/3x3"] + [f"inception_{m}/{b}" for m in modules for b in branches] + head("inception_4e", "inception_3b")


def tensors_of(net, model, published):
    """A weight for each of the model's parameters, by our names in the order of the model's."""
    generator, tensors, names = np.random.default_rng(1), {}, iter(names_of(net))
    for name, parameter in model.named_parameters():
        kind = name.rsplit(".", 1)[1]
        layer = next(names) if kind == "weight" else layer
        own = f"{layer}.{kind}"
        if layer.startswith("upscore"):
            values = bilinear(parameter.shape[2])
        else:
            values = published[own].reshape(parameter.shape) if own in published else he(generator, tuple(parameter.shape))
        if own == "conv1_1.weight":
            # He's scale is for inputs of deviation 1; an image's is about 60.
            values /= 60
        tensors[own] = np.ascontiguousarray(values, np.float32)
    return tensors


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def compare(arguments, folder, net, model, pixels, published, precision):
    weights, file = os.path.join(folder, net + ".safetensors"), os.path.join(folder, net + ".model.safetensors")
    tensors = tensors_of(net, model, published)
    mean = json.loads(run(arguments.fcn, "info", net, "--json"))["preprocessing"]["mean"]
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), tensors.values()):
            parameter.copy_(torch.from_numpy(values))
        model.eval()
        image = torch.from_numpy((pixels[:, :, ::-1].astype(np.float32) - np.array(mean, np.float32)).transpose(2, 0, 1).copy())[None]

        # Random scores hardly vary over an image. With their means taken off, each class wins somewhere.
        bias = model.head.scores[0].bias
        bias -= model(image).mean((0, 2, 3))
        tensors["score_fr.bias"] = bias.numpy().copy()
        scores = model(image)[0].numpy()
    if not os.path.exists(file):
        write_tensors(weights, tensors)
        run(arguments.fcn, "convert", weights, file, "--net", net, "--padding", "tight")
    theirs = scores.argmax(0)

    picture = os.path.join(folder, net + ".png")
    write_image(picture, pixels)
    out = os.path.join(folder, "out")
    run(arguments.fcn, "predict", "--quiet", "--precision", precision, "--threads", str(arguments.threads), "--model", file, picture, "--out", out)
    ours = read_png(os.path.join(out, net + ".png"))[:, :, 0]

    largest = abs(scores).max()
    rows, columns = np.nonzero(ours != theirs)
    gaps = (scores[theirs[rows, columns], rows, columns] - scores[ours[rows, columns], rows, columns]) / largest
    height, width = ours.shape
    counts = np.bincount(theirs.ravel(), minlength=CLASSES)
    print(f"{net} {width}x{height}, {precision}: {len(gaps)} of {ours.size} pixels differ ({1e5 * len(gaps) / ours.size:.2f} in 100,000); "
          f"{(counts > 0).sum()} classes occur, the most frequent on {counts.max() / ours.size:.0%}", flush=True)
    for row, column, gap in list(zip(rows, columns, gaps))[:20]:
        print(f"  row {row}, column {column}: ours {ours[row, column]}, PyTorch {theirs[row, column]}, gap {gap:.1e} of the largest score")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fcn", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--googlenet", help="bvlc_googlenet.caffemodel; that net is left out if not given")
    parser.add_argument("--image", help="a PNG of at least 500x500, whose middle is taken; stripes and noise if not given")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    whole = read_png(arguments.image) if arguments.image else None

    def image(height, width):
        if whole is None:
            return synthetic(height, width)
        top, left = (whole.shape[0] - height) // 2, (whole.shape[1] - width) // 2
        return np.ascontiguousarray(whole[top:top + height, left:left + width])

    print(f"PyTorch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        for precision in ("fast", "exact"):
            compare(arguments, folder, "fcn8s-vgg16", Vgg16(tight=True), image(500, 500), {}, precision)
            if arguments.googlenet:
                npz = os.path.join(folder, "googlenet.npz")
                run(arguments.fcn, "convert", arguments.googlenet, npz)
                compare(arguments, folder, "fcn8s-googlenet", GoogLeNet(tight=True), image(360, 480), read_npz(npz), precision)


if __name__ == "__main__":
    main()
