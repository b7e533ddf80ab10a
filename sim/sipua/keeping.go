package sipua

import (
	"sync/atomic"

	"github.com/emiago/sipgo/sip"
)

// keeping counts the bytes of requests that sipgo keeps until their transactions are over. It has no bound of its own, and over UDP
// that takes 32 s: at the rate of a loopback interface, gigabytes.
type keeping struct {
	most  int64
	bytes atomic.Int64
}

// add counts a request until its transaction is over. It reports whether there was room: otherwise nothing is counted.
func (k *keeping) add(r *sip.Request, tx *sip.ServerTx) bool {
	n := sizeOf(r)
	if k.bytes.Add(n) > k.most {
		k.bytes.Add(-n)
		return false
	}
	if !tx.OnTerminate(func(string, error) { k.bytes.Add(-n) }) {
		k.bytes.Add(-n) // it is over already
	}
	return true
}

// What a request takes beside its texts, in bytes: its headers as sipgo has them, its transaction, and the answer that is kept with it.
// A call has more of them. TestKeptBytesAreWhatIsTaken measures it.
const (
	keptRequest = 3300
	keptCall    = 4800
)

// sizeOf is about how many bytes are taken for a request until its transaction is over.
func sizeOf(r *sip.Request) int64 {
	n := keptRequest
	if r.IsInvite() {
		n = keptCall
	}
	n += sizeOfURI(&r.Recipient) + len(r.Body())
	for _, h := range r.Headers() {
		switch h := h.(type) {
		case *sip.CSeqHeader, *sip.MaxForwardsHeader, *sip.ContentLengthHeader:
		case *sip.ViaHeader:
			n += len(h.Host) + sizeOfParams(h.Params)
		case *sip.FromHeader:
			n += len(h.DisplayName) + sizeOfURI(&h.Address) + sizeOfParams(h.Params)
		case *sip.ToHeader:
			n += len(h.DisplayName) + sizeOfURI(&h.Address) + sizeOfParams(h.Params)
		case *sip.ContactHeader:
			n += len(h.DisplayName) + sizeOfURI(&h.Address) + sizeOfParams(h.Params)
		default:
			n += len(h.Value())
		}
	}
	return int64(n)
}

func sizeOfURI(u *sip.Uri) int {
	return len(u.User) + len(u.Password) + len(u.Host) + sizeOfParams(u.UriParams) + sizeOfParams(u.Headers)
}

func sizeOfParams(params sip.HeaderParams) (n int) {
	for _, p := range params {
		n += len(p.K) + len(p.V)
	}
	return n
}
