#!/bin/sh
# Places one call by SIPp, as specs/external-calls.md says: dial.sh NUMBER HOST:PORT [CALLER]
# In a target file:  calls: {exec: [./dial.sh, "{dni}", "sbc.example.net:5060", "{from}"]}
set -eu
number=$1 platform=$2 from=${3:-+442079460500}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
echo '{"event":"answered"}' > "$dir/answered"

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
  <recv request="BYE"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
</scenario>
XML

sipp -sf "$dir/caller.xml" -m 1 -nostdin "$platform" > /dev/null 2>&1 < /dev/null &
sipp=$!

# A line on standard input is the order to hang up. SIPp cannot be told to send a BYE, so the call is left, and the platform
# ends it by itself; a command that can do better should.
exec 3<&0
(read -r order <&3 && : > "$dir/hungup" && kill $sipp) > /dev/null 2>&1 &
order=$!

code=0
wait $sipp || code=$?
kill $order 2>/dev/null || true
if [ -e "$dir/hungup" ]; then
  echo '{"event":"ended","by":"caller"}'
elif [ "$code" = 0 ]; then
  until [ -e "$dir/said" ]; do sleep 0.05; done # "answered" is on its way, by a process of SIPp's
  echo '{"event":"ended","by":"platform"}'
else
  echo '{"event":"refused","status":0,"reason":"SIPp gave up"}'
fi
