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

An engine that compiles ahead of time has besides

        def compile(self, path): ...             # the object's bytes, and the text by which it is judged later
        def opinion(self, compatibility): ...    # raises Verdict if it cannot be for this engine, this version, this device
        def load_object(self, data, graph): ...  # as load, from an object's bytes, with the inputs and outputs that the region
                                                 # declares; raises Verdict or what the engine raises
        def signature(self, loaded): ...         # inputs by name, and a list of outputs, each (element type, dims or None); an
                                                 # unknown dim is None; None for what the engine does not tell

What load and run raise is the engine's refusal; AdapterFault says that the adapter, not the engine, is at fault.
"""
import json
import os
import sys
import time

import onnx

import tensors

MAX_MESSAGE = 2000


class AdapterFault(Exception):
    """The adapter cannot carry something that its engine may well be able to do."""


class Refusal(Exception):
    """A refusal that the adapter words itself: the engine's interface has no way to be asked."""


class Verdict(Exception):
    """What an engine says of a compiled object that it does not take; `verdict` as the protocol names it."""

    def __init__(self, verdict, message):
        super().__init__(message)
        self.verdict = verdict


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


def read_graph(path):
    try:
        return onnx.load(path, load_external_data=False).graph
    except Exception as error:
        raise AdapterFault(f"reading the model: {describe(error)}") from error


def read_inputs(graph, paths):
    try:
        weights = {initializer.name for initializer in graph.initializer}
        declared = list(graph.input)
        free = [value for value in declared if value.name not in weights]
        if len(paths) == len(free):  # before IR version 4 every initializer is listed as an input too
            declared = free
        inputs = {}
        for index, path in enumerate(paths):
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


def run(engine, request, objects, send):
    stage, timing = "load", {}
    try:
        begun = time.perf_counter()
        if "compiled" in request:
            loaded, graph = objects[request["compiled"]]
        else:
            via_object = request.get("options", {}).get("via") == "object"
            loaded = load_via_object(engine, request["model"]) if via_object else engine.load(request["model"])
            timing["load"] = time.perf_counter() - begun
            send({"id": request["id"], "loaded": True})
            stage = "run"
            graph = read_graph(request["model"])
        stage = "run"
        inputs = read_inputs(graph, request["inputs"])
        begun = time.perf_counter()
        outputs = engine.run(loaded, inputs)
        timing["run"] = time.perf_counter() - begun
        return {"ok": True, "outputs": write_outputs(outputs, request["outputs_dir"]), "timing": timing}
    except Exception as error:
        return refusal(engine, stage, error)


# ---- ahead of time ---------------------------------------------------------------------------------------------------


def judge_text(compatibility, own):
    """The opinion of an engine whose text is "key/version/device...": raises Verdict unless `compatibility` is `own` or says
    nothing. Another engine's text is not for it; one of its own for another version or device it cannot run."""
    if compatibility not in ("", own):
        verdict = "unsupported" if compatibility.split("/")[0] == own.split("/")[0] else "not applicable"
        raise Verdict(verdict, f"made for '{compatibility}', this is '{own}'")


def compile_model(engine, request, _objects, _send):
    try:
        begun = time.perf_counter()
        data, compatibility = engine.compile(request["model"])
        seconds = time.perf_counter() - begun
        with open(request["blob"], "wb") as file:
            file.write(data)
        return {"ok": True, "compatibility": compatibility, "timing": {"load": seconds}}
    except Exception as error:
        return refusal(engine, "load", error)


def check_value(own, info):
    """Element types are equal, and every dim that both know."""
    elem_type, dims = own
    tensor = info.type.tensor_type
    if elem_type != tensor.elem_type:
        raise Verdict("stale", f"{info.name} has another element type in the object than in the region")
    if dims is None or not tensor.HasField("shape"):
        return
    wanted = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
    if len(dims) != len(wanted) or any(None not in pair and pair[0] != pair[1] for pair in zip(dims, wanted)):
        raise Verdict("stale", f"{info.name} has the shape {dims} in the object, {wanted} in the region")


def check_signature(inputs, outputs, graph):
    """An object may lack inputs that nothing depends on; it may not want others."""
    declared = {info.name: info for info in graph.input}
    for name, own in (inputs or {}).items():
        if name not in declared:
            raise Verdict("stale", f"the object wants an input {name}, the region has none")
        check_value(own, declared[name])
    if outputs is not None and len(outputs) != len(graph.output):
        raise Verdict("stale", f"the object has {len(outputs)} outputs, the region {len(graph.output)}")
    for own, info in zip(outputs or [], graph.output):
        check_value(own, info)


def open_object(engine, data, compatibility, graph):
    """The loaded object and the seconds that loading took; Verdict if it is not usable."""
    engine.opinion(compatibility)
    begun = time.perf_counter()
    try:
        loaded = engine.load_object(data, graph)
    except Verdict:
        raise
    except Exception as error:
        raise Verdict("load failure", describe(error)) from error
    seconds = time.perf_counter() - begun
    check_signature(*engine.signature(loaded), graph)
    return loaded, seconds


def load_via_object(engine, path):
    """Option via=object: the model compiles to an object, and the object is what is loaded."""
    data, compatibility = engine.compile(path)
    try:
        return open_object(engine, data, compatibility, read_graph(path))[0]
    except Verdict as verdict:
        raise ValueError(f"its own object is {verdict.verdict}: {verdict}") from verdict


def load_compiled(engine, request, objects, _send):
    try:
        with open(request["blob"], "rb") as file:
            data = file.read()
        graph = read_graph(request["interface"])
        loaded, seconds = open_object(engine, data, request["compatibility"], graph)
        objects[request["name"]] = loaded, graph
        return {"ok": True, "verdict": "usable", "timing": {"load": seconds}}
    except Verdict as verdict:
        return {"ok": True, "verdict": verdict.verdict, "message": str(verdict)[:MAX_MESSAGE]}
    except Exception as error:
        return refusal(engine, "load", AdapterFault(describe(error)))


# ---- serving ---------------------------------------------------------------------------------------------------------

NO_SUCH_REQUEST = {"error": {"stage": "run", "message": "no such request", "kind": "adapter"}}
WORK = {"run": run, "compile": compile_model, "load_compiled": load_compiled}


def answer_hello(make, request):
    """The engine, or None, and the answer."""
    options = request.get("options", {})
    try:
        engine = make(options)
        ways = ["model", "object"] if hasattr(engine, "compile") else ["model"]
        if options.get("via", "model") not in ways:
            raise ValueError(f"option via is '{options['via']}', expected {' or '.join(ways)}")
    except Exception as error:
        return None, {"error": {"message": describe(error)}}
    facts = {"protocol": 1, "name": engine.name, "version": engine.version, "devices": engine.devices,
             "announces_load": True}
    if hasattr(engine, "compile"):
        facts["compiles"] = True
    return engine, facts


def serve(make):
    """Answers requests until stop. Engines print what they like: stdout is theirs as stderr, the protocol has its own."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(answer):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    sys.setrecursionlimit(10000)
    engine, objects = None, {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["type"] == "stop":
            break
        if request["type"] == "hello":
            engine, answer = answer_hello(make, request)
        elif engine is None:
            answer = {"error": {"stage": "run", "message": f"{request['type']} came before hello", "kind": "adapter"}}
        else:
            answer = WORK[request["type"]](engine, request, objects, send) if request["type"] in WORK else NO_SUCH_REQUEST.copy()
        if "id" in request:
            answer["id"] = request["id"]
        send(answer)
    sys.stdout.flush()
    os._exit(0)  # engines with threads of their own take their time, or hang, when Python tears them down
