"""Values between protobuf files and numpy. Types that numpy lacks are those of ml_dtypes, one element a byte; the 2- and
4-bit types are packed only on the wire, first element in the lowest bits."""
import numpy as np
import onnx
from onnx import numpy_helper

PACKED_BITS = {
    onnx.TensorProto.UINT4: 4, onnx.TensorProto.INT4: 4, onnx.TensorProto.FLOAT4E2M1: 4,
    onnx.TensorProto.UINT2: 2, onnx.TensorProto.INT2: 2,
}
READERS = {
    "tensor_type": (onnx.TensorProto, numpy_helper.to_array),
    "sequence_type": (onnx.SequenceProto, numpy_helper.to_list),
    "optional_type": (onnx.OptionalProto, numpy_helper.to_optional),
}


def read(path, value_info):
    """The value in a file; its kind is that of the graph input. value_info is None where the graph has no such input: an
    engine shall see what it is given."""
    kind = value_info.type.WhichOneof("value") if value_info is not None else "tensor_type"
    if kind not in READERS:
        raise TypeError(f"no way to read an input of kind {kind}")
    proto, convert = READERS[kind]
    message = proto()
    with open(path, "rb") as file:
        message.ParseFromString(file.read())
    return convert(message)


def write(path, value, name):
    """Writes an array, or a list of values as a sequence, or None as an empty optional."""
    if value is None:
        message = onnx.OptionalProto(name=name, elem_type=onnx.OptionalProto.UNDEFINED)
    elif isinstance(value, (list, tuple)):
        message = sequence(value, name)
    else:
        message = tensor(np.asarray(value), name)
    with open(path, "wb") as file:
        file.write(message.SerializeToString())


def tensor(array, name):
    if array.dtype.kind in "OUS":
        message = onnx.TensorProto(name=name, data_type=onnx.TensorProto.STRING, dims=array.shape)
        message.string_data.extend(text if isinstance(text, bytes) else str(text).encode() for text in array.flat)
        return message
    return numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)


def sequence(values, name):
    message = onnx.SequenceProto(name=name, elem_type=onnx.SequenceProto.TENSOR)
    for value in values:
        if isinstance(value, (list, tuple)):
            message.elem_type = onnx.SequenceProto.SEQUENCE
            message.sequence_values.append(sequence(value, ""))
        else:
            message.tensor_values.append(tensor(np.asarray(value), ""))
    return message


def dtype_of(elem_type):
    """The numpy type of an ONNX element type."""
    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(elem_type))


def elem_type_of(array):
    """The ONNX element type of an array."""
    if array.dtype.kind in "OUS":
        return onnx.TensorProto.STRING
    return onnx.helper.np_dtype_to_tensor_dtype(array.dtype)


def pack(array, bits):
    """Elements of 2 or 4 bits, packed as on the wire."""
    codes = np.ascontiguousarray(array).view(np.uint8).reshape(-1) & ((1 << bits) - 1)
    per_byte = 8 // bits
    codes = np.pad(codes, (0, -len(codes) % per_byte)).reshape(-1, per_byte)
    return np.bitwise_or.reduce(codes << (np.arange(per_byte, dtype=np.uint8) * bits), axis=1, dtype=np.uint8)


def unpack(data, dtype, shape):
    """The reverse: `data` holds at least as many bytes as the shape needs."""
    bits = PACKED_BITS[onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))]
    shifts = np.arange(8 // bits, dtype=np.uint8) * bits
    codes = (np.asarray(data, np.uint8).reshape(-1, 1) >> shifts) & ((1 << bits) - 1)
    codes = codes.reshape(-1)[:int(np.prod(shape, dtype=np.int64))]
    signed = np.dtype(dtype).name.startswith("int")
    if signed:
        codes = codes.astype(np.int8)
        codes = codes - ((codes >> (bits - 1)) << bits).astype(np.int8)
        return codes.astype(dtype).reshape(shape)
    if np.dtype(dtype).name.startswith("float"):
        return codes.view(dtype).reshape(shape)
    return codes.astype(dtype).reshape(shape)
