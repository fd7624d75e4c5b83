package httpx

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Count is what one operation has cost.
type Count struct {
	Op        string
	Calls     int           // attempts that went to the wire
	Retries   int           // how many of those repeated an earlier one
	Throttles int           // answers that said: slow down
	Waited    time.Duration // for the pacer and between attempts, summed over all callers
}

func (c *Count) add(o Count) {
	c.Calls += o.Calls
	c.Retries += o.Retries
	c.Throttles += o.Throttles
	c.Waited += o.Waited
}

// A Meter counts calls by operation. Its zero value is ready, and it may be used
// by many at once. A nil Meter counts nothing.
type Meter struct {
	mu   sync.Mutex
	byOp map[string]*Count
}

func (m *Meter) add(c Count) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byOp == nil {
		m.byOp = map[string]*Count{}
	}
	at := m.byOp[c.Op]
	if at == nil {
		at = &Count{Op: c.Op}
		m.byOp[c.Op] = at
	}
	at.add(c)
}

// Counts returns what each operation has cost so far, by ascending name.
func (m *Meter) Counts() []Count {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	counts := make([]Count, 0, len(m.byOp))
	for c := range maps.Values(m.byOp) {
		counts = append(counts, *c)
	}
	slices.SortFunc(counts, func(a, b Count) int { return strings.Compare(a.Op, b.Op) })
	return counts
}

// Total returns the sum of all operations; its Op is empty.
func (m *Meter) Total() Count {
	var sum Count
	for _, c := range m.Counts() {
		sum.add(c)
	}
	return sum
}
