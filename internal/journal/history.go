package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A RunSummary is a run in a few words.
type RunSummary struct {
	Run
	Started time.Time
	Ended   time.Time // zero: it did not end, since it was killed or is under way
	Outcome string    // "" if it did not end
	Err     string    // why it failed
	Counts  map[apply.Op]Count
}

// A RunRecord is everything that is known of a run.
type RunRecord struct {
	RunSummary
	Changes []Change // as they were intended: users, groups, joins, leaves
}

// A Change is one change of a run, and what came of it.
type Change struct {
	Run   string    // the run's id
	At    time.Time // of the result; of the intention, if there is none
	N     int       // its number within the run
	Op    apply.Op
	Kind  identity.Kind // of what Name names; of a membership, that is the user
	Key   identity.Key
	ID    string // the target's; "" if it was never created, as far as we know
	Name  string
	Group identity.Key // of a membership, as are the next two
	// GroupID is "" if the group did not exist when the change was intended.
	GroupID   string
	GroupName string
	Cause     plan.Cause
	Evidence  plan.Evidence
	Before    Values
	After     Values
	Status    Status
	Err       string
}

// Values are those of a user or of a group, by the kind of the change. They are
// zero where there is nothing: before it is created, after it is deleted, and
// of a membership.
type Values struct {
	User  identity.User
	Group identity.Group
}

// History returns all runs, the oldest first.
func History(r io.Reader) ([]RunSummary, error) {
	var all []RunSummary
	err := eachRun(r, noRun, func(run RunRecord) error {
		all = append(all, run.RunSummary)
		return nil
	})
	if err != nil {
		return all, fmt.Errorf("read the history: %w", err)
	}
	return all, nil
}

func noRun(string) bool    { return false }
func everyRun(string) bool { return true }

// eachRun shows visit one run after the other, with the values of those that
// are wanted, since reading values takes most of the time. Only one run is in
// memory at a time. An unfinished last line is passed over: a run may be under
// way.
func eachRun(r io.Reader, wanted func(id string) bool, visit func(RunRecord) error) error {
	c := collector{wanted: wanted, visit: visit}
	if _, _, err := walk(r, c.record); err != nil {
		return err
	}
	return c.finish()
}

// A collector puts a run together from its records. One run is under way at a
// time, so another one's beginning is the end of a run that has none.
type collector struct {
	wanted func(id string) bool
	visit  func(RunRecord) error
	run    *RunRecord
	at     map[int]int // where the change of a number is
}

func (c *collector) record(rec record) error {
	if rec.Type == typeRun {
		if err := c.finish(); err != nil {
			return err
		}
		var r runRecord
		if err := rec.decode(&r); err != nil {
			return err
		}
		r.ID = rec.RunID
		c.run = &RunRecord{RunSummary: RunSummary{Run: r.Run, Started: rec.Time.Time}}
		c.at = map[int]int{}
		return nil
	}
	if c.run == nil || rec.RunID != c.run.ID {
		return nil
	}
	switch rec.Type {
	case typeIntent:
		return c.intent(rec)
	case typeResult:
		return c.result(rec)
	case typeEnd:
		var e endRecord
		if err := rec.decode(&e); err != nil {
			return err
		}
		c.run.Ended, c.run.Outcome, c.run.Err = rec.Time.Time, e.Outcome, e.Err
		return c.finish()
	}
	return nil
}

func (c *collector) intent(rec record) error {
	var in intentRecord
	if err := rec.decode(&in); err != nil {
		return err
	}
	change := Change{
		Run: rec.RunID, At: rec.Time.Time, N: in.N, Op: in.Op, Kind: in.Kind, Key: in.Key, ID: in.ID, Name: in.Name,
		Group: in.Group, GroupID: in.GroupID, GroupName: in.GroupName, Cause: in.Cause, Evidence: in.Evidence, Status: Unknown,
	}
	if c.wanted(rec.RunID) {
		if err := errors.Join(change.Before.decode(in.Kind, in.Before), change.After.decode(in.Kind, in.After)); err != nil {
			return &DamagedError{Line: rec.Seq, Why: "its values cannot be read: " + bounded(err.Error())}
		}
	}
	c.at[in.N] = len(c.run.Changes)
	c.run.Changes = append(c.run.Changes, change)
	return nil
}

func (c *collector) result(rec record) error {
	var res resultRecord
	if err := rec.decode(&res); err != nil {
		return err
	}
	i, ok := c.at[res.N]
	if !ok {
		return nil
	}
	change := &c.run.Changes[i]
	change.At, change.Status, change.Err = rec.Time.Time, res.Status, res.Err
	if res.ID != "" {
		change.ID = res.ID
	}
	return nil
}

// finish shows the run that is there, if one is.
func (c *collector) finish() error {
	if c.run == nil {
		return nil
	}
	run := *c.run
	c.run = nil
	run.Counts = map[apply.Op]Count{}
	for _, change := range run.Changes {
		count := run.Counts[change.Op]
		count.add(change.Status)
		run.Counts[change.Op] = count
	}
	return c.visit(run)
}

// decode reads the values of a user or a group. Attributes that only a later
// version knows are passed over.
func (v *Values) decode(kind identity.Kind, raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	if kind == identity.KindGroup {
		return json.Unmarshal(raw, &v.Group)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	if err := json.Unmarshal(all["active"], &v.User.Active); err != nil {
		return fmt.Errorf("active: %w", err)
	}
	for _, a := range identity.Attrs {
		if value, ok := all[a.Name]; ok {
			if err := json.Unmarshal(value, a.Field(&v.User)); err != nil {
				return fmt.Errorf("%s: %w", a.Name, err)
			}
		}
	}
	return nil
}
