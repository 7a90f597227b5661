"""The other side of scripts/bench: every case of a folder in ONNX's backend-test layout through onnx's own evaluator.

Prints the cases run, those that ran through and the seconds of CPU; needs the packages onnx and numpy.
"""

import pathlib
import sys
import time

import numpy
import onnx
import onnx.numpy_helper
from onnx.reference import ReferenceEvaluator


def read_value(path, info):
    data = path.read_bytes()
    kind = info.type.WhichOneof("value") if info is not None else "tensor_type"
    if kind == "sequence_type":
        return onnx.numpy_helper.to_list(onnx.SequenceProto.FromString(data))
    if kind == "optional_type":
        return onnx.numpy_helper.to_optional(onnx.OptionalProto.FromString(data))
    return onnx.numpy_helper.to_array(onnx.TensorProto.FromString(data))


def run_case(folder):
    """Loads, runs and compares one case, as assay verify does."""
    model = onnx.load(folder / "model.onnx")
    evaluator = ReferenceEvaluator(model)
    for data in sorted(folder.glob("test_data_set_*")):
        feeds = {}
        for i, info in enumerate(model.graph.input):
            path = data / f"input_{i}.pb"
            if path.exists():
                feeds[info.name] = read_value(path, info)
        for i, output in enumerate(evaluator.run(None, feeds)):
            expected = read_value(data / f"output_{i}.pb", model.graph.output[i])
            if isinstance(output, numpy.ndarray) and output.dtype.kind == "f":
                numpy.testing.assert_allclose(output, expected, rtol=1e-3, atol=1e-7)


def main():
    folders = sorted(path.parent for path in pathlib.Path(sys.argv[1]).glob("*/model.onnx"))
    passed = 0
    start = time.process_time()
    for folder in folders:
        try:
            run_case(folder)
            passed += 1
        except Exception:  # what onnx does not run counts with the time it took to find out
            pass
    print(len(folders), passed, f"{time.process_time() - start:.3f}")


main()
