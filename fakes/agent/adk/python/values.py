"""What of a conversation's state JSON can say."""
import json
import math

DEEPEST = 100


def plain(value, other, told, depth=0):
    """Returns the value as JSON can say it. What it cannot becomes text, or None where other is "null"; told hears of it."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        if value.bit_length() < 4096:
            return value
    elif kind is float:
        if math.isfinite(value):
            return value
    elif depth < DEEPEST:
        if isinstance(value, dict):
            return {_key(key, told): plain(item, other, told, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item, other, told, depth + 1) for item in value]
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            return plain(float(value), other, told, depth)
    told(kind.__name__)
    if other == "null":
        return None
    try:
        return str(value)[:1000] if depth < DEEPEST else "…"
    except Exception as e:  # a class of the project's
        return f"<{kind.__name__}: {type(e).__name__}>"


def _key(key, told):
    if isinstance(key, str):
        return key
    told(f"a key that is {type(key).__name__}")
    return str(key)


def text(value):
    """Returns plain JSON in one form."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
