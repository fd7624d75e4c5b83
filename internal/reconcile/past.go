package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"ssosync/internal/identity"
	"ssosync/internal/ledger"
	"ssosync/internal/match"
	"ssosync/internal/policy"
)

// past tells policy what earlier runs know, under the keys of this one.
func (m *memory) past(matched match.Result) policy.Past {
	var p policy.Past
	if !m.r.Never {
		p.Due = m.due(matched)
	}
	if m.ledger == nil {
		return p
	}
	p.Paused = func(kind identity.Kind, key, group identity.Key, value any) bool {
		return m.ledger.Paused(m.now, ledger.Thing{Kind: kind, Key: key, Group: group}, digest(value))
	}
	if m.r.KeepDrift {
		m.keepDrift(&p, matched)
	}
	return p
}

// due returns a function that says whether a leaver may be deleted. Dates are
// those of the ledger. Without one there is the target's own: a user who is
// inactive has been so since they were last changed, at least. What a new
// ledger does not know may have left just now.
func (m *memory) due(matched match.Result) func(identity.Kind, string) bool {
	users := keysByID(matched.Have.Records.Users)
	return func(kind identity.Kind, id string) bool {
		since, known := m.since(kind, id, matched.Have.Records.Users[users[id]])
		return known && !m.now.Before(since.Add(m.r.DeleteAfter))
	}
}

// since says since when something is known to have left. A user of whom the
// target says that they were changed later had not left before.
func (m *memory) since(kind identity.Kind, id string, rec identity.Record) (time.Time, bool) {
	changed, err := time.Parse(time.RFC3339, rec.UpdatedAt)
	dated := kind == identity.KindUser && rec.ID == id && err == nil && !changed.IsZero() && changed.Before(m.now)
	switch {
	case m.ledger == nil:
		// A group's last change may be of its members, or may not.
		return changed, dated
	case m.behind:
		return time.Time{}, false
	}
	at, known := m.ledger.Since(kind, id)
	if known && dated && changed.After(at) {
		at = changed
	}
	return at, known
}

// digest is the same for equal values, and short.
func digest(value any) string {
	if value == nil {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
