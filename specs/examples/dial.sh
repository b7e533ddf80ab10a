#!/bin/sh
# Places one call by SIPp, as specs/external-calls.md says: dial.sh NUMBER HOST:PORT [CALLER]
# In a target file:  calls: {exec: [./dial.sh, "{dni}", "sbc.example.net:5060", "{from}"]}
set -eu
number=$1 platform=$2 from=${3:-+442079460500}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
branch=z9hG4bK$(basename "$dir") # of the INVITE; its CANCEL has the same
echo '{"event":"answered"}' > "$dir/answered"
: > "$dir/order" # what standard input says; the scenario below reads it

cat > "$dir/caller.xml" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="call, and wait for the BYE">
  <send retrans="500"><![CDATA[
      INVITE sip:$number@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=$branch
      From: <sip:$from@[local_ip]:[local_port]>;tag=[pid]caller[call_number]
      To: <sip:$number@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>
      Max-Forwards: 70
      Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=caller 1 1 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 0
      a=rtpmap:0 PCMU/8000
  ]]></send>
  <label id="ring"/>
  <recv response="100" optional="true" timeout="500" ontimeout="ringing" next="ring"/>
  <recv response="180" optional="true" timeout="500" ontimeout="ringing" next="ring"/>
  <recv response="183" optional="true" timeout="500" ontimeout="ringing" next="ring"/>
$(for status in 300 301 302 305 400 401 403 404 407 408 410 480 482 483 484 486 487 488 500 501 502 503 504 600 603 604 606; do
  echo "  <recv response=\"$status\" optional=\"true\" timeout=\"500\" ontimeout=\"ringing\" next=\"refused\"><action><log message=\"refused $status\"/></action></recv>"
done)
  <recv response="200" timeout="500" ontimeout="ringing" next="up"><action>
    <ereg regexp="sips?:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>
    <exec command="cat $dir/answered >> /proc/$$/fd/1; touch $dir/said"/>
  </action></recv>
  <label id="ringing"/>
  <nop><action>
    <assignstr assign_to="order" value="[file name=$dir/order]"/>
    <ereg regexp="hangup" search_in="var" variable="order" assign_to="told"/>
  </action></nop>
  <nop next="cancel" test="told"/>
  <nop next="ring"/>
  <label id="cancel"/>
  <send retrans="500"><![CDATA[
      CANCEL sip:$number@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=$branch
      From: <sip:$from@[local_ip]:[local_port]>;tag=[pid]caller[call_number]
      To: <sip:$number@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 1 CANCEL
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <recv response="200" optional="true" next="late" test="crossed"><action>
    <ereg regexp="INVITE" search_in="hdr" header="CSeq:" assign_to="crossed"/>
    <ereg regexp="sips?:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>
  </action></recv>
  <recv response="487"/>
  <nop><action><log message="refused 487"/></action></nop>
  <label id="refused"/>
  <send><![CDATA[
      ACK sip:$number@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=$branch
      From: <sip:$from@[local_ip]:[local_port]>;tag=[pid]caller[call_number]
      To: <sip:$number@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <nop next="over"/>
  <label id="late"/>
  <nop><action><exec command="cat $dir/answered >> /proc/$$/fd/1; touch $dir/said"/></action></nop>
  <label id="up"/>
  <send><![CDATA[
      ACK [\$target] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:$from@[local_ip]:[local_port]>;tag=[pid]caller[call_number]
      To: <sip:$number@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <label id="wait"/>
  <recv request="BYE" timeout="500" ontimeout="look" next="ended"/>
  <label id="look"/>
  <nop><action>
    <assignstr assign_to="order" value="[file name=$dir/order]"/>
    <ereg regexp="hangup" search_in="var" variable="order" assign_to="told"/>
  </action></nop>
  <nop next="hangup" test="told"/>
  <nop next="wait"/>
  <label id="ended"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
  <nop next="over"/>
  <label id="hangup"/>
  <nop><action><log message="hung up"/></action></nop>
  <send retrans="500"><![CDATA[
      BYE [\$target] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:$from@[local_ip]:[local_port]>;tag=[pid]caller[call_number]
      To: <sip:$number@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 2 BYE
      Max-Forwards: 70
      Content-Length: 0

  ]]></send>
  <recv response="200"/>
  <label id="over"/>
</scenario>
XML

# What comes while SIPp looks for an order is not expected there: it is let pass, and comes once more.
sipp -sf "$dir/caller.xml" -m 1 -nostdin -default_behaviors all,-abortunexp -trace_logs -log_file "$dir/log" -trace_err -error_file "$dir/errors" "$platform" > /dev/null 2>&1 < /dev/null &
sipp=$!

# A line on standard input is the order to hang up, and so is its end: whoever gives orders is gone. The scenario above then sends
# BYE, or CANCEL while it rings. Where that is not answered, SIPp is ended before the harness ends this script.
exec 3<&0
{
  read -r order <&3 || true
  printf hangup > "$dir/order"
  sleep 4 &
  nap=$!
  trap 'kill $nap' TERM
  ! wait $nap || { : > "$dir/givenup"; kill $sipp; }
} > /dev/null 2>&1 &
order=$!

code=0
wait $sipp || code=$?
kill $order 2>/dev/null || true
status=$(sed -n 's/.*refused //p' "$dir/log" 2> /dev/null | head -n 1)
if [ -e "$dir/givenup" ] && [ -e "$dir/said" ]; then
  : # the call was up, and what became of it is not known
elif [ -n "$status" ]; then
  echo "{\"event\":\"refused\",\"status\":$status}"
elif [ -e "$dir/givenup" ] || [ "$code" != 0 ]; then
  [ -e "$dir/said" ] || echo '{"event":"refused","status":0,"reason":"no answer"}'
else
  by=platform
  ! grep -qs 'hung up' "$dir/log" || by=caller
  until [ -e "$dir/said" ]; do sleep 0.05; done # "answered" is on its way, by a process of SIPp's
  echo "{\"event\":\"ended\",\"by\":\"$by\"}"
fi
