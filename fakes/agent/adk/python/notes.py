"""What the journal is told of a function: what it logged and printed, and what it wanted that is not here."""
import os
import sys

MOST, LONGEST = 100, 400  # notes of a function, characters of one

_root = ""
_notes, _left_out = [], 0
_told = set()  # refusals of the call: each is told once


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
    global _left_out
    if len(_notes) >= MOST:
        _left_out += 1
        return
    file, line = where or place(sys._getframe(1))
    text = str(text)
    _notes.append({"kind": kind, "text": text if len(text) <= LONGEST else text[:LONGEST - 1] + "…", "file": file, "line": line})


def once(kind, text):
    """Is note for what the call has not been told yet of this line."""
    where = place(sys._getframe(1))
    if (text, where) not in _told:
        _told.add((text, where))
        note(kind, text, where)


def take():
    """Returns what was noted since it was last asked."""
    global _notes, _left_out
    taken, left = _notes, _left_out
    _notes, _left_out = [], 0
    if left:
        taken.append({"kind": "note", "text": f"{left} more notes are left out", "file": "", "line": 0})
    return taken


class Printed:
    """Stands in for sys.stdout and sys.stderr: each line is a note."""

    encoding, errors, closed = "utf-8", "replace", False

    def __init__(self, kind):
        self.kind, self.rest = kind, ""

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.rest += text[:LONGEST] if len(text) > LONGEST and "\n" not in text else text
        *lines, self.rest = self.rest.split("\n")
        self.rest = self.rest[:LONGEST]
        for line in lines:
            if line.strip():
                note(self.kind, line)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True

    def readable(self):
        return False

    def fileno(self):
        return 1 if self.kind == "stdout" else 2
