"""Takes one caller through a DNIs Pool: reserve, dial, ask for the handoff, put through. Calls are placed by SIPp."""

import http.client
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

BASE_URL = os.environ["BASE_URL"].rstrip("/")
SIP_PEER = os.environ["SIP_PEER"]
ANI = os.environ.get("CALLER_ANI", "anonymous")
MISTAKE = os.environ.get("MISTAKE", "")

FALLBACK = os.environ.get("FALLBACK_QUEUE", "fallback")  # for callers who get no number
DEFAULT = os.environ.get("DEFAULT_QUEUE", "default")  # for callers of whom the agent's wish is not known
# Seconds. A caller does not wait longer for a number, and has somebody within 15 s; a busy machine takes some of that itself.
RESERVE_WITHIN = 9
ASK_FOR, ASK_EVERY, REPLY_WITHIN = 20, 0.5, 9
# SIPp takes two ports for media, from 6000 on, where many callers at once find none: each has others. It exits with 254 where
# one is taken, and has sent nothing then.
MEDIA_PORTS = [10000 + (os.getpid() * 4 + n * 1236) % 20000 for n in range(10)]
TAKEN = 254

INVITE = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="call">
  <send retrans="500"><![CDATA[
      INVITE sip:%(user)s@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
      From: <sip:%(ani)s@[local_ip]:[local_port]>;tag=%(tag)s
      To: <sip:%(user)s@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:ivr@[local_ip]:[local_port]>
      Max-Forwards: 70
      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=ivr 1 1 IN IP4 [local_ip]
      s=-
      c=IN IP4 [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 0
      a=rtpmap:0 PCMU/8000
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[
      ACK [next_url] SIP/2.0
      Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
      From: <sip:%(ani)s@[local_ip]:[local_port]>;tag=%(tag)s
      To: <sip:%(user)s@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  %(end)s
</scenario>
"""

UNTIL_BYE = """<recv request="BYE"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>"""

HANG_UP = """<pause milliseconds="100"/>
  <send retrans="500"><![CDATA[
      BYE [next_url] SIP/2.0
      Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
      From: <sip:%(ani)s@[local_ip]:[local_port]>;tag=%(tag)s
      To: <sip:%(user)s@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 2 BYE
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <recv response="200"/>"""


def call(user, end):
    """Places a call and reports whether it was answered and ended as planned."""
    names = {"user": urllib.parse.quote(user, safe="+"), "ani": ANI, "tag": uuid.uuid4().hex[:8]}
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "call.xml")
        with open(path, "w", encoding="ascii") as file:
            file.write(INVITE % {**names, "end": end % names})
        sipp = ["sipp", "-sf", path, "-m", "1", "-i", "127.0.0.1", "-nostdin", "-recv_timeout", "25000", SIP_PEER]
        for port in MEDIA_PORTS:
            code = subprocess.run(
                [*sipp, "-mp", str(port)], cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ).returncode
            if code != TAKEN:
                break
        return code == 0


def put_through(queue):
    call(queue, HANG_UP)


def reserve(shared_id):
    """The number for a caller; None when there is none to be had."""
    body = json.dumps({"attributes": {"shared_id": shared_id, "ani": ANI}}).encode()
    headers = {"X-Api-Key": os.environ["DNI_KEY"], "Content-Type": "application/json"}
    request = urllib.request.Request(BASE_URL + "/v1/conversations/dni-reservation", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=RESERVE_WITHIN) as reply:
            dni = json.load(reply)["dni"]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return None
    return dni if isinstance(dni, str) and re.fullmatch(r"\+[0-9]+", dni) else None


def wish(shared_id):
    """The queue that the agent names, None when it names none. LookupError when nobody can say."""
    path = "/v1/%s/%s/handoff_state?shared_id=%s" % (os.environ["ACCOUNT_ID"], os.environ["PROJECT_ID"], urllib.parse.quote(shared_id, safe=""))
    request = urllib.request.Request(BASE_URL + path, headers={"X-Api-Key": os.environ["HANDOFF_KEY"]})
    until = time.monotonic() + ASK_FOR
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(request, timeout=REPLY_WITHIN) as reply:
                state = json.load(reply)
            if isinstance(state, dict) and isinstance(state.get("data"), dict):
                queue = state["data"].get("handoff_to")
                return queue if queue and queue != "CONTAINED" else None
        except urllib.error.HTTPError as refused:
            if refused.code == 404 and MISTAKE == "asks-once":
                return None
        except (OSError, http.client.HTTPException, ValueError):
            pass
        time.sleep(ASK_EVERY)
    raise LookupError(shared_id)


def main():
    shared_id = os.environ.get("SHARED_ID") or str(uuid.uuid4())
    dni = reserve(shared_id)
    if dni is None or not call(dni, UNTIL_BYE):
        put_through(FALLBACK)
        return
    try:
        queue = wish(shared_id)
    except LookupError:
        queue = DEFAULT
    if queue:
        put_through(queue)


main()
