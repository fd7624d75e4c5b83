package fault

import (
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"sync"
)

// Rule says which calls go wrong. A call matches when Op and Match allow it; a matching call fires when Nth, Every and
// Probability, as far as they are set, all agree and Times is not used up. The zero selection fires on every call.
//
// Matching calls are counted when they reach the rule: a call that an earlier rule answered is not counted by a later one.
type Rule struct {
	Op    string                   // a glob over the operation's name, as in path.Match; empty: all
	Match func(*http.Request) bool // nil: all; it must not read the body

	Nth         int     // only the n-th matching call, from 1
	Every       int     // every n-th matching call: n, 2n, 3n, …
	Probability float64 // 0 < p < 1: by chance, from Seed
	Seed        uint64
	Times       int // at most so often; 0: no limit

	Do Fault

	mu             sync.Mutex
	random         *rand.Rand
	matched, fired int
}

// Fired is how often the rule has struck.
func (r *Rule) Fired() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fired
}

// Matched is how many calls the rule has seen that were its kind, whether it struck or not.
func (r *Rule) Matched() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.matched
}

// fires decides about one call, and counts it.
func (r *Rule) fires(op string, req *http.Request) bool {
	if !r.selects(op) || (r.Match != nil && !r.Match(req)) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.matched++
	strike := (r.Nth == 0 || r.matched == r.Nth) &&
		(r.Every == 0 || r.matched%r.Every == 0) &&
		r.chance() &&
		(r.Times == 0 || r.fired < r.Times)
	if strike {
		r.fired++
	}
	return strike
}

// chance draws once per matching call, so that the sequence depends on the seed and the count alone.
func (r *Rule) chance() bool {
	if r.Probability == 0 {
		return true
	}
	if r.random == nil {
		r.random = rand.New(rand.NewPCG(r.Seed, 0x9e3779b97f4a7c15)) // repeatable, not secret
	}
	return r.random.Float64() < r.Probability
}

func (r *Rule) selects(op string) bool {
	if r.Op == "" {
		return true
	}
	ok, err := path.Match(r.Op, op)
	return err == nil && ok
}

// Handler is a handler with rules. Rules may be added and removed while it serves.
type Handler struct {
	next http.Handler
	op   func(*http.Request) string

	mu    sync.Mutex
	rules []*Rule
}

// Wrap puts rules around h. op names the operation of a request, for Rule.Op; nil stands for names that are all empty.
// The rules are asked in order, and each that fires surrounds the rest. It panics where Add does.
func Wrap(h http.Handler, op func(*http.Request) string, rules ...*Rule) *Handler {
	if op == nil {
		op = func(*http.Request) string { return "" }
	}
	wrapped := &Handler{next: h, op: op}
	wrapped.Add(rules...)
	return wrapped
}

// Add puts rules after those that are there. It panics on a rule without Do or with a malformed Op: both are errors of the
// program that would otherwise look like a fault that never comes.
func (h *Handler) Add(rules ...*Rule) {
	for _, r := range rules {
		check(r)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rules = append(slices.Clone(h.rules), rules...)
}

// Remove takes rules away. Requests on their way may still meet them.
func (h *Handler) Remove(rules ...*Rule) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rules = slices.DeleteFunc(slices.Clone(h.rules), func(r *Rule) bool { return slices.Contains(rules, r) })
}

// Clear takes all rules away.
func (h *Handler) Clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rules = nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	rules := h.rules
	h.mu.Unlock()
	h.serve(w, r, h.op(r), rules)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, op string, rules []*Rule) {
	for i, rule := range rules {
		if rule.fires(op, r) {
			rest := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, op, rules[i+1:]) })
			rule.Do(w, r, rest)
			return
		}
	}
	h.next.ServeHTTP(w, r)
}

func check(r *Rule) {
	if r.Do == nil {
		panic("fault: a rule without Do")
	}
	if _, err := path.Match(r.Op, ""); err != nil {
		panic("fault: malformed Op " + r.Op)
	}
}
