"""Draws labelled images for bench/training: usage draw_images.py FOLDER COUNT. Writes images/ and labels/, 480x360, 11 classes, void 255."""
import sys
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT, CLASSES = 480, 360, 11


def draw(random):
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    for _ in range(40):
        x, y = random.integers(0, WIDTH), random.integers(0, HEIGHT)
        labels[y:y + random.integers(10, 120), x:x + random.integers(10, 160)] = random.integers(0, CLASSES)
    labels[:4] = 255
    colours = np.random.default_rng(1).integers(30, 220, (256, 3))
    noise = random.normal(0, 12, (HEIGHT, WIDTH, 3))
    return np.clip(colours[labels] + noise, 0, 255).astype(np.uint8), labels


def main():
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    random = np.random.default_rng(0)
    for i in range(count):
        image, labels = draw(random)
        Image.fromarray(image).save(folder / "images" / f"{i:03}.png")
        Image.fromarray(labels).save(folder / "labels" / f"{i:03}.png")


if __name__ == "__main__":
    main()
