package adk_test

import (
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
)

// TestTheNetworkIsRefused in each of the ways to it, as an error of the operating system's kind, which code is ready for.
func TestTheNetworkIsRefused(t *testing.T) {
	t.Parallel()
	a := written(t, map[string]string{"functions/start_function.py": `import asyncio
import errno
import os
import socket
import subprocess
import threading
import urllib.request


def tcp():
    return socket.socket()


def udp():
    return socket.socket(type=socket.SOCK_DGRAM)


WAYS = [
    lambda: tcp().connect(("192.0.2.1", 80)),
    lambda: tcp().connect_ex(("192.0.2.1", 80)),
    lambda: tcp().bind(("0.0.0.0", 0)),
    lambda: tcp().bind(("127.0.0.1", 8080)),
    lambda: tcp().listen(),
    lambda: socket.create_server(("127.0.0.1", 0)),
    lambda: udp().sendto(b"x", ("192.0.2.1", 53)),
    lambda: udp().sendmsg([b"x"], [], 0, ("192.0.2.1", 53)),
    lambda: socket.create_connection(("192.0.2.1", 80)),
    lambda: socket.getaddrinfo("example.net", 80),
    lambda: socket.gethostbyname("example.net"),
    lambda: socket.gethostbyaddr("192.0.2.1"),
    lambda: socket.getnameinfo(("192.0.2.1", 80), 0),
    lambda: urllib.request.urlopen("http://192.0.2.1/"),
    lambda: asyncio.run(asyncio.open_connection("192.0.2.1", 80)),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: os.fork(),
]


async def alone():
    return await asyncio.sleep(0, "well")


def start_function(conv):
    conv.state.got = got = []
    for way in WAYS:
        try:
            way()
            got.append("let through")
        except OSError as e:
            e = getattr(e, "reason", e)
            got.append(errno.errorcode[e.errno] if str(e).endswith("(the simulator runs a function by itself)") else str(e))
    a, b = socket.socketpair()
    a.sendall(b"inside")
    a.sendmsg([b" of"])
    probe = socket.socket(socket.AF_INET)
    probe.bind(("127.0.0.1", 0))
    conv.state.harmless = [b.recv(9).decode(), asyncio.run(alone())]
`})
	c := talk(t, a, conversation.Default(), "c", "")
	step := c.Begin(t.Context())
	equal(t, "state", state(c), `{"got":[`+strings.TrimSuffix(strings.Repeat(`"ENETUNREACH",`, 15)+strings.Repeat(`"EPERM",`, 3), ",")+`],"harmless":["inside of","well"]}`)
	if step.Err != nil {
		t.Error(step.Err)
	}
	if n := len(step.Notes); n != 18 {
		t.Errorf("notes: want one for each, got %d: %v", n, noted(step.Notes))
	}
}

// TestTheNetworkIsAllowed where the configuration says so.
func TestTheNetworkIsAllowed(t *testing.T) {
	t.Parallel()
	a := written(t, map[string]string{"functions/start_function.py": `import socket


def start_function(conv):
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()[:2]) as caller:
            met, _ = server.accept()
            met.sendall(b"hello")
            met.close()
            conv.state.got = caller.recv(9).decode()
`}, func(o *adk.Options) { o.Network = "allowed" })
	c := talk(t, a, conversation.Default(), "c", "")
	c.Begin(t.Context())
	equal(t, "state", state(c), `{"got":"hello"}`)
}
