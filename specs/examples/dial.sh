#!/bin/sh
# Places one call by SIPp, as specs/external-calls.md says: dial.sh NUMBER HOST:PORT [CALLER]
# In a target file:  calls: {exec: [./dial.sh, "{dni}", "sbc.example.net:5060", "{from}"]}
set -eu
number=$1 platform=$2 from=${3:-+442079460500}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
echo '{"event":"answered"}' > "$dir/answered"
: > "$dir/order" # what standard input says; the scenario below reads it

cat > "$dir/caller.xml" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="call, and wait for the BYE">
  <send retrans="500"><![CDATA[
      INVITE sip:$number@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
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
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true"><action><exec command="cat $dir/answered > /proc/$$/fd/1; touch $dir/said"/></action></recv>
  <send><![CDATA[
      ACK [next_url] SIP/2.0
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
      BYE [next_url] SIP/2.0
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

sipp -sf "$dir/caller.xml" -m 1 -nostdin -trace_logs -log_file "$dir/log" -trace_err -error_file "$dir/errors" "$platform" > /dev/null 2>&1 < /dev/null &
sipp=$!

# A line on standard input is the order to hang up, and so is its end: whoever gives orders is gone. A call that is not up a
# second later is given up: there is no CANCEL for it here, so what it rings at is left to ring.
exec 3<&0
{
  read -r order <&3 || true
  printf hangup > "$dir/order"
  sleep 1
  [ -e "$dir/said" ] || { : > "$dir/givenup"; kill $sipp; }
} > /dev/null 2>&1 &
order=$!

code=0
wait $sipp || code=$?
kill $order 2>/dev/null || true
by=
if [ -e "$dir/givenup" ]; then
  :
elif grep -qs 'hung up' "$dir/log"; then
  [ "$code" != 0 ] || by=caller
elif [ "$code" = 0 ] || grep -qs "received 'BYE " "$dir/errors"; then # one that came while SIPp looked for an order, which it answers all the same
  by=platform
fi
if [ -n "$by" ]; then
  until [ -e "$dir/said" ]; do sleep 0.05; done # "answered" is on its way, by a process of SIPp's
  echo "{\"event\":\"ended\",\"by\":\"$by\"}"
elif [ ! -e "$dir/said" ]; then
  echo '{"event":"refused","status":0,"reason":"SIPp gave up"}'
fi # else the call was up, and what became of it is not known: nothing is said
