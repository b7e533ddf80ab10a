from _gen import *  # <AUTO GENERATED>
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time


def recurse(n):
    return recurse(n + 1)


def start_function(conv: Conversation):
    do = conv.integration_attributes["do"]
    conv.state.did = do
    if do == "hang":
        while True:
            pass
    if do == "sleep":
        while True:
            time.sleep(60)
    if do == "fork":
        os.fork()
    if do == "shell":
        subprocess.run(["true"])
    if do == "fork behind our back":
        if ctypes.CDLL(None).fork() == 0:
            while True:
                time.monotonic()
    if do == "thread":
        threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()
    if do == "exit":
        sys.exit(7)
    if do == "exit at once":
        os._exit(7)
    if do == "print":
        for _ in range(100):
            print("a gigabyte" * 1_000_000)
    if do == "write":
        for _ in range(1000):
            os.write(1, b"a lot" * 10_000)
    if do == "recurse":
        recurse(0)
    if do == "recurse on":
        sys.setrecursionlimit(1 << 30)
        recurse(0)
    if do == "connect":
        socket.create_connection(("127.0.0.1", 9))
    if do == "memory":
        conv.state.big = "x" * (2 << 30)
    if do == "state":
        conv.state.big = "x" * (20 << 20)
    if do == "loop in state":
        conv.state.loop = [conv.state]
    if do == "end the host":
        os.kill(os.getppid(), signal.SIGKILL)
    if do == "break the line":
        os.closerange(3, 100)
