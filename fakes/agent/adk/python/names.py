"""The names that a project has from _gen or imports, and the modules that are there on the platform alone."""
import sys
import types

from . import notes


class NotSupported(NotImplementedError):
    """The simulator does not have this."""


def refuse(what):
    """Raises that the simulator does not have this, and tells the journal once."""
    text = "not supported: " + what
    notes.once("refused", text)
    raise NotSupported(text)


def _decorator(*args, **_kwargs):
    """Is @func_latency_control(…), and @func_latency_control by itself."""
    return args[0] if len(args) == 1 and callable(args[0]) else lambda function: function


class Logger:
    """What is logged goes to the journal."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(f"{self._name}.{name}")


def _logs(level):
    def log(_self, message="", *args, **fields):
        text = str(message)
        if args:
            try:
                text %= args
            except (TypeError, ValueError):
                text = " ".join([text, *map(str, args)])
        notes.note(level, " ".join([text, *(f"{key}={value}" for key, value in fields.items() if key not in ("exc_info", "is_pii"))]))
    return log


class Log(Logger):
    """conv.log."""


class Plog(Logger):
    """The module plog, of which no stub is published."""


for _level in ("info", "warning", "error"):
    setattr(Log, _level, _logs(_level))
for _level in ("debug", "info", "warning", "warn", "error", "exception", "critical"):
    setattr(Plog, _level, _logs(_level))


def install(exported):
    """Makes _gen, imports and plog importable; exported is what the first two have besides decorators."""
    exported = {**exported, **{name: _decorator for name in ("func_description", "func_parameter", "func_latency_control")}}
    for name in ("_gen", "imports"):
        module = types.ModuleType(name)
        module.__dict__.update(exported)
        module.__all__ = list(exported)
        module.__path__ = []  # what lies below a folder of this name is not looked at
        sys.modules[name] = module
    plog, log = types.ModuleType("plog"), Plog("plog")
    plog.__getattr__ = lambda name: getattr(log, name)
    sys.modules["plog"] = plog
