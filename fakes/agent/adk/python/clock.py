"""The time that functions see: the simulator's. It stands still while a function works and passes while one sleeps."""
import datetime as _datetime
import time as _time

_real_datetime, _real_date = _datetime.datetime, _datetime.date
_real = {name: getattr(_time, name) for name in (
    "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime", "gmtime", "ctime", "strftime")}
_SECOND = 1_000_000_000

_base = None  # nanoseconds since 1970 when the function began; None: the machine's time
_slept = 0  # nanoseconds, of the function
_ever_slept = 0  # nanoseconds, of the call: what is monotonic must not go back
_limit = None  # nanoseconds that a function may sleep


class Overdue(BaseException):
    """A function has slept longer than it may take. It is no Exception: a retry loop must not catch it."""


def begin(now, limit):
    """A function begins at this moment of the simulator's, in nanoseconds, and may take so long."""
    global _base, _slept, _limit
    _base, _slept, _limit = now, 0, limit


def slept():
    """How long the function has slept, in nanoseconds."""
    return _slept


def _sleep(seconds):
    global _slept, _ever_slept
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    took = int(seconds * _SECOND)
    _slept += took
    _ever_slept += took
    if _limit is not None and _slept > _limit:
        raise Overdue()


def _time_ns():
    return _real["time_ns"]() if _base is None else _base + _slept


def _seconds():
    return _time_ns() / _SECOND


def _moment(cls, tz=None):
    seconds, rest = divmod(_time_ns(), _SECOND)
    return cls.fromtimestamp(seconds, tz).replace(microsecond=rest // 1000)


class _Kind(type):
    """What the machine's own classes made is also of the classes that stand for them."""

    def __instancecheck__(cls, value):
        return isinstance(value, cls._stands_for) if "_stands_for" in cls.__dict__ else type.__instancecheck__(cls, value)

    def __subclasscheck__(cls, other):
        return issubclass(other, cls._stands_for) if "_stands_for" in cls.__dict__ else type.__subclasscheck__(cls, other)


class datetime(_real_datetime, metaclass=_Kind):
    _stands_for = _real_datetime

    @classmethod
    def now(cls, tz=None):
        return _moment(cls, tz)

    @classmethod
    def utcnow(cls):
        return _moment(cls, _datetime.timezone.utc).replace(tzinfo=None)

    @classmethod
    def today(cls):
        return _moment(cls)


class date(_real_date, metaclass=_Kind):
    _stands_for = _real_date

    @classmethod
    def today(cls):
        return cls.fromtimestamp(_seconds())


def _with_default(name, position):
    def function(*args):
        if len(args) == position or args[position] is None:
            args = args[:position] + (_real["localtime"](_seconds()) if name == "strftime" else _seconds(),)
        return _real[name](*args)
    return function


def install():
    """Puts this time in the place of the machine's. Modules that are imported later see it."""
    for cls in (datetime, date):
        cls.__module__, cls.__qualname__ = "datetime", cls.__name__
        setattr(_datetime, cls.__name__, cls)
    _time.sleep, _time.time, _time.time_ns = _sleep, _seconds, _time_ns
    for name in ("monotonic", "perf_counter"):
        setattr(_time, name, lambda real=_real[name]: real() + _ever_slept / _SECOND)
        setattr(_time, name + "_ns", lambda real=_real[name + "_ns"]: real() + _ever_slept)
    for name, position in (("localtime", 0), ("gmtime", 0), ("ctime", 0), ("strftime", 1)):
        setattr(_time, name, _with_default(name, position))
