package history

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"strings"
)

// What one operation says, others nearby say again: who the client is, the number, the nonce, the state that is polled.
// texts and raws remember the last few thousand different ones, each at the place of its hash, where the next one of
// that place drives it out: what never comes again costs no more than its own bytes. Those lie end to end in large
// pieces of memory, which take no room beside them and are nothing for the garbage collector to look through.
const (
	remembered = 1 << 14
	piece      = 1 << 16 // bytes
)

type texts struct {
	seed  maphash.Seed
	known []string
	room  *strings.Builder
}

func newTexts() texts {
	return texts{maphash.MakeSeed(), make([]string, remembered), new(strings.Builder)}
}

// of is b as a text.
func (t *texts) of(b []byte) string {
	at := &t.known[maphash.Bytes(t.seed, b)%remembered]
	if *at != string(b) {
		*at = t.keep(b)
	}
	return *at
}

func (t *texts) keep(b []byte) string {
	if len(b) > piece/16 {
		return string(b)
	}
	if t.room.Len()+len(b) > t.room.Cap() {
		t.room = new(strings.Builder)
		t.room.Grow(piece)
	}
	from := t.room.Len()
	t.room.Write(b)
	return t.room.String()[from:]
}

type raws struct {
	seed  maphash.Seed
	known []json.RawMessage
	room  []byte
}

func newRaws() raws {
	return raws{seed: maphash.MakeSeed(), known: make([]json.RawMessage, remembered)}
}

// of is b, copied. Several operations may have the same one: it is not to be changed.
func (r *raws) of(b []byte) json.RawMessage {
	at := &r.known[maphash.Bytes(r.seed, b)%remembered]
	if !bytes.Equal(*at, b) {
		*at = r.keep(b)
	}
	return *at
}

func (r *raws) keep(b []byte) json.RawMessage {
	if len(b) > piece/16 {
		return bytes.Clone(b)
	}
	if len(r.room)+len(b) > cap(r.room) {
		r.room = make([]byte, 0, piece)
	}
	from := len(r.room)
	r.room = append(r.room, b...)
	return r.room[from:len(r.room):len(r.room)]
}
