"""Keeps a project's code from the world outside of its call: a guard against accidents, not a jail."""
import sys

from . import notes

_NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_PROCESSES = ("os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen", "pty.spawn")

_armed = False
_network_allowed = False


class Refused(ConnectionError):
    """The simulator does not let a function do this."""


def _target(event, args):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg") and len(args) > 1:
        to = args[1]
        return ":".join(str(part) for part in to[:2]) if isinstance(to, tuple) else str(to)
    if event.startswith("socket.") and args:
        host = args[0].decode("ascii", "replace") if isinstance(args[0], bytes) else args[0]
        return f"{host}:{args[1]}" if event == "socket.getaddrinfo" and len(args) > 1 and args[1] else str(host)
    return ""


def _hook(event, args):
    if not _armed:
        return
    if event in _NETWORK and not _network_allowed:
        text = f"the network is refused: {event} {_target(event, args)}".rstrip()
    elif event in _PROCESSES:
        text = f"another process is refused: {event}"
    else:
        return
    notes.once("refused", text)
    raise Refused(text + " (the simulator runs a function by itself)")


def install(network):
    """Refuses the network, unless it is allowed, and other processes, from arm on."""
    global _network_allowed
    _network_allowed = network == "allowed"
    sys.addaudithook(_hook)


def arm(on):
    """Says whether it is the project's code that runs."""
    global _armed
    _armed = on
