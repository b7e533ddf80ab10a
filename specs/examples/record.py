"""Reserve, call, ask: and write what was seen as a history that `dnispool judge` reads. Standard library only.

DNI_KEY=… HANDOFF_KEY=… python3 record.py https://api.uk-1.platform.polyai.app acme-uk/acme-support h.jsonl ./dial
./dial gets the number, prints a line when the call has arrived and another when it is over, and ends.
"""
import datetime, json, os, subprocess, sys, time, urllib.error, urllib.request, uuid

base, project, out, *dialler = sys.argv[1:]
zero, file, ids = time.monotonic_ns(), open(out, "x"), iter(range(1, 1 << 62))
now = lambda: time.monotonic_ns() - zero
write = lambda line: print(json.dumps(line), file=file, flush=True)
write({"format": "dnispool.history/v1", "base": datetime.datetime.now(datetime.timezone.utc).isoformat(), "source": "record.py"})

def ask(op, path, key, body=None):
    op |= {"id": next(ids), "client": "record.py", "start_ns": now(), "end_ns": now(), "outcome": "open"}
    write(op)  # before it happens: if this program dies, the judge knows that it was under way
    headers = {"x-api-key": key, "Content-Type": "application/json"}
    request = urllib.request.Request(base + path, body and json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            status, answer = reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        status, answer = error.code, {}
    except (OSError, ValueError):  # no reply, or none that can be read: it may have taken effect
        status, answer = 0, {}
    outcomes = {200: "ok", 404: "refused", 0: "indefinite"}
    outcome = outcomes.get(status, "rejected" if status < 500 else "indefinite")
    return op | {"end_ns": now(), "status": status, "outcome": outcome}, answer

attributes = {"nonce": uuid.uuid4().hex, "shared_id": uuid.uuid4().hex, "want_handoff_to": "billing"}
same = {"nonce": attributes["nonce"], "shared_id": attributes["shared_id"]}
path = "/v1/conversations/dni-reservation"
op, answer = ask({"kind": "reserve", "attributes": attributes} | same, path, os.environ["DNI_KEY"], {"attributes": attributes})
write(op | {"number": answer.get("dni") or ""})
if answer.get("dni"):
    call = {"id": next(ids), "client": "record.py", "kind": "call", "outcome": "indefinite", "number": answer["dni"]}
    call |= {"start_ns": now(), "end_ns": now()} | same
    with subprocess.Popen([*dialler, answer["dni"]], stdout=subprocess.PIPE, text=True) as dial:
        if dial.stdout.readline():
            call |= {"outcome": "ok", "end_ns": now()}
            write(call)
        if dial.stdout.readline():
            call |= {"ended": True, "bye_ns": now()}
    write(call | {"end_ns": call["end_ns"] if call["outcome"] == "ok" else now()})
    path = f"/v1/{project}/handoff_state?shared_id={attributes['shared_id']}"
    op, answer = ask({"kind": "handoff", "asked_shared_id": attributes["shared_id"]}, path, os.environ["HANDOFF_KEY"])
    if "data" in answer:
        op |= {"got_id": answer.get("id") or "", "got_shared_id": answer.get("shared_id") or "", "data": answer["data"]}
    write(op)
