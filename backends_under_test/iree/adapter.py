"""IREE under test: its ONNX importer, its compiler and its runtime, all in this process.

Options: target (llvm-cpu, vmvx, cuda, vulkan-spirv, ...; "llvm-cpu") and device (local-sync, local-task, cuda, ...)."""
import os
import platform
import sys

import numpy as np
import onnx
from iree import runtime
from iree.compiler import api, ir
from iree.compiler.extras import onnx_importer
from iree.compiler.version import VERSION

import tensors
import worker

LOCAL = {"llvm-cpu", "vmvx"}


def import_model(path):
    """What the command iree-import-onnx does; the text of the module and the model."""
    model = onnx.load(path)
    onnx.checker.check_model(model)
    model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    info = onnx_importer.ModelInfo(model)
    module = info.create_module(context=ir.Context()).operation
    onnx_importer.NodeImporter.define_function(info.main_graph, module).import_all()
    module.verify()
    return str(module), info.main_graph


def as_declared(array, value_info):
    """IREE's integers have no sign: what comes back is given the one that the graph's output declares."""
    dtype = tensors.dtype_of(value_info.type.tensor_type.elem_type)
    if array.dtype != dtype and array.dtype.kind in "iu" and dtype.kind in "iu" and array.itemsize == dtype.itemsize:
        return array.view(dtype)
    return array


class CompilerError(Exception):
    """The compiler's first diagnostic."""


class Diagnostics:
    """What the compiler prints on stderr meanwhile."""

    def __enter__(self):
        self.file = os.memfd_create("diagnostics")
        self.stderr = os.dup(2)
        os.dup2(self.file, 2)
        return self

    def __exit__(self, *_):
        os.dup2(self.stderr, 2)
        os.close(self.stderr)
        with os.fdopen(self.file, "rb") as file:
            file.seek(0)
            text = file.read().decode(errors="replace")
        sys.stderr.write(text)
        sys.stderr.flush()
        errors = [line.split("error: ", 1)[1] for line in text.splitlines() if "error: " in line]
        self.first_error = errors[0] if errors else "no diagnostic"


class Engine:
    name = "IREE"
    version = VERSION

    def __init__(self, options):
        self.target = options.get("target", "llvm-cpu")
        device = options.get("device", "local-sync" if self.target in LOCAL else self.target.split("-")[0])
        self.config = runtime.Config(device)
        self.devices = [f"{device} ({self.target})"]
        self.text = f"iree/{VERSION}/{device} {self.target} {platform.machine()}"
        if self.target in LOCAL:
            self.flags = ["--iree-hal-target-device=local", f"--iree-hal-local-target-device-backends={self.target}"]
        else:
            self.flags = [f"--iree-hal-target-device={device}"]

    def compile_text(self, text):
        with api.Session() as session, api.Output.open_membuffer() as output:
            session.set_flags("--iree-input-demote-f64-to-f32=false", *self.flags)
            with session.invocation() as invocation, Diagnostics() as diagnostics:
                invocation.enable_console_diagnostics()
                source = api.Source.wrap_buffer(session, text.encode() + b"\0")
                good = invocation.parse_source(source) and invocation.execute()
                if good:
                    invocation.output_vm_bytecode(output)
            if not good:
                raise CompilerError(diagnostics.first_error)
            return bytes(output.map_memory())

    def start(self, code, outputs):
        context = runtime.SystemContext(config=self.config)
        module = runtime.VmModule.copy_buffer(context.instance, code)
        context.add_vm_module(module)
        return context.modules[module.name], outputs

    def load(self, path):
        text, graph = import_model(path)
        return self.start(self.compile_text(text), graph.graph_proto.output)

    def compile(self, path):
        return self.compile_text(import_model(path)[0]), self.text

    def opinion(self, compatibility):
        worker.judge_text(compatibility, self.text)

    def load_object(self, data, graph):
        try:
            return self.start(data, graph.output)
        except ValueError as error:
            if "FlatBuffer" in str(error):
                raise worker.Verdict("corrupt", worker.describe(error).splitlines()[0]) from error
            raise

    def signature(self, _loaded):
        return None, None  # the module tells names only

    def run(self, loaded, inputs):
        module, outputs = loaded
        if not all(isinstance(value, np.ndarray) for value in inputs.values()):
            raise worker.Refusal("the adapter's interface to IREE takes tensors only")
        name = next(name for name in module.vm_module.function_names if not name.endswith("$async"))
        results = module[name](*inputs.values())
        results = results if isinstance(results, (tuple, list)) else [results]
        return [as_declared(result.to_host(), info) for result, info in zip(results, outputs)]

    def lacks(self, error):
        text = str(error)
        return "Unknown ONNX" in text or "failed to legalize" in text or "mapping not found" in text


worker.serve(Engine)
