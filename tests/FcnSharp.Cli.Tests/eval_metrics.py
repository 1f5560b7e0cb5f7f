"""The figures of `fcn eval` again, from the label maps alone: eval_metrics.py LABELS PREDICTIONS EVAL.json"""
import json
import os
import sys

import numpy as np
from PIL import Image

labels, predictions, result = sys.argv[1:]
with open(result, encoding="utf-8") as file:
    found = json.load(file)

classes = len(found["classes"])
counts = np.zeros((classes, classes), dtype=np.int64)
names = sorted(os.listdir(predictions))
for name in names:
    truth = np.array(Image.open(os.path.join(labels, name)))
    prediction = np.array(Image.open(os.path.join(predictions, name)))
    assert truth.shape == prediction.shape, name
    np.add.at(counts, (truth[truth != 255], prediction[truth != 255]), 1)

hits = np.diag(counts).astype(float)
true = counts.sum(axis=1)
with np.errstate(invalid="ignore"):
    iou = hits / (true + counts.sum(axis=0) - hits)
    expected = {
        "pixelAccuracy": hits.sum() / counts.sum(),
        "meanAccuracy": np.nanmean(hits / true),
        "meanIoU": np.nanmean(iou),
        "frequencyWeightedIoU": np.nansum(true * iou) / counts.sum(),
    }

assert found["images"] == len(names), (found["images"], len(names))
assert found["confusion"] == counts.tolist()
for name, value in expected.items():
    assert abs(found[name] - 100 * value) < 6e-4, (name, found[name], 100 * value)
