#!/usr/bin/env python3
"""An adapter that copies its inputs to its outputs and misbehaves as its argument says. A fault strikes at the cases
whose path contains "fault"; every other case is answered well."""
import json, os, shutil, signal, subprocess, sys, time

fault = sys.argv[1]
runs = 0


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def answer(request, **fields):
    say(json.dumps({"id": request["id"], **fields}) + "\n")


def copy(request):
    shutil.copyfile(request["inputs"][0], os.path.join(request["outputs_dir"], "output_0.pb"))
    answer(request, ok=True, outputs=["output_0.pb"])


def varint_field(number, value):
    return bytes([number << 3, value])


def write(request, data):
    with open(os.path.join(request["outputs_dir"], "output_0.pb"), "wb") as file:
        file.write(data)
    answer(request, ok=True, outputs=["output_0.pb"])


def misbehave(request):
    folder = request["outputs_dir"]
    if fault == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif fault == "exit":
        sys.exit(0)
    elif fault == "hang":
        time.sleep(1000)
    elif fault == "hang_with_child":
        subprocess.Popen(["sleep", "987654"])
        time.sleep(1000)
    elif fault == "garbage":
        say("Hello, I am a banner\n")
    elif fault == "half_line":
        say('{"id": ')
        sys.exit(1)
    elif fault == "half_line_hang":
        say('{"id": ')
        time.sleep(1000)
    elif fault == "long_line":
        say("x" * (3 << 20))
        time.sleep(1000)
    elif fault == "wrong_id":
        request["id"] += 1000
        copy(request)
    elif fault == "no_id":
        say('{"ok": true, "outputs": []}\n')
    elif fault == "bad_stage":
        answer(request, error={"stage": "lunch", "message": "no"})
    elif fault == "adapter_kind":
        answer(request, error={"stage": "run", "message": "cannot carry it", "kind": "adapter"})
    elif fault == "huge_stderr":
        for _ in range(4096):
            sys.stderr.write("0123456789abcde\n" * 4096)  # 256 MiB in all
        sys.stderr.write("the end of the flood\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGABRT)
    elif fault == "missing_output":
        answer(request, ok=True, outputs=["output_0.pb"])
    elif fault == "too_many_outputs":
        shutil.copyfile(request["inputs"][0], os.path.join(folder, "a"))
        answer(request, ok=True, outputs=["a", "a"])
    elif fault == "link":
        os.symlink(request["inputs"][0], os.path.join(folder, "output_0.pb"))
        answer(request, ok=True, outputs=["output_0.pb"])
    elif fault == "escape":
        shutil.copyfile(request["inputs"][0], os.path.join(folder, "output_0.pb"))
        answer(request, ok=True, outputs=["../" + os.path.basename(folder) + "/output_0.pb"])
    elif fault == "not_a_tensor":
        write(request, b"\xff\xff\xff\xff")
    elif fault == "wrong_dtype":  # int32[3]
        write(request, varint_field(1, 3) + varint_field(2, 6) + bytes([9 << 3 | 2, 12]) + bytes(12))
    elif fault == "wrong_shape":  # float[4]
        write(request, varint_field(1, 4) + varint_field(2, 1) + bytes([9 << 3 | 2, 16]) + bytes(16))
    elif fault == "wrong_value":  # float[3] of zeros
        write(request, varint_field(1, 3) + varint_field(2, 1) + bytes([9 << 3 | 2, 12]) + bytes(12))
    elif fault == "memory":
        hoard = []
        try:
            while True:
                hoard.append(bytearray(1 << 24))
        except MemoryError:
            hoard.clear()
            answer(request, error={"stage": "run", "message": "out of memory"})
    elif fault == "big_file":
        with open(os.path.join(folder, "output_0.pb"), "wb") as file:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            file.truncate(1 << 40)
        answer(request, ok=True, outputs=["output_0.pb"])
    elif fault == "refuse":
        answer(request, error={"stage": "load", "message": "I would rather not"})
    elif fault == "victim":  # only the second and later cases of a process die
        if runs > 1:
            os.kill(os.getpid(), signal.SIGSEGV)
        copy(request)
    else:
        copy(request)


if fault == "silent_hello":
    time.sleep(1000)
if fault == "crash_hello":
    os.kill(os.getpid(), signal.SIGSEGV)
for line in sys.stdin:
    request = json.loads(line)
    if request["type"] == "hello":
        if fault == "not_here":
            say('{"error": {"message": "no such device"}}\n')
        else:
            say('{"protocol": 1, "name": "faulty", "version": "1", "devices": ["cpu"]}\n')
    elif request["type"] == "stop":
        break
    else:
        runs += 1
        with open(request["model"], "rb") as file:
            invalid = b"NoSuchOperator" in file.read()
        if invalid and fault != "accept":
            answer(request, error={"stage": "load", "message": "no operator NoSuchOperator"})
        elif fault == "slow":
            time.sleep(0.1)
            copy(request)
        elif "fault" in request["model"]:
            misbehave(request)
        else:
            copy(request)
