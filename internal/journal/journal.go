// Package journal keeps what every run did, with the values from before, so
// that it can be proven and given back. It is append-only and refuses to
// repair, reorder or forget anything: a line that does not fit the chain is an
// error that names the line.
package journal

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A Log is where the lines are kept.
type Log interface {
	// Append adds a line, given without its line end.
	Append(line []byte) error
	// Sync returns once all that was appended survives a loss of power.
	Sync() error
	Close() error
	// Torn returns the bytes of an unfinished last line that were cut off when
	// the log was opened.
	Torn() []byte
}

// A Head is the newest record of a journal, kept elsewhere as a witness: with
// it, a journal that was cut short or written anew is found out. Seq is 0 when
// there is no record.
type Head struct {
	Seq  int    `json:"seq"`
	Hash string `json:"hash"`
}

// A Kind is what a run was for.
type Kind string

// The kinds of run.
const (
	Sync    Kind = "sync"
	Apply   Kind = "apply"   // of a plan from a file
	Restore Kind = "restore" // of what was lost
	Relink  Kind = "relink"
)

// A Run is what is known of a run when it begins.
type Run struct {
	ID       string    `json:"-"` // see [NewID]
	Kind     Kind      `json:"kind"`
	Version  string    `json:"version"` // the program's
	By       string    `json:"by"`      // user@host
	PID      int       `json:"pid"`
	Target   string    `json:"target"`         // which instance or tenant was written to
	Config   string    `json:"config"`         // the configuration's fingerprint
	Plan     string    `json:"plan,omitempty"` // the id of a plan from a file
	Approval *Approval `json:"approval,omitempty"`
	Accepted []string  `json:"accepted,omitempty"` // guards that were lifted for this run
	Changes  int       `json:"changes"`            // the size of the plan
}

// An Approval is somebody's word for a plan.
type Approval struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Guards []string  `json:"guards,omitempty"` // that it lifts
}

// NewID returns the id of a run that begins at a time: a ULID, so that ids sort
// by age.
func NewID(at time.Time) (string, error) {
	id, err := ulid.New(ulid.Timestamp(at), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("make the id of a run: %w", err)
	}
	return id.String(), nil
}

// An End is how a run ended.
type End struct {
	Outcome string
	Err     error
}

// A Status is what came of a change.
type Status string

// The statuses.
const (
	Done    Status = "done"
	Failed  Status = "failed"
	Skipped Status = "skipped" // not tried
	// Unknown is a change that was intended and has no result: it may have
	// been made.
	Unknown Status = "unknown"
)

// A Count counts changes by what came of them.
type Count struct {
	Done    int `json:"done"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	Unknown int `json:"unknown"`
}

func (c *Count) add(s Status) {
	switch s {
	case Done:
		c.Done++
	case Failed:
		c.Failed++
	case Skipped:
		c.Skipped++
	default:
		c.Unknown++
	}
}

// The types of record. Readers pass over any other.
const (
	typeRun       = "run"
	typeIntent    = "intent"
	typeResult    = "result"
	typeEnd       = "end"
	typeRecovered = "recovered"
)

// A header is what all records have.
type header struct {
	Seq   int    `json:"seq"` // from 1, without gaps: also the number of the line
	Time  stamp  `json:"time"`
	RunID string `json:"run,omitempty"`
	Type  string `json:"type"`
}

// A stamp is a time, written in UTC to the millisecond.
type stamp struct{ time.Time }

// MarshalJSON writes RFC 3339 with three decimals always, so that lines sort.
func (s stamp) MarshalJSON() ([]byte, error) {
	return []byte(s.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

type runRecord struct {
	header
	Run
}

type intentRecord struct {
	header
	N         int             `json:"n"` // from 1, within the run
	Op        apply.Op        `json:"op"`
	Kind      identity.Kind   `json:"kind"`
	Key       identity.Key    `json:"key"`
	ID        string          `json:"id"` // the target's; "" before it is created
	Name      string          `json:"name"`
	Group     identity.Key    `json:"group,omitempty"` // of a membership, as are the next two
	GroupID   string          `json:"groupId,omitempty"`
	GroupName string          `json:"groupName,omitempty"`
	Cause     plan.Cause      `json:"cause,omitempty"`
	Evidence  plan.Evidence   `json:"evidence,omitzero"`
	Before    json.RawMessage `json:"before,omitempty"` // an identity.User or identity.Group
	After     json.RawMessage `json:"after,omitempty"`
}

type resultRecord struct {
	header
	N      int    `json:"n"`
	Status Status `json:"status"`
	ID     string `json:"id,omitempty"` // the target's, if it was not known before
	Err    string `json:"error,omitempty"`
}

type endRecord struct {
	header
	Outcome string `json:"outcome"`
	Err     string `json:"error,omitempty"`
	Counts  Count  `json:"counts"`
}

type recoveredRecord struct {
	header
	Bytes int    `json:"bytes"`           // of an unfinished line that was cut off
	Aside string `json:"aside,omitempty"` // the name of a damaged journal that this one follows
	Why   string `json:"why,omitempty"`   // what was wrong with it
}
