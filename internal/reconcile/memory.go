package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"ssosync/internal/apply"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/ledger"
	"ssosync/internal/plan"
	"ssosync/internal/report"
)

// A memory is what a run knows of those before it, and what it leaves to those
// after it. It is a convenience: what cannot be read or written is a warning,
// and the run goes on. Only the lock is not: without it nothing is written.
type memory struct {
	r       *Reconciler
	kind    journal.Kind
	rep     *report.Report
	now     time.Time
	ledger  *ledger.Ledger  // nil: nothing is remembered
	journal *journal.Writer // nil: nothing is written down
	lock    Lock            // nil: there is none
	// fresh says that the ledger remembers nothing yet.
	fresh bool
	// unsure are objects that a killed run may have written.
	unsure map[place]bool
	drift  []ledger.Change
	was    *identity.State  // see recall
	begun  bool             // the journal knows of this run
	behind bool             // the ledger is older than the journal: it was restored, or could not be kept
	rests  map[place]string // what is held for want of evidence
}

// ErrLockLost is why a run ends whose lock is somebody else's by now.
var ErrLockLost = errors.New("the lock was lost, and another run may be under way")

// remember takes the lock, unless nothing will be written, and reads what
// earlier runs left.
func (r *Reconciler) remember(ctx context.Context, kind journal.Kind, rep *report.Report) (*memory, error) {
	m := &memory{r: r, kind: kind, rep: rep, now: rep.Started, unsure: map[place]bool{}}
	if r.Store == nil {
		return m, nil
	}
	id, err := journal.NewID(rep.Started)
	if err != nil {
		return m, fmt.Errorf("name the run: %w", err)
	}
	if !r.DryRun {
		if m.lock, err = r.Store.Lock(ctx, id, kind); err != nil {
			return m, fmt.Errorf("take the lock: %w", err)
		}
		rep.Run = id
	}
	m.readLedger()
	m.readSince()
	if !r.DryRun {
		m.openJournal()
	}
	return m, nil
}

// warn tells people of something that the run can do without.
func (m *memory) warn(format string, args ...any) {
	m.rep.Warnings = append(m.rep.Warnings, fmt.Sprintf(format, args...))
}

// readLedger reads the ledger. One that is damaged is set aside, and costs
// what it remembered.
func (m *memory) readLedger() {
	data, err := m.r.Store.Read(LedgerFile)
	if err == nil {
		m.ledger, err = ledger.Decode(data, m.r.TargetID)
		if err == nil {
			return
		}
	}
	m.ledger, m.fresh = ledger.New(m.r.TargetID, m.now), true
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case data == nil:
		m.warn("the ledger of earlier runs cannot be read, and a new one begins: %v", err)
	case m.r.DryRun:
		m.warn("the ledger of earlier runs is damaged, and is not used: %v", err)
	default:
		name, aside := m.r.Store.SetAside(LedgerFile, m.now)
		if aside != nil {
			name = "where it was"
		}
		m.warn("the ledger of earlier runs is damaged; it is kept as %s, and a new one begins: %v", name, err)
	}
}

// readSince finds what runs may have written that the ledger does not remember:
// those that were killed, or could not keep it. It is not to be taken for
// somebody else's doing, and dates that are older than such runs prove nothing.
func (m *memory) readSince() {
	if m.fresh {
		return // nothing is remembered that could differ
	}
	log, err := m.r.Store.ReadLog(JournalFile)
	if err != nil {
		return // there is none, or openJournal will say what is wrong
	}
	runs, err := journal.Since(log, m.ledger.Run)
	if errors.Join(err, log.Close()) != nil {
		return
	}
	for _, run := range runs {
		m.behind = m.behind || !run.Ended.IsZero() && len(run.Changes) > 0
		for _, c := range run.Changes {
			m.unsure[place{kind: c.Kind, id: c.ID}] = true
			if c.GroupID != "" {
				m.unsure[place{kind: identity.KindGroup, id: c.GroupID}] = true
			}
		}
	}
}

