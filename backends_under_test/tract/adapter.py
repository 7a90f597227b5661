"""tract under test, the engine in Rust, through the Python binding that its makers publish."""
import importlib.metadata

import numpy as np
import tract

import worker

CARRIED = {np.dtype(name) for name in ("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
                                       "float16", "float32", "float64")}
LACKS = ("nimplemented", "Unknown DatumType", "unknown ONNX TensorProto.DataType", "Can not parse tensor type", "not supported")


def to_tract(value):
    if not isinstance(value, np.ndarray) or value.dtype not in CARRIED:
        raise worker.Refusal(f"the binding carries no {getattr(value, 'dtype', type(value).__name__)}")
    return tract.Tensor.from_numpy(value)


class Engine:
    name = "tract"
    version = importlib.metadata.version("tract")
    devices = ["cpu"]

    def __init__(self, options):
        self.onnx = tract.onnx()

    def load(self, path):
        return self.onnx.load(path).into_model().into_runnable()

    def run(self, loaded, inputs):
        return [output.to_numpy() for output in loaded.run([to_tract(value) for value in inputs.values()])]

    def lacks(self, error):
        return any(words in str(error) for words in LACKS)


worker.serve(Engine)
