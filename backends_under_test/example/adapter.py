#!/usr/bin/env python3
"""A complete Assay adapter: its engine can do nothing but copy the first input (the operator Identity)."""
import json, os, shutil, sys


def refuse(stage, message, kind=None):
    return {"error": {"stage": stage, "message": message, **({"kind": kind} if kind else {})}}


def hello(request):
    # A real adapter imports its engine here, and answers {"error": {...}} if that cannot run on this machine.
    return {"protocol": 1, "name": "example", "version": "1.0", "devices": ["cpu"],
            "unsupported": [{"dtype": "string", "reason": "this engine has no strings"}]}


def run(request):
    try:
        with open(request["model"], "rb") as file:
            model = file.read()
    except OSError as error:
        return refuse("load", str(error))
    if b"Identity" not in model:                       # a real adapter loads the model into its engine
        return refuse("load", "the only operator is Identity", "unsupported")
    if not request["inputs"]:
        return refuse("run", "needs an input")
    output = os.path.join(request["outputs_dir"], "output_0.pb")
    shutil.copyfile(request["inputs"][0], output)      # and writes a TensorProto for each output, in graph order
    return {"ok": True, "outputs": ["output_0.pb"]}


for line in sys.stdin:
    request = json.loads(line)
    if request["type"] == "stop":
        break
    answer = hello(request) if request["type"] == "hello" else run(request)
    if "id" in request:
        answer["id"] = request["id"]
    print(json.dumps(answer), flush=True)              # one line an answer; stdout carries nothing else
