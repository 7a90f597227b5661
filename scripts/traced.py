"""Runs a program under strace, for tests of what it opens; no test by itself."""
import glob
import os
import re
import resource
import shutil
import subprocess
import tempfile

OPENED = re.compile(rb'(?:open|openat|openat2|creat)\((?:(?:AT_FDCWD|\d+)(?:<([^>]*)>)?, )?"((?:[^"\\]|\\.)*)"(?:\.\.\.)?.*?\) = (?:(\d+)<(.*)>|-1)')


def possible():
    """None, or why not."""
    if not shutil.which("strace"):
        return "no strace"
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        return "tracing is not allowed here"
    return None


def unescape(path):
    return path.decode("unicode_escape").encode("latin-1")


def opened(traces, cwd):
    """Every path that was opened or tried, absolute, processes without their numbers; where opening succeeded, links resolved."""
    paths = set()
    for trace in traces:
        with open(trace, "rb") as file:
            lines = file.read().splitlines()
        for line in lines:
            found = OPENED.search(line)
            if found:
                folder, tried, _, real = found.groups()
                base = unescape(folder) if folder else os.fsencode(cwd)
                paths.add(os.path.normpath(os.path.join(base, unescape(tried))))
                if real:
                    paths.add(os.path.normpath(unescape(real)))
    return {re.sub(rb"^/proc/\d+/", b"/proc/N/", path) for path in paths}


class Run:
    """A command, run in `folder`: code, complaint (lines of stderr), output, paths."""
    def __init__(self, folder, *command, timeout=60, environment=None):
        with tempfile.TemporaryDirectory() as beside:
            trace = os.path.join(beside, "trace")
            # A file for each thread: in one for all, a call that another cuts in two would be overlooked.
            strace = ["strace", "-ff", "-y", "-s", "4096", "-e", "trace=open,openat,openat2,creat", "-o", trace]
            done = subprocess.run([*strace, *command], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                                  env={**os.environ, **(environment or {})}, check=False)
            self.code = done.returncode
            self.complaint = done.stderr.decode(errors="replace").splitlines()
            self.output = done.stdout.decode(errors="replace")
            self.paths = opened(glob.glob(trace + ".*"), os.path.realpath(folder))

    def outside(self, folder, allowed):
        """What lies neither in the folder nor among the allowed paths."""
        inside = os.fsencode(os.path.realpath(folder))
        return sorted(path for path in self.paths - allowed if path != inside and not path.startswith(inside + b"/"))


def peak():
    """The MiB that the largest of all processes so far had in memory."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
