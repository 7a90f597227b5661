"""Apache TVM under test: its ONNX importer for Relax, its compiler and its virtual machine.

Options: target (llvm, cuda, ...; "llvm") and device (cpu, cuda, cuda:1, ...; the target's)."""
import numpy as np
import onnx
import tvm
from tvm import relax
from tvm.relax.frontend.onnx import from_onnx

import worker


def flatten(value):
    """What the virtual machine returns: a tensor, or an array of tensors."""
    if isinstance(value, tvm.runtime.Tensor):
        return [value.numpy()]
    return [item.numpy() if isinstance(item, tvm.runtime.Tensor) else [each.numpy() for each in item] for item in value]


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
