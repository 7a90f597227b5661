"""The reference evaluator of the onnx package under test.

Option check: what onnx.checker looks at before a model is evaluated, as `onnx.backend` would have it: "model" (the
default), "full" (with strict shape inference) or "none"."""
import onnx
import onnx.checker
from onnx.reference import ReferenceEvaluator

import worker


class Engine:
    name = "onnx.reference"
    version = onnx.__version__
    devices = ["cpu"]

    def __init__(self, options):
        self.check = options.get("check", "model")
        if self.check not in ("model", "full", "none"):
            raise ValueError(f"option check={self.check}: expected model, full or none")

    def load(self, path):
        model = onnx.load(path)
        if self.check != "none":
            onnx.checker.check_model(model, full_check=self.check == "full")
        return ReferenceEvaluator(model)

    def run(self, evaluator, inputs):
        return evaluator.run(None, inputs)

    def lacks(self, error):
        return isinstance(error, NotImplementedError) or "No registered implementation" in str(error)


worker.serve(Engine)
