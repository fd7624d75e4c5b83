package ledger

import (
	"errors"
	"fmt"
	"time"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A Good is what the last run that trusted its reading found at the source.
type Good struct {
	At     time.Time `json:"at"`
	Source plan.Size `json:"source"` // what was in scope
	// Matches say how much each part of each query found.
	Matches []Match `json:"matches,omitempty"`
	// Fingerprint is that of the settings that say what is in scope. Under
	// others the numbers mean nothing.
	Fingerprint string `json:"fingerprint"`
}

// A Match is one part of a query and how many objects it found.
type Match struct {
	Kind  identity.Kind `json:"kind"`
	Query string        `json:"query"`
	Found int           `json:"found"`
}

func (g Good) check() error {
	if err := plausible(g.At); err != nil {
		return fmt.Errorf("at: %w", err)
	}
	if g.Source.Users < 0 || g.Source.Groups < 0 || g.Source.Members < 0 {
		return errors.New("source: a count is negative")
	}
	return nil
}

func (m Match) check() error {
	if m.Found < 0 {
		return errors.New("a count is negative")
	}
	return known(m.Kind)
}
