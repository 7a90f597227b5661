#!/usr/bin/env python3
"""An adapter that copies its inputs to its outputs and misbehaves as it is told. Its engine knows Identity alone.

Options (or, for `fault`, the first argument):
    fault=NAME      one of FAULTS below, or "none"
    at=TEXT         where a fault of a case strikes: at cases whose model's path contains TEXT ("fault")
    seconds=N       how long children live that are left behind (100000)
    queues=yes      says that it takes the next case before it has answered the last, and marks its stderr
    NAME_every=N    that fault strikes at every N-th case: those whose folder's name ends in a multiple of N

A fault of the process (hello, stop) strikes always. runner/tests/faults.c says which verdict each must get."""
import json
import mmap
import os
import re
import shutil
import signal
import subprocess
import sys
import time

FOREVER = 100000
ESCAPES = "\x1b[2Jboo\n  good  forged"
options = {"fault": sys.argv[1] if len(sys.argv) > 1 else "none"}
runs = 0


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def answer(request, **fields):
    say(json.dumps({"id": request["id"], **fields}) + "\n")


def output(request, name="output_0.pb"):
    return os.path.join(request["outputs_dir"], name)


def copy(request):
    shutil.copyfile(request["inputs"][0], output(request))
    answer(request, ok=True, outputs=["output_0.pb"])


def announce(request):
    answer(request, loaded=True)


def die(*_):
    os.kill(os.getpid(), signal.SIGSEGV)


def hang(*_):
    time.sleep(FOREVER)


def tensor(dims, elem_type, raw):
    """A serialised TensorProto: fields 1 (dims), 2 (data_type), 9 (raw_data)."""
    return bytes([1 << 3, dims, 2 << 3, elem_type, 9 << 3 | 2, len(raw)]) + raw


def write(request, data):
    with open(output(request), "wb") as file:
        file.write(data)
    answer(request, ok=True, outputs=["output_0.pb"])


# ---- faults of a case ------------------------------------------------------------------------------------------------


def crash_run(request):
    with open(output(request), "wb") as file:
        file.write(b"\x08\x03")  # half of an output is there when it dies
    die()


def exit_0(request):
    os._exit(0)


def exit_after(request):
    """A good answer, then an end that says otherwise."""
    copy(request)
    os._exit(3)


def crash_after(request):
    copy(request)
    die()


def hang_with_child(request):
    subprocess.Popen(["sleep", options.get("seconds", str(FOREVER))])
    hang()


def leave_child(request):
    subprocess.Popen(["sleep", options.get("seconds", str(FOREVER))], stdin=subprocess.DEVNULL)
    copy(request)


def leave_daemon(request):
    subprocess.Popen(["sleep", options.get("seconds", str(FOREVER))], stdin=subprocess.DEVNULL, start_new_session=True)
    copy(request)


def leave_grandchildren(request):
    """Children whose parent is gone: one in the group, one that left it."""
    seconds = options.get("seconds", str(FOREVER))
    subprocess.run(["sh", "-c", f"sleep {seconds} & setsid sleep {seconds} &"], stdin=subprocess.DEVNULL, check=True)
    copy(request)


def garbage(request):
    say("Hello, I am a banner\n")


def half_line(request):
    say('{"id": ')
    sys.exit(1)


def half_line_crash(request):
    say('{"id": ')
    die()


def half_line_hang(request):
    say('{"id": ')
    hang()


def long_line(request):
    say("x" * (3 << 20))
    hang()


def wrong_id(request):
    copy({**request, "id": request["id"] + 1000})


def no_id(request):
    say('{"ok": true, "outputs": []}\n')


def twice(request):
    shutil.copyfile(request["inputs"][0], output(request))
    line = json.dumps({"id": request["id"], "ok": True, "outputs": ["output_0.pb"]}) + "\n"
    say(line + line)


def announce_twice(request):
    announce(request)
    copy(request)


def load_after_all(request):
    answer(request, error={"stage": "load", "message": "I never loaded it"})


def bad_stage(request):
    answer(request, error={"stage": "lunch", "message": "no"})


def bad_kind(request):
    answer(request, error={"stage": "load", "message": "no", "kind": "lazy"})


def both(request):
    shutil.copyfile(request["inputs"][0], output(request))
    answer(request, ok=True, outputs=["output_0.pb"], error={"stage": "run", "message": "no"})


def adapter_kind(request):
    answer(request, error={"stage": "run", "message": "cannot carry it", "kind": "adapter"})


def refuse(request):
    answer(request, error={"stage": "load", "message": "I would rather not"})


