package journal

import (
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// syncEvery is how old a result may become before it is safe. One that is lost
// makes its change unknown, which is no lie.
const syncEvery = time.Second

// An openRun is a run that is being written.
type openRun struct {
	id       string
	changes  int
	intended int
	pending  map[changeKey]pending // without a result so far
	count    Count                 // of the results
}

// A changeKey finds the change that a result is about.
type changeKey struct {
	op          apply.Op
	user, group identity.Key
}

type pending struct {
	n     int
	hasID bool
}

// errNoRun is returned for what belongs to a run when there is none.
var errNoRun = errors.New("write journal: no run has begun")

// Begin begins a run. Nothing is safe before [Writer.Intend] or [Writer.End].
func (w *Writer) Begin(r Run) error {
	id, err := ulid.ParseStrict(r.ID)
	if err != nil {
		return fmt.Errorf("write journal: begin run %q: %w", bounded(r.ID), err)
	}
	r.By = bounded(r.By)
	if r.Approval != nil {
		a := *r.Approval
		a.By, a.Reason, a.At = bounded(a.By), bounded(a.Reason), a.At.UTC()
		r.Approval = &a
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.stopped != nil:
		return w.stopped
	case w.run != nil:
		return fmt.Errorf("write journal: begin run %s: run %s has not ended", id, w.run.id)
	}
	w.run = &openRun{id: id.String(), changes: r.Changes, pending: map[changeKey]pending{}}
	return w.write(runRecord{w.header(typeRun), r})
}

// Intend takes down every change of a plan, and returns when that is safe: only
// then may the first request be sent. A run has one plan, of as many changes as
// it began with.
func (w *Writer) Intend(p plan.Plan) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.stopped != nil:
		return w.stopped
	case w.run == nil:
		return errNoRun
	case w.run.intended+p.Size() != w.run.changes:
		return fmt.Errorf("write journal: run %s began with %d changes, and its plan has %d", w.run.id, w.run.changes, w.run.intended+p.Size())
	}
	all, err := intents(p)
	if err != nil {
		return w.stop(err)
	}
	for _, in := range all {
		w.run.intended++
		in.header, in.N = w.header(typeIntent), w.run.intended
		if err := w.write(in); err != nil {
			return err
		}
		w.run.pending[in.key()] = pending{n: in.N, hasID: in.ID != ""}
	}
	return w.sync()
}

// Result takes down what came of a change.
func (w *Writer) Result(r apply.Result) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.stopped != nil:
		return w.stopped
	case w.run == nil:
		return errNoRun
	}
	key := changeKey{r.Op, r.User, r.Group}
	change, ok := w.run.pending[key]
	if !ok {
		return fmt.Errorf("write journal: run %s did not intend to %s %q, or has its result", w.run.id, r.Op, bounded(r.Name))
	}
	res := resultRecord{header: w.header(typeResult), N: change.n, Status: statusOf(r.Err), Err: textOf(r.Err)}
	if !change.hasID {
		res.ID = r.ID
	}
	if err := w.write(res); err != nil {
		return err
	}
	delete(w.run.pending, key)
	w.run.count.add(res.Status)
	if time.Since(w.synced) < syncEvery {
		return nil
	}
	return w.sync()
}

func statusOf(err error) Status {
	switch {
	case err == nil:
		return Done
	case errors.Is(err, apply.ErrSkipped):
		return Skipped
	default:
		return Failed
	}
}

// End ends the run, and returns when all of it is safe.
func (w *Writer) End(e End) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.stopped != nil:
		return w.stopped
	case w.run == nil:
		return errNoRun
	}
	end := endRecord{header: w.header(typeEnd), Outcome: bounded(e.Outcome), Err: textOf(e.Err), Counts: w.run.count}
	end.Counts.Unknown = len(w.run.pending)
	if err := w.write(end); err != nil {
		return err
	}
	w.run = nil
	return w.sync()
}
