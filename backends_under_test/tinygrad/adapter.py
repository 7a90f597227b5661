"""tinygrad under test: its ONNX runner. Option device: as tinygrad names them (CPU, CUDA, NV, AMD, ...); CPU needs clang."""
import os

os.environ["CACHELEVEL"] = "0"  # else compiled kernels are kept in the user's home

import ml_dtypes
import numpy as np
from importlib.metadata import version
from tinygrad import Device, Tensor, dtypes
from tinygrad.helpers import DEV
from tinygrad.nn.onnx import OnnxRunner

import worker

# What numpy lacks goes in and out as integers of the same width.
CARRIED = {
    np.dtype(ml_dtypes.bfloat16): (dtypes.bfloat16, np.uint16, dtypes.uint16),
    np.dtype(ml_dtypes.float8_e4m3fn): (dtypes.fp8e4m3, np.uint8, dtypes.uint8),
    np.dtype(ml_dtypes.float8_e5m2): (dtypes.fp8e5m2, np.uint8, dtypes.uint8),
    np.dtype(ml_dtypes.float8_e4m3fnuz): (dtypes.fp8e4m3fnuz, np.uint8, dtypes.uint8),
    np.dtype(ml_dtypes.float8_e5m2fnuz): (dtypes.fp8e5m2fnuz, np.uint8, dtypes.uint8),
}


def to_tinygrad(value):
    if isinstance(value, (list, tuple)):
        return [to_tinygrad(item) for item in value]
    if value is None:
        return None
    if value.dtype in CARRIED:
        dtype, carrier, _ = CARRIED[value.dtype]
        return Tensor(np.frombuffer(value.tobytes(), carrier).reshape(value.shape)).bitcast(dtype)
    if value.dtype.kind not in "fiub":
        raise worker.Refusal(f"tinygrad has no tensors of {value.dtype}")
    return Tensor(value)


def from_tinygrad(value):
    if isinstance(value, (list, tuple)):
        return [from_tinygrad(item) for item in value]
    if value is None:
        return None
    if not isinstance(value, Tensor):
        raise worker.AdapterFault(f"an output of type {type(value).__name__}")
    for dtype, (carried, _, carrier) in CARRIED.items():
        if value.dtype == carried:
            return value.bitcast(carrier).numpy().view(dtype)
    return value.numpy()


class Engine:
    name = "tinygrad"
    version = version("tinygrad")

    def __init__(self, options):
        DEV.value = options.get("device", "CPU").upper()
        Tensor([1.0]).add(1).tolist()  # is there a compiler for it?
        self.devices = [Device.DEFAULT]

    def load(self, path):
        if os.path.getsize(path) == 0:
            raise ValueError("the file is empty")
        return OnnxRunner(path)

    def run(self, runner, inputs):
        outputs = runner({name: to_tinygrad(value) for name, value in inputs.items()})
        return [from_tinygrad(outputs[name]) for name in runner.graph_outputs]

    def lacks(self, error):
        return isinstance(error, NotImplementedError) or "is not a valid OnnxDataType" in str(error)


worker.serve(Engine)
