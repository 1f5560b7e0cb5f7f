"""Checks ONNX files: check_onnx.py FILE..."""
import sys

import onnx

for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    domains = {node.domain for node in model.graph.node}
    if domains != {""}:
        sys.exit(f"{path}: operators of the domains {domains}")
