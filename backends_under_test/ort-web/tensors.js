'use strict';
// TensorProto files to and from the tensors of ONNX Runtime Web. What its API has no type for is refused by name.
const fs = require('fs');

// ONNX's number: [name in the API, bits, array class, TensorProto field when not raw]
const TYPES = new Map([
  [1, ['float32', 32, Float32Array, 'floatData']],
  [2, ['uint8', 8, Uint8Array, 'int32Data']],
  [3, ['int8', 8, Int8Array, 'int32Data']],
  [4, ['uint16', 16, Uint16Array, 'int32Data']],
  [5, ['int16', 16, Int16Array, 'int32Data']],
  [6, ['int32', 32, Int32Array, 'int32Data']],
  [7, ['int64', 64, BigInt64Array, 'int64Data']],
  [8, ['string', 0, Array, 'stringData']],
  [9, ['bool', 8, Uint8Array, 'int32Data']],
  [10, ['float16', 16, globalThis.Float16Array || Uint16Array, 'int32Data']],
  [11, ['float64', 64, Float64Array, 'doubleData']],
  [12, ['uint32', 32, Uint32Array, 'uint64Data']],
  [13, ['uint64', 64, BigUint64Array, 'uint64Data']],
  [21, ['uint4', 4, Uint8Array, 'int32Data']],
  [22, ['int4', 4, Uint8Array, 'int32Data']],
]);

class Unsupported extends Error {}

function decode(TensorProto, path) {
  return TensorProto.decode(fs.readFileSync(path));
}

function elementType(number) {
  const type = TYPES.get(number);
  if (!type) throw new Unsupported(`ONNX Runtime Web has no tensors of ONNX element type ${number}`);
  return type;
}

// The elements of a typed field as the bytes that raw_data would hold.
function typedBytes(proto, bits, ArrayClass, field) {
  const values = proto[field];
  if (ArrayClass === BigInt64Array || ArrayClass === BigUint64Array)
    return new Uint8Array(ArrayClass.from(values, (v) => BigInt(v.toString())).buffer);
  if (field === 'floatData' || field === 'doubleData') return new Uint8Array(ArrayClass.from(values).buffer);
  const Codes = bits === 32 ? Uint32Array : bits === 16 ? Uint16Array : Uint8Array; // 4-bit types: packed bytes
  return new Uint8Array(Codes.from(values, (v) => Number(v)).buffer);
}

function read(ort, TensorProto, path) {
  const proto = decode(TensorProto, path);
  const [name, bits, ArrayClass, field] = elementType(proto.dataType);
  const dims = proto.dims.map(Number);
  if (name === 'string')
    return new ort.Tensor('string', proto.stringData.map((bytes) => Buffer.from(bytes).toString('utf8')), dims);
  const bytes = proto.rawData.length > 0 ? proto.rawData : typedBytes(proto, bits, ArrayClass, field);
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (bytes.length !== Math.ceil((count * bits) / 8))
    throw new Error(`${path}: ${bytes.length} bytes for ${count} elements of ${bits} bits`);
  const copy = new Uint8Array(bytes); // aligned, and not a part of a larger buffer
  return new ort.Tensor(name, new ArrayClass(copy.buffer), dims);
}

function write(TensorProto, path, tensor) {
  const entry = [...TYPES].find(([, type]) => type[0] === tensor.type);
  if (!entry) throw new Error(`an output of type ${tensor.type} has no ONNX element type here`);
  const proto = { name: 'output', dataType: entry[0], dims: tensor.dims };
  const data = tensor.data;
  if (tensor.type === 'string') proto.stringData = data.map((text) => Buffer.from(text, 'utf8'));
  else proto.rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  fs.writeFileSync(path, TensorProto.encode(TensorProto.create(proto)).finish());
}

module.exports = { read, write, Unsupported };
