"""Apache TVM under test: its ONNX importer for Relax, its compiler and its virtual machine.

Options: target (llvm, cuda, ...; "llvm") and device (cpu, cuda, cuda:1, ...; the target's)."""
import os

for name in ("CC", "CXX"):  # what links some models: TVM takes the text for one file's name, and finds a compiler without it
    os.environ.pop(name, None)

import ml_dtypes
import numpy as np
import onnx
import tvm
from tvm import relax
from tvm.relax.frontend.onnx import from_onnx

import worker


def to_numpy(value):
    if isinstance(value, tvm.runtime.ShapeTuple):  # what Shape becomes
        return np.array(list(value), np.int64)
    if not isinstance(value, tvm.runtime.Tensor):
        return [to_numpy(item) for item in value]
    array = value.numpy()
    wider = str(value.dtype) == "int4"  # comes out as int8
    return array.astype(ml_dtypes.int4) if wider else array


def flatten(value):
    """What the virtual machine returns: one output, or an array of them."""
    single = isinstance(value, (tvm.runtime.Tensor, tvm.runtime.ShapeTuple))
    return [to_numpy(value)] if single else [to_numpy(item) for item in value]


class Engine:
    name = "Apache TVM"
    version = tvm.__version__

    def __init__(self, options):
        self.target = tvm.target.Target(options.get("target", "llvm"))
        default = "cpu" if str(self.target.kind) == "llvm" else str(self.target.kind)
        self.device = tvm.device(options.get("device", default))
        if not self.device.exist:
            raise ValueError(f"no device {self.device}")
        self.devices = [str(self.device)]

    def load(self, path):
        model = onnx.load(path)
        if not model.HasField("graph"):
            raise ValueError("the file holds no graph")
        module = from_onnx(model, sanitize_input_names=False)
        return relax.VirtualMachine(tvm.compile(module, target=self.target), self.device)

    def run(self, machine, inputs):
        if not all(isinstance(value, np.ndarray) for value in inputs.values()):
            raise worker.Refusal("the adapter's interface to TVM takes tensors only")
        arguments = [tvm.runtime.tensor(value, self.device) for value in inputs.values()]
        return flatten(machine["main"](*arguments))

    def lacks(self, error):
        text = str(error)
        return isinstance(error, NotImplementedError) or "not supported" in text or "unknown dtype" in text


worker.serve(Engine)
