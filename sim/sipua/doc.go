// Package sipua speaks SIP: an Endpoint listens on one address over UDP and TCP, takes calls and places calls, and a Leg is one of
// them. Transport, parser and transactions are sipgo's; the dialogs (who may send what, with which numbers and tags, and what ends
// a call) are this package's. It is plumbing: it knows nothing of number pools, carries no audio and makes no decision about a call.
// No sipgo type appears in its API.
package sipua
