"""What the simulator is told while the project's code works: what it logged and printed, and what it wanted that is not here. Each
note is sent when it is made, so that nothing is lost of a function that is ended."""
import io
import json
import os
import sys
import threading

MOST, LONGEST = 100, 400  # notes of a function, characters of one
MARK = b"\x00dnispool: a function has returned\x00\n"  # in what is written past Python, after all of the function's

_root = ""
_channel, _lock = None, threading.RLock()
_output = 1  # the descriptor that takes the mark
_made, _left_out = 0, 0
_told = set()  # refusals of the call: each is told once


def attach(channel, output):
    """Notes and answers go to this socket from now on, and marks to this descriptor."""
    global _channel, _lock, _output
    _channel, _lock, _output = channel, threading.RLock(), output  # a thread that was not forked may have held the lock


def send(message):
    """Sends a line."""
    with _lock:
        _channel.sendall(message + b"\n")


def of_project(root):
    """Places are told by their files in this folder."""
    global _root
    _root = root + os.sep


def place(frame=None, trace=None):
    """The innermost file and line of the project: of a frame and its callers, or of a traceback."""
    if trace is not None:
        found = None
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if name.startswith(_root):
                found = (name[len(_root):], trace.tb_lineno)
            trace = trace.tb_next
        return found or ("", 0)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_root):
            return name[len(_root):], frame.f_lineno
        frame = frame.f_back
    return "", 0


def note(kind, text, where=None):
    """Tells the journal something, with the line of the project that is at work."""
    global _made, _left_out
    if _made >= MOST:
        _left_out += 1
        return
    _made += 1
    file, line = where or place(sys._getframe(1))
    text = str(text)
    text = text if len(text) <= LONGEST else text[:LONGEST - 1] + "…"
    send(json.dumps({"note": {"kind": kind, "text": text, "file": file, "line": line}}).encode("ascii"))


def once(kind, text):
    """Is note for what the call has not been told yet of this line."""
    where = place(sys._getframe(1))
    if (text, where) not in _told:
        _told.add((text, where))
        note(kind, text, where)


def over():
    """Is called when a function has returned: tells what was left out, and reports whether a mark follows all that was written."""
    global _made, _left_out
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Printed):
            stream.flush()
    left, _made, _left_out = _left_out, 0, 0
    if left:
        note("note", f"{left} more notes are left out", ("", 0))
        _made = 0
    try:
        return os.write(_output, MARK) == len(MARK)
    except OSError:
        return False


class Printed(io.TextIOBase):
    """Stands in for sys.stdout and sys.stderr: each line is a note."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, kind):
        self.kind, self.rest, self.buffer = kind, "", Bytes(self)

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.rest += text[:LONGEST] if len(text) > LONGEST and "\n" not in text else text
        *lines, self.rest = self.rest.split("\n")
        self.rest = self.rest[:LONGEST]
        for line in lines:
            self._note(line)
        return len(text)

    def flush(self):
        line, self.rest = self.rest, ""
        self._note(line)

    def _note(self, line):
        if line.strip():
            note(self.kind, line)

    def reconfigure(self, **_settings):
        """Whatever is set, a line is told when it is whole or flushed."""

    def writable(self):
        return True

    def fileno(self):
        return 1 if self.kind == "stdout" else 2


class Bytes(io.RawIOBase):
    """Stands in for sys.stdout.buffer."""

    def __init__(self, printed):
        self._printed = printed

    def write(self, data):
        data = bytes(data)
        self._printed.write(data.decode("utf-8", "replace"))
        return len(data)

    def flush(self):
        self._printed.flush()

    def writable(self):
        return True

    def fileno(self):
        return self._printed.fileno()


def install():
    """Takes what is printed. Whoever keeps a stream from now on, as a handler of logging, has one of these."""
    sys.stdout = sys.__stdout__ = Printed("stdout")
    sys.stderr = sys.__stderr__ = Printed("stderr")
