"""Serves Assay's adapter protocol (backends_under_test/README.md) for an engine that Python can call.

An adapter describes its engine in a class and ends with `worker.serve(Engine)`:

    class Engine:
        name = "..."                         # as its makers write it
        version = "..."
        def __init__(self, options): ...     # texts by name; raises if the engine cannot run here
        devices = ["cpu"]
        def load(self, path): ...            # a loaded model: anything; raises if the engine refuses it
        def run(self, loaded, inputs): ...   # numpy arrays by name, in graph order; to outputs in graph order
        def lacks(self, error): ...          # does this exception say "I lack that", rather than "that is wrong"?

What load and run raise is the engine's refusal; AdapterFault says that the adapter, not the engine, is at fault.
"""
import json
import os
import sys

import onnx

import tensors

MAX_MESSAGE = 2000


class AdapterFault(Exception):
    """The adapter cannot carry something that its engine may well be able to do."""


class Refusal(Exception):
    """A refusal that the adapter words itself: the engine's interface has no way to be asked."""


def describe(error):
    text = str(error).strip()
    text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text[:MAX_MESSAGE]


def refusal(engine, stage, error):
    if isinstance(error, AdapterFault):
        return {"error": {"stage": stage, "message": describe(error), "kind": "adapter"}}
    answer = {"stage": stage, "message": describe(error)}
    if isinstance(error, Refusal) or engine.lacks(error):
        answer["kind"] = "unsupported"
    return {"error": answer}


def read_inputs(request):
    try:
        model = onnx.load(request["model"], load_external_data=False)
        weights = {initializer.name for initializer in model.graph.initializer}
        declared = list(model.graph.input)
        free = [value for value in declared if value.name not in weights]
        if len(request["inputs"]) == len(free):  # before IR version 4 every initializer is listed as an input too
            declared = free
        inputs = {}
        for index, path in enumerate(request["inputs"]):
            info = declared[index] if index < len(declared) else None
            inputs[info.name if info is not None else f"input_{index}"] = tensors.read(path, info)
        return inputs
    except Exception as error:
        raise AdapterFault(f"reading the inputs: {describe(error)}") from error


def write_outputs(outputs, folder):
    names = []
    for index, value in enumerate(outputs):
        name = f"output_{index}.pb"
        try:
            tensors.write(os.path.join(folder, name), value, name)
        except Exception as error:
            raise AdapterFault(f"writing output {index}: {describe(error)}") from error
        names.append(name)
    return names


def run(engine, request, send):
    stage = "load"
    try:
        loaded = engine.load(request["model"])
        stage = "run"
        send({"id": request["id"], "loaded": True})
        outputs = engine.run(loaded, read_inputs(request))
        return {"ok": True, "outputs": write_outputs(outputs, request["outputs_dir"])}
    except Exception as error:
        return refusal(engine, stage, error)


def answer_hello(make, request):
    """The engine, or None, and the answer."""
    try:
        engine = make(request.get("options", {}))
    except Exception as error:
        return None, {"error": {"message": describe(error)}}
    facts = {"protocol": 1, "name": engine.name, "version": engine.version, "devices": engine.devices,
             "announces_load": True}
    return engine, facts


def serve(make):
    """Answers requests until stop. Engines print what they like: stdout is theirs as stderr, the protocol has its own."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(answer):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    sys.setrecursionlimit(10000)
    engine = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["type"] == "stop":
            break
        if request["type"] == "hello":
            engine, answer = answer_hello(make, request)
        elif engine is None:
            answer = {"error": {"stage": "run", "message": "run came before hello", "kind": "adapter"}}
        else:
            answer = run(engine, request, send)
        if "id" in request:
            answer["id"] = request["id"]
        send(answer)
    sys.stdout.flush()
    os._exit(0)  # engines with threads of their own take their time, or hang, when Python tears them down
