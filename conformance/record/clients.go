package record

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Clients says how clients are told apart.
type Clients struct {
	header    string
	attribute string
}

// ParseClients reads connection, header:NAME or attribute:NAME. A header that carries a key is refused: it would be
// written.
func ParseClients(s string) (Clients, error) {
	how, name, _ := strings.Cut(s, ":")
	switch {
	case s == "connection":
		return Clients{}, nil
	case how == "header" && (strings.EqualFold(name, "x-api-key") || strings.EqualFold(name, "authorization") || strings.EqualFold(name, "cookie")):
		return Clients{}, fmt.Errorf("client: want a header without a secret, got %s, whose value would be written", name)
	case how == "header" && name != "":
		return Clients{header: name}, nil
	case how == "attribute" && name != "":
		return Clients{attribute: name}, nil
	}
	return Clients{}, fmt.Errorf("client: want connection, header:NAME or attribute:NAME, got %q", s)
}

// client names who sent a request: by its header or attribute, and where it has none by its connection. A request for a
// state has no attributes; it is taken to come from whoever reserved with its shared_id.
func (p *Proxy) client(r *http.Request, attributes map[string]json.RawMessage, sharedID string) string {
	name := ""
	switch c := p.config.Clients; {
	case c.header != "":
		name = r.Header.Get(c.header)
	case c.attribute != "" && attributes != nil:
		name = text(attributes[c.attribute])
		p.names.remember(sharedID, name)
	case c.attribute != "":
		name = p.names.of(sharedID)
	}
	if n, ok := r.Context().Value(connKey{}).(int64); ok && name == "" {
		return fmt.Sprintf("connection %d", n)
	}
	return name
}

// project is the name of the project that a key belongs to, "" when it is nobody's.
func (p *Proxy) project(key string) string {
	for _, project := range p.config.Projects {
		if len(project.Keys) == 0 {
			return project.Name
		}
		for _, k := range project.Keys {
			if subtle.ConstantTimeCompare([]byte(k), []byte(key)) == 1 {
				return project.Name
			}
		}
	}
	return ""
}

// remembered bounds how many shared_ids a client is remembered by; the oldest are forgotten.
const remembered = 1 << 16

// names are the clients that reserved with the latest shared_ids.
type names struct {
	mu    sync.Mutex
	known map[string]string
	order []string // a ring, once it is full
	next  int
}

func newNames() *names { return &names{known: make(map[string]string)} }

func (n *names) remember(sharedID, name string) {
	if sharedID == "" || name == "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, again := n.known[sharedID]; !again {
		if len(n.order) < remembered {
			n.order = append(n.order, sharedID)
		} else {
			delete(n.known, n.order[n.next])
			n.order[n.next] = sharedID
			n.next = (n.next + 1) % remembered
		}
	}
	n.known[sharedID] = name
}

func (n *names) of(sharedID string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known[sharedID]
}
