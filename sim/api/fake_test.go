package api

import (
	"context"
	"encoding/json"
	"sync"
)

// fake is a backend with one DNI key, one handoff key and one project, that remembers what it was asked.
type fake struct {
	mu       sync.Mutex
	reserved []string // attributes
	asked    []Query
	scopes   []string
	ids      []string // correlation ids

	reserve func(context.Context) (string, error)
	handoff func(context.Context) (Record, error)
}

func (f *fake) Reserve(ctx context.Context, key string, attributes json.RawMessage) (string, error) {
	if err := checkDNIKey(key); err != nil {
		return "", err
	}
	f.mu.Lock()
	f.reserved = append(f.reserved, string(attributes))
	f.ids = append(f.ids, CorrelationID(ctx))
	f.mu.Unlock()
	if f.reserve != nil {
		return f.reserve(ctx)
	}
	return "+441632960001", nil
}

func (f *fake) Handoff(ctx context.Context, key, account, project string, q Query) (Record, error) {
	if err := checkHandoffKey(key, project); err != nil {
		return Record{}, err
	}
	f.mu.Lock()
	f.asked = append(f.asked, q)
	f.scopes = append(f.scopes, account+"/"+project)
	f.ids = append(f.ids, CorrelationID(ctx))
	f.mu.Unlock()
	if f.handoff != nil {
		return f.handoff(ctx)
	}
	return Record{ID: "CA1", SharedID: q.SharedID, HasSharedID: q.HasSharedID, Data: json.RawMessage(`{"handoff_to":"Q","handoff_reason":null}`)}, nil
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.reserved)
}

func checkDNIKey(key string) error {
	if key != "dni-key" {
		return ErrUnauthorized
	}
	return nil
}

func checkHandoffKey(key, project string) error {
	if key != "handoff-key" {
		return ErrUnauthorized
	}
	if project == "other" {
		return ErrForbidden
	}
	return nil
}

// gate is a fake that can tell a bad key before it sees a request.
type gate struct{ fake }

func (g *gate) AuthorizeReserve(_ context.Context, key string) error { return checkDNIKey(key) }

func (g *gate) AuthorizeHandoff(_ context.Context, key, _, project string) error {
	return checkHandoffKey(key, project)
}
