"""Reserve, call, ask: and write what was seen as a history that `dnispool judge` reads. Standard library only.

DNI_KEY=… HANDOFF_KEY=… python3 record.py https://api.uk-1.platform.polyai.app acme-uk/acme-support h.jsonl ./dial
./dial gets the number, prints a line when the call has arrived and another when it is over, and ends.
"""
import json, os, subprocess, sys, time, urllib.error, urllib.request, uuid

base, project, out, *dialler = sys.argv[1:]
zero, file, ids = time.monotonic_ns(), open(out, "x"), iter(range(1, 1 << 62))
now = lambda: time.monotonic_ns() - zero
write = lambda line: print(json.dumps(line), file=file, flush=True)
write({"format": "dnispool.history/v1", "base": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "source": "record.py"})

def ask(op, path, key, body=None):
    op |= {"id": next(ids), "client": "record.py", "start_ns": now(), "end_ns": now(), "outcome": "open"}
    write(op)  # before it happens: if this program dies, the judge knows that it was under way
    request = urllib.request.Request(base + path, body and json.dumps(body).encode(), {"x-api-key": key, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            status, answer = reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        status, answer = error.code, {}
    except (OSError, ValueError):  # no reply, or none that can be read: it may have taken effect
        status, answer = 0, {}
    op |= {"end_ns": now(), "status": status, "outcome": {200: "ok", 404: "refused", 0: "indefinite"}.get(status, "rejected" if status < 500 else "indefinite")}
    return op, answer

attributes = {"nonce": uuid.uuid4().hex, "shared_id": uuid.uuid4().hex, "want_handoff_to": "billing"}
same = {"nonce": attributes["nonce"], "shared_id": attributes["shared_id"]}
op, answer = ask({"kind": "reserve", "attributes": attributes} | same, "/v1/conversations/dni-reservation", os.environ["DNI_KEY"], {"attributes": attributes})
write(op | {"number": answer.get("dni") or ""})
if answer.get("dni"):
    call = {"id": next(ids), "client": "record.py", "kind": "call", "outcome": "indefinite", "number": answer["dni"], "start_ns": now(), "end_ns": now()} | same
    with subprocess.Popen([*dialler, answer["dni"]], stdout=subprocess.PIPE, text=True) as dial:
        if dial.stdout.readline():
            call |= {"outcome": "ok", "end_ns": now()}
            write(call)
        if dial.stdout.readline():
            call |= {"ended": True, "bye_ns": now()}
    write(call | {"end_ns": call["end_ns"] if call["outcome"] == "ok" else now()})
    op, answer = ask({"kind": "handoff", "asked_shared_id": attributes["shared_id"]}, f"/v1/{project}/handoff_state?shared_id={attributes['shared_id']}", os.environ["HANDOFF_KEY"])
    write(op | ({"got_id": answer.get("id") or "", "got_shared_id": answer.get("shared_id") or "", "data": answer["data"]} if "data" in answer else {}))
