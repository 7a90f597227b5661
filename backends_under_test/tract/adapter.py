"""tract under test, the engine in Rust, through the Python binding that its makers publish."""
import importlib.metadata

import numpy as np
import tract
from tract.tensor import DatumType

import worker

CARRIED = {np.dtype(name) for name in ("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
                                       "float16", "float32", "float64")}
LACKS = ("nimplemented", "Unknown DatumType", "unknown ONNX TensorProto.DataType", "Can not parse tensor type", "not supported")


def to_tract(value):
    if not isinstance(value, np.ndarray) or value.dtype not in CARRIED:
        raise worker.Refusal(f"the binding carries no {getattr(value, 'dtype', type(value).__name__)}")
    return tract.Tensor.from_numpy(value)


def from_tract(output):
    try:
        return output.to_numpy()
    except tract.TractError as error:
        if "TDim" not in str(error):  # integers that may be dims have a type of their own inside the engine
            raise
        return output.convert_to(DatumType.I64).to_numpy()


class Engine:
    name = "tract"
    version = importlib.metadata.version("tract")
    devices = ["cpu"]

    def __init__(self, options):
        self.onnx = tract.onnx()

    def load(self, path):
        return self.onnx.load(path).into_model().into_runnable()

    def run(self, loaded, inputs):
        return [from_tract(output) for output in loaded.run([to_tract(value) for value in inputs.values()])]

    def lacks(self, error):
        return any(words in str(error) for words in LACKS)


worker.serve(Engine)
