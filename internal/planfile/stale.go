package planfile

import (
	"fmt"
	"strings"
	"time"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// told is how many differences an error tells of; Differences has them all.
const told = 3

// A StaleError says that a plan on disk is not carried out, because something
// that it rests on is not so any more.
type StaleError struct {
	ID string
	// Why says what is wrong with the plan as a whole; "" if nothing is.
	Why string
	// Differences are those of so many changes.
	Differences []Difference
	Of          int
}

func (e *StaleError) Error() string {
	parts := []string{"plan " + e.ID + " is stale: " + e.Why}
	if n := len(e.Differences); n > 0 {
		are := "are"
		if n == 1 {
			are = "is"
		}
		parts[0] += fmt.Sprintf("%d of %d changes %s not what would be decided now", n, e.Of, are)
		var first []string
		for _, d := range e.Differences[:min(n, told)] {
			first = append(first, d.String())
		}
		if n > told {
			first = append(first, fmt.Sprintf("and %d more", n-told))
		}
		parts[0] += ": " + strings.Join(first, "; ")
	}
	return strings.Join(append(parts, "make a new one"), "; ")
}

// Check returns a *StaleError if the plan must not be carried out whatever the
// target is like: it has expired, it is for another target, or it was made with
// another configuration.
func (f File) Check(now time.Time, target, configuration string) error {
	var why []string
	if !now.Before(f.Expires) {
		why = append(why, "it expired at "+clock(f.Expires))
	}
	if f.Target != target {
		why = append(why, fmt.Sprintf("it is for the target %s, and this is %s", bare(f.Target), bare(target)))
	}
	if f.Configuration != configuration {
		why = append(why, "it was made with another configuration")
	}
	if len(why) == 0 {
		return nil
	}
	return &StaleError{ID: f.ID, Why: strings.Join(why, ", and ")}
}

// Recheck returns a *StaleError if any change of part, which is what is to be
// done of the plan, is not exactly what fresh decides; see [Compare].
func (f File) Recheck(part, fresh plan.Plan, have identity.Held) error {
	if differences := Compare(part, fresh, have); len(differences) > 0 {
		return &StaleError{ID: f.ID, Differences: differences, Of: part.Size()}
	}
	return nil
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
