#!/usr/bin/env python3
"""with_inputs.py FOLDER: each case's model with its inputs as initializers, FOLDER/<proposal>-<case>.onnx, so that a
fuzzer mutates values and model together. Case folders come one a line on stdin."""
import os, sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def encode(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def fields(data):
    """(number, wire type, the whole field's bytes, the value's bytes) of each field."""
    at = 0
    while at < len(data):
        begin = at
        tag, at = varint(data, at)
        start = at
        if tag & 7 == 0:
            _, at = varint(data, at)
        elif tag & 7 == 1:
            at += 8
        elif tag & 7 == 5:
            at += 4
        else:
            size, start = varint(data, at)
            at = start + size
        yield tag >> 3, tag & 7, data[begin:at], data[start:at]


def message(number, data):
    return encode(number << 3 | 2) + encode(len(data)) + data


def embed(folder):
    with open(os.path.join(folder, "model.onnx"), "rb") as file:
        model = file.read()
    out = b""
    for number, _, whole, value in fields(model):
        if number == 7:  # ModelProto.graph; its input is field 11, its initializer field 5; a tensor's name is field 8
            names = [next(v for n, _, _, v in fields(i) if n == 1) for k, _, _, i in fields(value) if k == 11]
            extra = b""
            for i, name in enumerate(names):
                path = os.path.join(folder, "test_data_set_0", f"input_{i}.pb")
                if os.path.exists(path):
                    with open(path, "rb") as file:
                        tensor = b"".join(w for n, _, w, _ in fields(file.read()) if n != 8)
                    extra += message(5, tensor + message(8, name))
            whole = message(7, value + extra)
        out += whole
    return out


for line in sys.stdin:
    case = line.strip()
    try:
        data = embed(case)
    except (IndexError, StopIteration, OSError):
        continue  # the models of some reject cases are no protobuf
    name = "-".join(case.rstrip("/").split("/")[-2:])
    with open(os.path.join(sys.argv[1], name + ".onnx"), "wb") as file:
        file.write(data)