def escapes(request):
    """Words that would clear a terminal and forge a row of a table."""
    answer(request, error={"stage": "run", "message": ESCAPES})


def slow_load(request):
    time.sleep(3)
    announce(request)
    copy(request)


def complain(request):
    sys.stderr.write(f"I do not like {os.path.basename(os.path.dirname(request['model']))}\n")
    sys.stderr.flush()
    wrong_value(request)


def huge_stderr(request):
    for _ in range(16384):
        sys.stderr.write("0123456789abcde\n" * 4096)  # 1 GiB in all
    sys.stderr.write("the end of the flood\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGABRT)


def missing_output(request):
    answer(request, ok=True, outputs=["output_0.pb"])


def no_outputs(request):
    answer(request, ok=True, outputs=[])


def too_many_outputs(request):
    shutil.copyfile(request["inputs"][0], output(request, "a"))
    answer(request, ok=True, outputs=["a", "a"])


def unnamed_files(request):
    """More than the answer names: files, folders, and what is hard to remove."""
    folder = output(request, "folder/folder")
    os.makedirs(folder)
    shutil.copyfile(request["inputs"][0], os.path.join(folder, "output_0.pb"))
    shutil.copyfile(request["inputs"][0], output(request, "output_1.pb"))
    os.symlink("/", output(request, "root"))
    os.chmod(folder, 0)
    copy(request)


def hard_link(request):
    os.link(request["inputs"][0].replace("input_0", "output_0"), output(request))
    answer(request, ok=True, outputs=["output_0.pb"])


def link(request):
    os.symlink(request["inputs"][0], output(request))
    answer(request, ok=True, outputs=["output_0.pb"])


def link_to_device(request):
    os.symlink("/dev/zero", output(request))
    answer(request, ok=True, outputs=["output_0.pb"])


def pipe(request):
    os.mkfifo(output(request))
    answer(request, ok=True, outputs=["output_0.pb"])


def absolute(request):
    answer(request, ok=True, outputs=[request["inputs"][0]])


def escape(request):
    shutil.copyfile(request["inputs"][0], output(request))
    answer(request, ok=True, outputs=["../" + os.path.basename(request["outputs_dir"]) + "/output_0.pb"])


def not_a_tensor(request):
    write(request, b"\xff\xff\xff\xff")


def truncated(request):
    with open(request["inputs"][0], "rb") as file:
        whole = file.read()
    write(request, whole[:len(whole) // 2])


def short_data(request):
    """A whole message, but fewer bytes of data than its shape needs."""
    write(request, tensor(3, 1, bytes(8)))


def wrong_dtype(request):
    write(request, tensor(3, 6, bytes(12)))  # int32[3]


def wrong_shape(request):
    write(request, tensor(4, 1, bytes(16)))  # float[4]


def wrong_value(request):
    write(request, tensor(3, 1, bytes(12)))  # float[3] of zeros


def nan_filled(request):
    write(request, tensor(3, 1, b"\x00\x00\xc0\x7f" * 3))


def memory(request):
    hoard = []
    try:
        while True:
            hoard.append(bytearray(1 << 24))
    except MemoryError:
        hoard.clear()
        answer(request, error={"stage": "run", "message": "out of memory"})


def memory_shared(request):
    """Memory that the limit on private memory does not know."""
    hoard = []
    while True:
        hoard.append(mmap.mmap(-1, 1 << 24))
        hoard[-1].write(b"x" * (1 << 24))


def memory_of_children(request):
    """Each child keeps to the limit of a process; all together do not."""
    for _ in range(4):
        if os.fork() == 0:
            hoard = b"x" * (100 << 20)
            time.sleep(FOREVER + hoard[0])
    hang()


def big_file(request):
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    with open(output(request), "wb") as file:
        file.truncate(1 << 40)
    answer(request, ok=True, outputs=["output_0.pb"])


def rewrite_expected(request):
    """A wrong answer, and the corpus made to agree with it."""
    expected = request["inputs"][0].replace("input_0", "output_0")
    with open(expected, "wb") as file:
        file.write(tensor(3, 1, bytes(12)))
    wrong_value(request)


def add_bounds(request):
    """A wrong answer, and bounds that allow it laid beside the expected values."""
    folder = os.path.dirname(request["inputs"][0])
    for name, byte in (("lower_0.pb", b"\xff\xff\x7f\xff"), ("upper_0.pb", b"\xff\xff\x7f\x7f")):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(tensor(3, 1, byte * 3))
    wrong_value(request)


def add_to_case(request):
    with open(os.path.join(os.path.dirname(request["model"]), "notes.txt"), "w", encoding="utf-8") as file:
        file.write("I was here\n")
    copy(request)


def remove_expected(request):
    os.unlink(request["inputs"][0].replace("input_0", "output_0"))
    copy(request)


def moody(request):
    """Every other answer of the whole run is wrong; the file that `mood` names remembers."""
    bad = os.path.exists(options["mood"])
    if bad:
        os.unlink(options["mood"])
        wrong_value(request)
    else:
        with open(options["mood"], "w", encoding="utf-8"):
            copy(request)


def victim(request):
    """Dies in the second and later cases of a process only."""
    if runs > 1:
        die()
    copy(request)


def by_name(*functions):
    return {function.__name__: function for function in functions}


# Before the model is announced as loaded, and after it.
LOAD_FAULTS = {"crash_load": die, "hang_load": hang, "unannounced": copy, **by_name(refuse, slow_load)}
FAULTS = {
    "none": copy, "hang_run": hang,
    **by_name(crash_run, crash_after, exit_0, exit_after, hang_with_child, leave_child, leave_daemon, leave_grandchildren,
              garbage, half_line, half_line_crash, half_line_hang, long_line, wrong_id, no_id, twice, announce_twice, load_after_all, bad_stage,
              bad_kind, both, adapter_kind, complain, huge_stderr, missing_output, no_outputs, too_many_outputs, unnamed_files, hard_link, link,
              link_to_device, pipe, absolute, escape, not_a_tensor, truncated, short_data, wrong_dtype, wrong_shape,
              wrong_value, nan_filled, memory, memory_shared, memory_of_children, big_file, rewrite_expected, add_bounds,
              add_to_case, remove_expected, moody, victim, escapes),
}
# Faults of the process; "slow", "accept" and "accept_hang" are of every case.
PROCESS_FAULTS = {"start_hang", "start_crash", "hello_crash", "hello_hang", "hello_twice", "hello_escapes", "not_here", "stop_crash", "stop_status",
                  "stop_ignored", "slow", "accept", "accept_hang"}

# ---- serving ---------------------------------------------------------------------------------------------------------


def fault_of(request):
    case = os.path.basename(os.path.dirname(request["model"]))
    number = re.search(r"(\d+)$", case)
    for key, value in options.items():
        if key.endswith("_every") and number and int(number.group(1)) % int(value) == 0:
            return key[:-len("_every")]
    return options["fault"] if options.get("at", "fault") in request["model"] else "none"


def hello(request):
    options.update(request["options"])
    fault = options["fault"]
    if fault not in LOAD_FAULTS and fault not in FAULTS and fault not in PROCESS_FAULTS:
        say(json.dumps({"error": {"message": f"no such fault: {fault}"}}) + "\n")
    elif fault == "not_here":
        say('{"error": {"message": "no such device"}}\n')
    elif fault == "hello_crash":
        die()
    elif fault == "hello_hang":
        hang()
    else:
        text = ESCAPES if fault == "hello_escapes" else ""
        say(json.dumps({"protocol": 1, "name": "faulty" + text, "version": "1" + text, "devices": ["cpu" + text],
                        "unsupported": [{"op": "Foo", "reason": "lacks it" + text}],
                        "announces_load": True, "queues": "queues" in options}) + "\n")
        if fault == "hello_twice":
            say('{"ready": true}\n')


def run(request):
    try:
        with open(request["model"], "rb") as file:
            model = file.read()
    except OSError as error:
        answer(request, error={"stage": "load", "message": str(error)})
        return
    if options["fault"] == "accept_hang":
        hang()
    if b"Identity" not in model and options["fault"] != "accept":
        answer(request, error={"stage": "load", "message": "the only operator is Identity", "kind": "unsupported"})
        return
    if options["fault"] == "slow":
        time.sleep(0.1)
    fault = fault_of(request)
    if fault in LOAD_FAULTS:
        LOAD_FAULTS[fault](request)
        return
    announce(request)
    FAULTS.get(fault, copy)(request)


def stop():
    fault = options["fault"]
    if fault == "stop_crash":
        die()
    elif fault == "stop_status":
        sys.exit(3)
    elif fault == "stop_ignored":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        hang()
    sys.exit(0)


if options["fault"] == "start_hang":
    hang()
if options["fault"] == "start_crash":
    die()
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "hello":
        hello(message)
    elif message["type"] == "stop":
        stop()
    else:
        runs += 1
        if "queues" in options:
            sys.stderr.write("\x1e%d\n" % message["id"])
            sys.stderr.flush()
        run(message)