// openJournal opens the journal to add to. One that is damaged is set aside,
// and the new one says so.
func (m *memory) openJournal() {
	w, err := m.open()
	damage, _ := errors.AsType[*journal.DamagedError](err)
	if damage != nil {
		var aside string
		if aside, err = m.r.Store.SetAside(JournalFile, m.now); err == nil {
			m.warn("the journal is damaged in line %d (%s); it is kept as %s, and a new one begins", damage.Line, damage.Why, aside)
			if w, err = m.open(); err == nil {
				err = w.Follow(aside, damage)
			}
		}
	}
	if err != nil {
		m.warn("nothing is written into the journal, so that nothing of this run can be given back: %v", err)
		return
	}
	m.journal = w
	if damage == nil {
		m.compare(ledger.Head(w.Head()))
	}
}

// compare tells of a journal that is not what the last run left.
func (m *memory) compare(head ledger.Head) {
	was := m.ledger.Head
	if was.Seq > 0 && (head.Seq < was.Seq || head.Seq == was.Seq && head != was) {
		m.warn("the journal is not what the last run left: it ends at record %d, and the ledger knows of record %d; somebody has cut or replaced it", head.Seq, was.Seq)
	}
}

func (m *memory) open() (*journal.Writer, error) {
	log, err := m.r.Store.OpenLog(JournalFile)
	if err != nil {
		return nil, err
	}
	existing, err := m.r.Store.ReadLog(JournalFile)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	w, err := journal.Open(log, existing)
	if err = errors.Join(err, existing.Close()); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return w, nil
}

// begin writes down what a run is going to do, before it does anything.
func (m *memory) begin(e errand, p plan.Plan) {
	if m.journal == nil || m.begun {
		return
	}
	m.begun = true
	o := m.r.Origin
	m.note(m.journal.Begin(journal.Run{
		ID: m.rep.Run, Kind: e.kind, Version: o.Version, By: o.By, PID: o.PID, Target: o.TargetID, Config: o.Config,
		Plan: e.plan, Approval: e.approval, Accepted: m.r.Accept, Changes: p.Size(),
	}))
	if m.journal != nil && !p.Empty() {
		m.note(m.journal.Intend(p))
	}
}

// result writes down what came of a change.
func (m *memory) result(res apply.Result) {
	if m.journal != nil && !m.lost() {
		m.note(m.journal.Result(res))
	}
}

// lastGood is what guards compare with, if the scope is the same.
func (m *memory) lastGood() *guard.Last {
	if m.ledger == nil || m.ledger.Good == nil || m.ledger.Good.Fingerprint != m.r.Scope {
		return nil
	}
	last := &guard.Last{Source: m.ledger.Good.Source}
	for _, q := range m.ledger.Good.Matches {
		last.Matches = append(last.Matches, guard.Found(q))
	}
	return last
}

// guarded returns a context that ends when the lock is lost.
func (m *memory) guarded(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if m.lock != nil {
		lost := m.lock.Lost()
		go func() {
			select {
			case <-lost:
				cancel(ErrLockLost)
			case <-ctx.Done():
			}
		}()
	}
	return ctx, func() { cancel(context.Canceled) }
}

// lost reports whether the lock is somebody else's by now. Then nothing that is
// shared may be written any more: the run looks killed, which it nearly is.
func (m *memory) lost() bool {
	if m.lock == nil {
		return false
	}
	select {
	case <-m.lock.Lost():
		return true
	default:
		return false
	}
}

// forget gives everything back that a run holds.
func (m *memory) forget() {
	if m.journal != nil {
		if err := m.journal.Close(); err != nil {
			m.warn("the journal of this run is not complete: %v", err)
		}
	}
	if m.lock != nil {
		if err := m.lock.Release(); err != nil {
			m.warn("the lock could not be given back: %v", err)
		}
	}
}
