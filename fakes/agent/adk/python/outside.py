"""Keeps a project's code from the world outside of its call: a guard against accidents, not a jail."""
import errno
import socket
import sys

from . import notes, stub

_NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.getnameinfo",
            "socket.gethostbyname", "socket.gethostbyaddr")
_PROCESSES = ("os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen", "pty.spawn")
_LISTEN = "socket.listen"  # Python has no audit event for it

_armed = False
_network_allowed = False
_secrets = {}


class Refused(ConnectionError):
    """The simulator does not let a function do this."""

    def __str__(self):
        return self.strerror


def _target(event, args):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg") and len(args) > 1:
        to = args[1]
        return ":".join(str(part) for part in to[:2]) if isinstance(to, tuple) else str(to)
    if event == "socket.getnameinfo" and args:
        return ":".join(str(part) for part in args[0][:2])
    if event.startswith("socket.") and args:
        host = args[0].decode("ascii", "replace") if isinstance(args[0], bytes) else args[0]
        return f"{host}:{args[1]}" if event == "socket.getaddrinfo" and len(args) > 1 and args[1] else str(host)
    return ""


def _harmless(event, args):
    """Reports whether nothing comes of it: libraries find out by a socket of their own whether a machine has IPv6, and what is
    sent without an address goes where connect was let."""
    if event == "socket.bind":
        return args[1][:2] in (("::1", 0), ("127.0.0.1", 0))
    return event == "socket.sendmsg" and args[1] is None


def _hook(event, args):
    if not _armed:
        return
    if event in _NETWORK:
        if not _network_allowed and not _harmless(event, args):
            _refuse(errno.ENETUNREACH, f"the network is refused: {event} {_target(event, args)}")
    elif event in _PROCESSES:
        _refuse(errno.EPERM, f"another process is refused: {event}")


def _refuse(number, text):
    text = text.rstrip()
    notes.once("refused", text)
    raise Refused(number, text + " (the simulator runs a function by itself)")


def _listen(self, *args):
    if _armed and not _network_allowed and self.family != getattr(socket, "AF_UNIX", None):
        _refuse(errno.ENETUNREACH, f"the network is refused: {_LISTEN}")
    return super(socket.socket, self).listen(*args)


def secret(secret_name):
    """Returns a secret of the fixtures: a text, or a dict."""
    if secret_name not in _secrets:
        notes.once("refused", f"no secret {secret_name!r} among the fixtures")
        raise stub.SecretNotFound(secret_name)
    return _secrets[secret_name]


def install(network, secrets):
    """Refuses the network, unless it is allowed, and other processes, from arm on."""
    global _network_allowed, _secrets
    _network_allowed, _secrets = network == "allowed", secrets
    socket.socket.listen = _listen
    sys.addaudithook(_hook)


def arm(on):
    """Says whether it is the project's code that runs."""
    global _armed
    _armed = on
