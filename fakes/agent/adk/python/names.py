"""The names that a project has from _gen or imports, and the modules that are there on the platform alone."""
import sys
import types

from . import notes


class MissingHandoff(Exception):
    """There is no handoff of this name in config/handoffs.yaml."""

    def __init__(self, destination=""):
        super().__init__(f"no handoff {destination!r} is configured")
        self.destination = destination


class MissingTemplate(Exception):
    pass


class SecretNotFound(Exception):
    pass


class MissingAccess(Exception):
    pass


class InvalidInput(Exception):
    pass


class SMSClientFailure(Exception):
    pass


class NotSupported(NotImplementedError):
    """The simulator does not have this."""


def refuse(what):
    """Raises that the simulator does not have this, and tells the journal once."""
    text = "not supported: " + what
    notes.once("refused", text)
    raise NotSupported(text)


class _Words(type):
    """Any word of a class that is inert here is its own name, as Emotion.HAPPY."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return name


class _Inert(metaclass=_Words):
    def __init__(self, *args, **kwargs):
        self.__dict__.update(kwargs)


def _decorator(*args, **_kwargs):
    """Is @func_latency_control(…), and @func_latency_control by itself."""
    return args[0] if len(args) == 1 and callable(args[0]) else lambda function: function


_VOICES = ("ElevenLabsVoice", "CustomVoice", "TTSVoice", "RimeVoice", "PlayHTVoice", "CartesiaVoice", "MinimaxVoice", "HumeVoice",
           "GoogleVoice", "Emotion", "EmotionKind", "EmotionIntensity", "VoiceWeighting")
_EXCEPTIONS = (MissingHandoff, MissingTemplate, SecretNotFound, MissingAccess, InvalidInput, SMSClientFailure)
_LEVELS = ("debug", "info", "warning", "warn", "error", "exception", "critical")


class Log:
    """conv.log and plog: what is logged goes to the journal."""


def _logs(level):
    def log(_self, message="", *args, **fields):
        text = str(message)
        if args:
            try:
                text %= args
            except (TypeError, ValueError):
                text = " ".join([text, *map(str, args)])
        notes.note(level, " ".join([text, *(f"{key}={value}" for key, value in fields.items() if key != "exc_info")]))
    return log


for _level in _LEVELS:
    setattr(Log, _level, _logs(_level))


def install(classes):
    """Makes _gen, imports and plog importable; classes are those of the conversation."""
    exported = {cls.__name__: cls for cls in (*classes, *_EXCEPTIONS)}
    exported.update({name: _Words(name, (_Inert,), {}) for name in _VOICES})
    exported.update({name: _decorator for name in ("func_description", "func_parameter", "func_latency_control")})
    for name in ("_gen", "imports"):
        module = types.ModuleType(name)
        module.__dict__.update(exported)
        module.__all__ = list(exported)
        module.__path__ = []  # what lies below a folder of this name is not looked at
        sys.modules[name] = module
    plog = types.ModuleType("plog")
    log = Log()
    for level in _LEVELS:
        setattr(plog, level, getattr(log, level))
    sys.modules["plog"] = plog
    return exported
