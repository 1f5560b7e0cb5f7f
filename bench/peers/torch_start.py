#!/usr/bin/env python3
"""PyTorch's start for bench/footprint: from nothing to the mask of one image, by FCN-8s on GoogLeNet with 11 classes.

Usage: torch_start.py prepare FOLDER IMAGE.png
       torch_start.py eager|script FOLDER THREADS

"prepare" writes the net's weights, the traced and frozen net, and the image's bytes, which so need no decoder; it prints the version and
how many bytes importing torch reads. The others read them and write FOLDER/mask.png.
"""
import os
import sys

CLASSES = 11
MEAN = (104.0, 117.0, 123.0)


def mapped_files():
    with open("/proc/self/maps") as lines:
        return {line.split(None, 5)[5].strip() for line in lines if "/" in line}


def files_of_import():
    """Packages that importing torch brings, whole, and the libraries that they load from elsewhere."""
    maps, modules = mapped_files(), set(sys.modules)
    import torch  # noqa: F401, it is what is measured
    files = {os.path.realpath(path) for path in mapped_files() - maps if os.path.isfile(path)}
    for name in set(sys.modules) - modules:
        path = getattr(sys.modules[name], "__file__", None) or ""
        if "." not in name and path.endswith(os.path.join(name, "__init__.py")) and "-packages" in path:
            for folder, _, names in os.walk(os.path.dirname(path)):
                files.update(os.path.realpath(os.path.join(folder, file)) for file in names)
    return sum(os.path.getsize(path) for path in files if os.path.isfile(path))


def net():
    from torch_nets import GoogLeNet
    return GoogLeNet(tight=True, classes=CLASSES)


def prepare(folder, image):
    installed = files_of_import()
    import torch
    from class_maps import read_png

    torch.manual_seed(0)
    model = net()
    model.eval()
    pixels = read_png(image)
    height, width, _ = pixels.shape
    with open(os.path.join(folder, "image.rgb"), "wb") as file:
        file.write(width.to_bytes(4, "little") + height.to_bytes(4, "little") + pixels.tobytes())
    torch.save(model.state_dict(), os.path.join(folder, "weights.pth"))
    with torch.no_grad():
        traced = torch.jit.freeze(torch.jit.trace(model, torch.zeros(1, 3, height, width)))
    torch.jit.save(traced, os.path.join(folder, "net.pt"))
    print(torch.__version__, installed)


def predict(mode, folder, threads):
    import torch

    torch.set_num_threads(threads)
    if mode == "eager":
        model = net()
        model.load_state_dict(torch.load(os.path.join(folder, "weights.pth")))
        model.eval()
    else:
        model = torch.jit.load(os.path.join(folder, "net.pt"))
    with open(os.path.join(folder, "image.rgb"), "rb") as file:
        width, height = (int.from_bytes(file.read(4), "little") for _ in range(2))
        pixels = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).view(1, height, width, 3)
    with torch.no_grad():
        x = pixels.permute(0, 3, 1, 2).flip(1).float() - torch.tensor(MEAN).view(1, 3, 1, 1)
        mask = model(x).argmax(1)[0].to(torch.uint8)

    from stripes import write_png
    rows = b"".join(b"\0" + row.tobytes() for row in mask.numpy())
    write_png(os.path.join(folder, "mask.png"), width, height, 0, rows)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(sys.argv[2], sys.argv[3])
    else:
        predict(sys.argv[1], sys.argv[2], int(sys.argv[3]))
