"""OpenVINO under test.

Options: device (CPU, GPU, GPU.1, NPU, ...) and threads. Float computations are held to the precision that the model names:
left alone, the plugin is free to compute float32 in bfloat16."""
import numpy as np
import onnx
import openvino as ov

import tensors
import worker

# Element types by ONNX's number; int2, the FNUZ float8 types and the complex types have no counterpart.
ELEMENT_TYPES = {
    onnx.TensorProto.FLOAT: ov.Type.f32, onnx.TensorProto.DOUBLE: ov.Type.f64, onnx.TensorProto.FLOAT16: ov.Type.f16,
    onnx.TensorProto.BFLOAT16: ov.Type.bf16, onnx.TensorProto.BOOL: ov.Type.boolean,
    onnx.TensorProto.INT8: ov.Type.i8, onnx.TensorProto.INT16: ov.Type.i16, onnx.TensorProto.INT32: ov.Type.i32,
    onnx.TensorProto.INT64: ov.Type.i64, onnx.TensorProto.UINT8: ov.Type.u8, onnx.TensorProto.UINT16: ov.Type.u16,
    onnx.TensorProto.UINT32: ov.Type.u32, onnx.TensorProto.UINT64: ov.Type.u64, onnx.TensorProto.INT4: ov.Type.i4,
    onnx.TensorProto.UINT4: ov.Type.u4, onnx.TensorProto.UINT2: ov.Type.u2, onnx.TensorProto.FLOAT4E2M1: ov.Type.f4e2m1,
    onnx.TensorProto.FLOAT8E4M3FN: ov.Type.f8e4m3, onnx.TensorProto.FLOAT8E5M2: ov.Type.f8e5m2,
    onnx.TensorProto.FLOAT8E8M0: ov.Type.f8e8m0,
}


def elem_type_of(ov_type):
    for elem_type, candidate in ELEMENT_TYPES.items():
        if candidate == ov_type:
            return elem_type
    raise worker.AdapterFault(f"an output of OpenVINO's type {ov_type} has no ONNX type")


def to_openvino(value):
    if not isinstance(value, np.ndarray):
        raise worker.Refusal("OpenVINO's requests take tensors only")
    elem_type = tensors.elem_type_of(value)
    if elem_type == onnx.TensorProto.STRING:
        return ov.Tensor(value.astype(np.str_))
    if elem_type not in ELEMENT_TYPES:
        raise worker.Refusal(f"OpenVINO has no tensors of {value.dtype}")
    tensor = ov.Tensor(ELEMENT_TYPES[elem_type], ov.Shape(value.shape))
    bits = tensors.PACKED_BITS.get(elem_type)
    data = tensors.pack(value, bits) if bits else np.frombuffer(value.tobytes(), np.uint8)
    tensor.data.reshape(-1).view(np.uint8)[:] = data
    return tensor


def from_openvino(tensor):
    shape = tuple(tensor.shape)
    if tensor.element_type == ov.Type.string:
        return tensor.str_data.astype(object).reshape(shape)
    elem_type = elem_type_of(tensor.element_type)
    dtype = tensors.dtype_of(elem_type)
    data = np.ascontiguousarray(tensor.data).reshape(-1).view(np.uint8)
    if elem_type in tensors.PACKED_BITS:
        return tensors.unpack(data, dtype, shape)
    return data.copy().view(dtype).reshape(shape)


class Engine:
    name = "OpenVINO"
    version = ov.get_version().split("-")[0]

    def __init__(self, options):
        self.text = None
        self.core = ov.Core()
        self.device = options.get("device", "CPU")
        if self.device.split(".")[0] not in {device.split(".")[0] for device in self.core.available_devices}:
            raise ValueError(f"no device {self.device}: OpenVINO finds {', '.join(self.core.available_devices)}")
        full_name = self.core.get_property(self.device, "FULL_DEVICE_NAME")
        self.devices = [f"{self.device} ({full_name})"]
        if not options.get("threads", "1").isdecimal():
            raise ValueError(f"option threads is '{options['threads']}', expected a whole number")
        self.settings = {"EXECUTION_MODE_HINT": "ACCURACY", "INFERENCE_NUM_THREADS": options.get("threads", "1")}
        if self.device.split(".")[0] != "CPU":
            del self.settings["INFERENCE_NUM_THREADS"]

    def load(self, path):
        return self.core.compile_model(self.core.read_model(path), self.device, self.settings)

    def own_text(self):
        """What objects of this engine say that they fit: its version, device, and what the device's own check goes by."""
        if self.text is None:
            x = ov.opset13.parameter([1], ov.Type.f32)
            probe = self.core.compile_model(ov.Model([ov.opset13.result(x)], [x]), self.device, self.settings)
            self.text = self.text_of(probe)
        return self.text

    def text_of(self, compiled):
        known = "RUNTIME_REQUIREMENTS" in compiled.get_property("SUPPORTED_PROPERTIES")
        requirements = compiled.get_property("RUNTIME_REQUIREMENTS") if known else ""
        return f"openvino/{self.version}/{self.device}/{requirements}"

    def compile(self, path):
        compiled = self.load(path)
        return compiled.export_model().getvalue(), self.text_of(compiled)

    def opinion(self, compatibility):
        worker.judge_text(compatibility, self.own_text())

    def load_object(self, data, _graph):
        try:
            return self.core.import_model(data, self.device, self.settings)
        except RuntimeError as error:
            if "magic" in str(error) or "header" in str(error):
                raise worker.Verdict("corrupt", worker.describe(error).splitlines()[-1]) from error
            raise

    def signature(self, compiled):
        def value(port):
            shape = port.get_partial_shape()
            dims = None if shape.rank.is_dynamic else [None if dim.is_dynamic else dim.get_length() for dim in shape]
            return elem_type_of(port.get_element_type()), dims

        return ({name: value(port) for port in compiled.inputs for name in port.get_names()},
                [value(port) for port in compiled.outputs])

    def run(self, compiled, inputs):
        request = compiled.create_infer_request()
        known = {name for port in compiled.inputs for name in port.get_names()}
        for name, value in inputs.items():
            if name in known:  # an input that nothing depends on is left out of the compiled model
                request.set_tensor(name, to_openvino(value))
        request.infer()
        return [from_openvino(request.get_output_tensor(index)) for index in range(len(compiled.outputs))]

    def lacks(self, error):
        text = str(error)
        return "not supported" in text or "unsupported" in text.lower() or "No kernel" in text


worker.serve(Engine)
