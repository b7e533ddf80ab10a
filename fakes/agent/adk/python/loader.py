"""Finds a project's functions and imports the modules that hold them."""
import importlib
import os
import sys
import time
import types

from . import notes, outside

_project = {"root": "", "flows": []}


def know(root):
    """Has describe tell places below this folder, of a project that is read and may be loaded too."""
    _project["root"] = root


class NoFunction(Exception):
    """The project has no function of this name."""


def describe(error):
    """Returns an error as one line, and the file and line of the project where it was raised."""
    where = notes.place(trace=error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename and error.filename.startswith(_project["root"]):
        where = (os.path.relpath(error.filename, _project["root"]), error.lineno or 0)
    name = type(error).__name__
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:  # a class of the project's
        text = ""
    return {"error": f"{name}: {text}" if text else name, "file": where[0], "line": where[1]}


def load(project):
    """Imports every module of functions and flows; returns what could not be imported, and how long it took."""
    global _project
    _project = project
    root = project["root"]
    sys.path.insert(0, root)
    for name in ("functions", "flows"):
        if not os.path.exists(os.path.join(root, name, "__init__.py")):
            package = types.ModuleType(name)  # a package of this name that is installed must not come first
            package.__path__ = [os.path.join(root, name)]
            sys.modules[name] = package
    problems, began = [], time.perf_counter()
    outside.arm(True)
    for name in project["modules"]:
        try:
            importlib.import_module(name)
        except BaseException as e:  # of code that is not ours
            problems.append({"module": name, **describe(e)})
    outside.arm(False)
    return {"problems": problems, "took_ns": int((time.perf_counter() - began) * 1e9), "marked": notes.over()}


def function(path):
    """Returns the function that a module is named after, as functions.hang_up."""
    if path not in _project["modules"]:
        raise NoFunction(f"no function {path.rpartition('.')[2]!r}: want a file {path.replace('.', '/')}.py")
    module = importlib.import_module(path)
    name = path.rpartition(".")[2]
    found = getattr(module, name, None)
    if not callable(found):
        raise NoFunction(f"no function {name!r} in {path.replace('.', '/')}.py")
    return found


def flow(name):
    """Returns a flow by its name or its folder."""
    for candidate in _project["flows"]:
        if name in (candidate["name"], candidate["folder"]):
            return candidate
    return None


def of_flow(name, called):
    """Returns a function of a flow's."""
    found = flow(name)
    return function(f"flows.{found['folder'] if found else name}.functions.{called}")


def step(flow_name, step_name):
    """Returns the path of a flow's function step, None for a step without a function."""
    found = flow(flow_name)
    path = f"flows.{found['folder']}.function_steps.{step_name}" if found else ""
    return path if path in _project["modules"] else None
