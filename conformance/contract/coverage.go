package contract

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"sync"
)

// A Coverage counts which statuses of which operations were seen. It is safe for concurrent use.
type Coverage struct {
	mu   sync.Mutex
	rows map[cell]*Row
}

type cell struct {
	operation string
	status    int
}

// A Row is one status of one operation.
type Row struct {
	Operation  string // "" collects every path and method that the contract does not have
	Status     int    // 0: no response arrived
	Documented bool
	Seen       int
}

// NewCoverage returns a Coverage in which every documented status is there, not seen.
func (c *Checker) NewCoverage() *Coverage {
	rows := map[cell]*Row{}
	for _, op := range c.operations {
		for _, name := range op.published.statuses {
			status, err := strconv.Atoi(name)
			if err != nil {
				continue // "default" and "4XX" are no statuses
			}
			rows[cell{op.id, status}] = &Row{Operation: op.id, Status: status, Documented: true}
		}
	}
	return &Coverage{rows: rows}
}

// Add counts one exchange: the Operation of its Report and its status.
func (c *Coverage) Add(operation string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := cell{operation, status}
	if c.rows[at] == nil {
		c.rows[at] = &Row{Operation: operation, Status: status}
	}
	c.rows[at].Seen++
}

// Rows returns a copy, by operation and status.
func (c *Coverage) Rows() []Row {
	c.mu.Lock()
	defer c.mu.Unlock()
	rows := make([]Row, 0, len(c.rows))
	for row := range maps.Values(c.rows) {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Status, b.Status))
	})
	return rows
}
