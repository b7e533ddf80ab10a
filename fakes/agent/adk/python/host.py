"""The warm process: it has a project imported, and forks for each call. It is told what to do over descriptor 3."""
import fcntl
import gc
import json
import os
import resource
import signal
import socket
import sys
import traceback

from . import absent, call, clock, conversation, loader, names, notes, outside, reading, stub

CONTROL, MARKS = 3, 200  # descriptors; the second is the least that it may be
MEMORY, FILE, CPU, DESCRIPTORS = 1 << 30, 64 << 20, 300, 256  # limits of a call: bytes, bytes, seconds, number


def main():
    control = socket.socket(fileno=CONTROL)
    clock.install()
    names.install({**stub.exported(), **conversation.exported()})
    notes.attach(control, 1)
    notes.install()
    try:
        Host(control).serve()
    except BaseException:
        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
        raise SystemExit(1)


class Host:
    def __init__(self, control):
        self.control, self.project, self.calls = control, None, set()

    def serve(self):
        """Does what it is told, one thing at a time, until the simulator is gone; then ends every call that is left."""
        while True:
            data, descriptors, _, _ = socket.recv_fds(self.control, 1 << 20, 2)
            if not data:
                break
            while not data.endswith(b"\n"):
                data += self.control.recv(1 << 20)
            self.answer(self.do(json.loads(data), descriptors))
        for pid in list(self.calls):
            self.end(pid)

    def answer(self, message):
        notes.send(json.dumps(message).encode("ascii"))

    def do(self, message, descriptors):
        if "load" in message:
            self.project = message["load"]
            notes.of_project(self.project["root"])
            outside.install(self.project["network"], self.project["secrets"])
            absent.install(self.project)
            loaded = loader.load(self.project)
            gc.collect()
            gc.freeze()  # what is loaded is shared with every call and not looked at again
            return loaded
        if "read" in message:
            return reading.read(message["read"])
        if "end" in message:
            return {"how": self.end(message["end"])}
        return {"pid": self.fork(*descriptors)}

    def fork(self, channel, output):
        pid = os.fork()
        if pid == 0:
            self.child(channel, output)
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass  # it has done so itself, or is gone
        os.close(channel)
        os.close(output)
        self.calls.add(pid)
        return pid

    def child(self, channel, output):
        """Is the call's process; it does not return."""
        try:
            os.setpgid(0, 0)
            self.control.close()
            os.dup2(output, 1)
            os.dup2(output, 2)
            marks = fcntl.fcntl(output, fcntl.F_DUPFD_CLOEXEC, MARKS)
            os.close(output)
            for kind, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, FILE), (resource.RLIMIT_CPU, CPU),
                               (resource.RLIMIT_NOFILE, DESCRIPTORS), (resource.RLIMIT_AS, MEMORY)):
                limit(kind, most)
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error, as on a full disk
            channel = socket.socket(fileno=channel)
            notes.attach(channel, marks)
            call.serve(channel, self.project)
        except BaseException:
            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
        finally:
            os._exit(1)

    def end(self, pid):
        """Ends a call's process with all that it has started, and says how it ended."""
        if pid not in self.calls:
            return ""  # it has been ended, and the number may be another's
        self.calls.discard(pid)
        try:
            os.killpg(pid, signal.SIGKILL)
        except OSError:
            pass
        try:
            _, status = os.waitpid(pid, 0)
        except ChildProcessError:
            return ""
        return how(status)


def how(status):
    """Says how a process has ended."""
    if os.WIFSIGNALED(status):
        try:
            return signal.Signals(os.WTERMSIG(status)).name
        except ValueError:
            return f"signal {os.WTERMSIG(status)}"
    return f"exit status {os.WEXITSTATUS(status)}"


def limit(kind, most):
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(kind, (most, hard))
    except (OSError, ValueError):
        pass  # a system that does not know this limit
