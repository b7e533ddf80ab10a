#!/bin/sh
# Takes one caller through a DNIs Pool with curl and SIPp: reserve, dial, ask for the handoff, put through.
set -u
: "${BASE_URL:?}" "${SIP_PEER:?}" "${DNI_KEY:?}" "${HANDOFF_KEY:?}" "${ACCOUNT_ID:?}" "${PROJECT_ID:?}"
ani=${CALLER_ANI:-anonymous} mistake=${MISTAKE:-}
fallback=${FALLBACK_QUEUE:-fallback} default=${DEFAULT_QUEUE:-default}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' TERM INT

# message METHOD CSEQ TARGET TAIL prints a request of a call to $user.
message() {
  cat << SIP
  $5<![CDATA[
      $1 $3 SIP/2.0
      Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
      From: <sip:$ani@[local_ip]:[local_port]>;tag=s[pid]
      To: <sip:$user@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: $2 $1
      Contact: <sip:ivr@[local_ip]:[local_port]>
      Max-Forwards: 70
$4
  ]]></send>
SIP
}

none='      Content-Length: 0
'
# SIPp takes two ports for media, from 6000 on, where many callers at once find none: each has others. It exits with 254 where
# one is taken, and has sent nothing then.
media=$((10000 + $$ % 5000 * 4)) taken=254
offer='      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=ivr 1 1 IN IP4 [local_ip]
      s=-
      c=IN IP4 [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 0
      a=rtpmap:0 PCMU/8000'

# call USER bye|hangup places a call, waits for the BYE or hangs up, and succeeds when the call was answered.
call() {
  user=$1
  {
    echo '<?xml version="1.0" encoding="UTF-8"?><scenario name="call">'
    message INVITE 1 "sip:$user@[remote_ip]:[remote_port]" "$offer" '<send retrans="500">'
    for code in 100 180 183; do echo "  <recv response=\"$code\" optional=\"true\"/>"; done
    echo '  <recv response="200" rrs="true"/>'
    message ACK 1 '[next_url]' "$none" '<send>'
    if [ "$2" = bye ]; then
      echo '  <recv request="BYE"/>'
      printf '  <send><![CDATA[\n      SIP/2.0 200 OK\n'
      for name in Via From To Call-ID CSeq; do echo "      [last_$name:]"; done
      printf '%s\n  ]]></send>\n' "$none"
    else
      echo '  <pause milliseconds="100"/>'
      message BYE 2 '[next_url]' "$none" '<send retrans="500">'
      echo '  <recv response="200"/>'
    fi
    echo '</scenario>'
  } > "$dir/call.xml"
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    (cd "$dir" && exec sipp -sf call.xml -m 1 -i 127.0.0.1 -nostdin -mp $media -recv_timeout 25000 "$SIP_PEER" > /dev/null 2>&1 < /dev/null)
    code=$?
    [ $code = $taken ] || return $code
    media=$((10000 + (media + 1236) % 20000))
  done
  return $code
}

shared_id=${SHARED_ID:-sh-$$-$(date +%s)}
quoted=$(printf %s "$shared_id" | sed 's/[\\"]/\\&/g') # in JSON
status=$(curl -s -m 9 -o "$dir/reply" -w '%{http_code}' -H "X-Api-Key: $DNI_KEY" -H 'Content-Type: application/json' \
  -d "{\"attributes\":{\"shared_id\":\"$quoted\",\"ani\":\"$ani\"}}" "$BASE_URL/v1/conversations/dni-reservation")
dni=$(sed -n 's/.*"dni"[ ]*:[ ]*"\(+[0-9]*\)".*/\1/p' "$dir/reply" 2> /dev/null)
if [ "$status" != 200 ] || [ "${#dni}" -lt 2 ]; then
  [ "$mistake" = no-fallback ] || call "$fallback" hangup
  exit 0
fi
if ! call "$dni" bye; then
  call "$fallback" hangup
  exit 0
fi

# For twenty seconds the handoff is asked for, twice a second. Nobody can say what a caller wants whose handoff is not there by then.
queue=$default
until=$(($(date +%s) + 20))
while [ "$(date +%s)" -lt $until ]; do
  status=$(curl -s -m 9 -o "$dir/state" -w '%{http_code}' -H "X-Api-Key: $HANDOFF_KEY" \
    -G --data-urlencode "shared_id=$shared_id" "$BASE_URL/v1/$ACCOUNT_ID/$PROJECT_ID/handoff_state")
  if [ "$status" = 200 ] && grep -q '"data"[ ]*:[ ]*{' "$dir/state"; then
    queue=$(sed -n 's/.*"handoff_to"[ ]*:[ ]*"\([^"]*\)".*/\1/p' "$dir/state")
    [ "$queue" != CONTAINED ] || queue=
    break
  fi
  sleep 0.5
done
[ -z "$queue" ] || call "$queue" hangup
exit 0
