"""OpenCV's DNN module under test. Option engine: auto, new or classic; "auto" tries the new one first."""
import cv2
import numpy as np
import onnx

import worker

ENGINES = {"auto": cv2.dnn.ENGINE_AUTO, "new": cv2.dnn.ENGINE_NEW, "classic": cv2.dnn.ENGINE_CLASSIC}


class Engine:
    name = "OpenCV DNN"
    version = cv2.__version__
    devices = ["cpu"]

    def __init__(self, options):
        cv2.setNumThreads(1)
        engine = options.get("engine", "auto")
        if engine not in ENGINES:
            raise ValueError(f"option engine is '{engine}', expected {', '.join(ENGINES)}")
        self.engine = ENGINES[engine]

    def load(self, path):
        net = cv2.dnn.readNetFromONNX(path, self.engine)
        model = onnx.load(path, load_external_data=False)  # the module does not tell the order of its outputs
        return net, [value.name for value in model.graph.output]

    def run(self, loaded, inputs):
        net, outputs = loaded
        for name, value in inputs.items():
            if not isinstance(value, np.ndarray):
                raise worker.Refusal("the module takes tensors only")
            net.setInput(value, name)
        values = net.forward(outputs)
        for name, value in zip(outputs, values):
            if value is None:  # what the binding makes of an array without elements
                raise RuntimeError(f"forward() gives None for the output {name}")
        return values

    def lacks(self, error):
        text = str(error)
        return "not implemented" in text or "is not supported" in text


worker.serve(Engine)
