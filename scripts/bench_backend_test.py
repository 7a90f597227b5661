"""The other side of `scripts/bench --harness`: the cases of a corpus through onnx.backend.test's own runner, on the backend of
the onnxruntime package, or on onnx's reference evaluator (the second argument: onnxruntime, reference).

Prints the cases, those that passed, and the seconds of running them alone, wall clock and CPU: loading Python and finding the
cases is not in them.
"""

import os
import pathlib
import sys
import tempfile
import time
import unittest

import onnx.backend.test.loader
import onnx.backend.test.runner


def backend_of(name):
    if name == "onnxruntime":
        import onnxruntime.backend
        return onnxruntime.backend
    from onnx.backend.base import Backend, BackendRep
    from onnx.reference import ReferenceEvaluator

    class Prepared(BackendRep):
        def __init__(self, model):
            self.evaluator = ReferenceEvaluator(model)

        def run(self, inputs, **kwargs):
            return self.evaluator.run(None, dict(zip(self.evaluator.input_names, inputs)))

    class Reference(Backend):
        @classmethod
        def prepare(cls, model, device="CPU", **kwargs):
            return Prepared(model)

        @classmethod
        def supports_device(cls, device):
            return device == "CPU"

    return Reference


def main():
    corpus, name = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    with tempfile.TemporaryDirectory() as data:  # the runner wants DATA/<kind>/<case>
        os.mkdir(os.path.join(data, "node"))
        for case in corpus.glob("*/*/case.json"):
            os.symlink(case.parent, os.path.join(data, "node", "-".join(case.parts[-3:-1])))
        found = onnx.backend.test.loader.load_model_tests(data_dir=data, kind="node")
        # Its own tests are none of ours: without them it begins at once.
        onnx.backend.test.runner.load_model_tests = lambda *args, **kwargs: []
        runner = onnx.backend.test.runner.Runner(backend_of(name), __name__)
        for case in found:
            case.name = "test_" + case.name  # it takes no others
            runner._add_model_test(case, "Assay")
        suite = unittest.TestSuite(test for test in runner.test_suite if test.id().endswith("_cpu"))
        wall, cpu = time.perf_counter(), time.process_time()
        result = unittest.TextTestRunner(stream=open(os.devnull, "w", encoding="utf-8"), verbosity=0).run(suite)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    bad = len(result.failures) + len(result.errors)
    print(result.testsRun, result.testsRun - bad - len(result.skipped), f"{wall:.3f} {cpu:.3f}")


main()
