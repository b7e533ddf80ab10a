package conversation

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"sync"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// IDForm is how conversation ids look. The documentation shows all of these but the last; clients should treat an id as opaque.
type IDForm string

// The forms of conversation ids.
const (
	IDUUID    IDForm = "uuid"     // 123e4567-e89b-42d3-a456-426614174000
	IDCallSID IDForm = "call-sid" // CA and 32 hexadecimal digits
	IDConv    IDForm = "conv"     // CONV-1234567890
	// IDCallID is the Call-ID of the SIP dialog. A caller chooses it, so one that was seen before gets 16 hexadecimal digits more.
	IDCallID IDForm = "call-id"
)

func idForms() []IDForm { return []IDForm{IDUUID, IDCallSID, IDConv, IDCallID} }

// UnmarshalText accepts the names of the forms.
func (f *IDForm) UnmarshalText(text []byte) error { return strictyaml.Pick("", f, text, idForms()...) }

// remembered is how many of the latest Call-IDs are known again, at least.
const remembered = 1 << 16

// IDs gives out conversation ids, no two of them equal. It is safe for concurrent use.
type IDs struct {
	seed maphash.Seed

	mu        sync.Mutex
	serial    uint64
	now, then map[uint64]struct{} // hashes of Call-IDs given out: the latest, and those before them
}

// NewIDs returns a source of ids.
func NewIDs() *IDs {
	return &IDs{seed: maphash.MakeSeed(), serial: random64(), now: map[uint64]struct{}{}}
}

// Next returns the id of a conversation that has begun with this Call-ID.
func (s *IDs) Next(form IDForm, callID string) string {
	switch form {
	case IDCallSID:
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails
		return "CA" + hex.EncodeToString(b[:])
	case IDConv:
		return fmt.Sprintf("CONV-%010d", s.count()%1e10)
	case IDCallID:
		if s.first(callID) {
			return callID
		}
		return fmt.Sprintf("%s-%016x", callID, random64())
	}
	return uuid()
}

// count is a serial number: ten digits drawn by chance would soon be drawn again.
func (s *IDs) count() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	return s.serial
}

// first reports whether the Call-ID was not given out before, and notes it. Two that share a hash are taken for one, which costs the
// second its looks, nothing else.
func (s *IDs) first(callID string) bool {
	key := maphash.String(s.seed, callID)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, recent := s.now[key]
	_, older := s.then[key]
	if len(s.now) == remembered {
		s.now, s.then = make(map[uint64]struct{}, remembered), s.now
	}
	s.now[key] = struct{}{}
	return !recent && !older
}

// uuid is a random one (RFC 9562 5.4).
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func random64() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}
