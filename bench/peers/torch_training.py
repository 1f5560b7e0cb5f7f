"""Trains FCN-8s GoogLeNet in PyTorch by the recipe that `fcn train` takes when none is named, and times it.

usage: torch_training.py DATA THREADS STEPS

DATA has images/ and labels/ of PNGs of one name each. The peer is tuned: memory format and workers of the data loader are those
of the fastest of a few short trials, the allocator's and the BLAS's settings are the caller's. Prints a JSON object.
"""
import json
import math
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageEnhance

import torch_nets

BATCH, WIDTH, HEIGHT, VOID = 4, 480, 360, 255
MEAN = np.array([104, 117, 123], np.float32)
TRIAL_STEPS = 12


class Folder(torch.utils.data.Dataset):
    """Scale 0.6 to 1.8, crop, mirror and colours at random, as the recipe says."""

    def __init__(self, root):
        self.images = sorted(Path(root, "images").glob("*.png"))
        self.labels = [Path(root, "labels", p.name) for p in self.images]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image, labels = Image.open(self.images[index]).convert("RGB"), Image.open(self.labels[index])
        factor = 0.6 * (1.8 / 0.6) ** random.random()
        size = (round(image.width * factor), round(image.height * factor))
        image, labels = image.resize(size, Image.BILINEAR), labels.resize(size, Image.NEAREST)
        left, top = (self.place(a - b) for a, b in ((size[0], WIDTH), (size[1], HEIGHT)))
        box = (left, top, left + WIDTH, top + HEIGHT)
        image, labels = image.crop(box), self.crop(labels, box)
        for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
            image = enhance(image).enhance(random.uniform(0.7, 1.3))
        pixels = (np.asarray(image, np.float32)[:, :, ::-1] - MEAN) / 64
        if random.random() < 0.5:
            pixels, labels = pixels[:, ::-1], labels[:, ::-1]
        return torch.from_numpy(pixels.transpose(2, 0, 1).copy()), torch.from_numpy(labels.astype(np.int64))

    @staticmethod
    def place(room):
        return int(math.copysign(random.randint(0, abs(room)), room))

    @staticmethod
    def crop(labels, box):
        """Void, and not class 0, where the window reaches beyond the labels."""
        source, target = np.asarray(labels), np.full((HEIGHT, WIDTH), VOID, np.uint8)
        x, y = max(0, box[0]), max(0, box[1])
        part = source[y:box[3], x:box[2]]
        target[y - box[1]:y - box[1] + part.shape[0], x - box[0]:x - box[0] + part.shape[1]] = part
        return target


def epochs(loader):
    while True:
        yield from loader


def train(root, steps, workers, channels_last):
    """Images a second, from the second step on."""
    torch.manual_seed(0)
    random.seed(0)
    data = Folder(root)
    loader = torch.utils.data.DataLoader(data, BATCH, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0)
    model = torch_nets.GoogLeNet(True, classes=11)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    biases = [p for n, p in model.named_parameters() if n.endswith("bias")]
    rest = [p for n, p in model.named_parameters() if not n.endswith("bias")]
    optimizer = torch.optim.SGD([{"params": rest, "weight_decay": 5e-4}, {"params": biases, "lr": 2e-3}], lr=1e-3, momentum=0.9)
    batches = iter(epochs(loader))
    start = 0
    for step in range(steps + 1):
        if step == 1:
            start = time.perf_counter()
        images, labels = next(batches)
        if channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        loss = F.cross_entropy(model(images), labels, ignore_index=VOID)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
    return steps * BATCH / (time.perf_counter() - start)


def main():
    root, threads, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    choices = [(workers, layout) for layout in (False, True) for workers in (0, 1)]
    trials = {choice: train(root, TRIAL_STEPS, *choice) for choice in choices}
    best = max(trials, key=trials.get)
    print(json.dumps({
        "images_per_second": train(root, steps, *best), "workers": best[0], "channels_last": best[1],
        "trials": {f"{w} workers, {'channels_last' if c else 'contiguous'}": v for (w, c), v in trials.items()}, "version": torch.__version__}))


if __name__ == "__main__":
    main()
