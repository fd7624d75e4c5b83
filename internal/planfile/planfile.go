// Package planfile writes a plan down, so that somebody else can read it,
// approve it, and have exactly it carried out, or be told why not. It refuses a
// file that is not as it was written, and a plan that it cannot write down
// without losing something.
package planfile

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

const (
	// Format is what the first member of every plan on disk says.
	Format = "ssosync-plan"
	// Version is that of the schema. It grows whenever an older ssosync could
	// not read what this one writes, or would write it otherwise: with any new
	// member of the plan as well, since there is one way to write a plan.
	Version = 1
	// MaxBytes is the size of the largest file. A first load of 100 000 people
	// and their memberships has about half of it.
	MaxBytes = 256 << 20
)

// A File is a plan on disk. It is made by [New] or [Decode], and only
// [File.Approve] changes it.
type File struct {
	ID     string // for people, such as 7Q4K-92MD: the beginning of Digest
	Digest string // of all below but the approvals, in hexadecimal

	Created time.Time // to the second, in UTC
	Expires time.Time // likewise; from then on it is not carried out
	Tool    string    // that wrote it, such as "ssosync 3.0"
	Target  string    // an id of what it is to be carried out at
	// Configuration is a fingerprint of the settings that it was made with.
	Configuration string

	Plan     plan.Plan // all of it, what guards withhold included
	Refusals []guard.Refusal

	Approvals []Approval
}

// Options are what a file says besides the plan.
type Options struct {
	Created, Expires            time.Time
	Tool, Target, Configuration string
}

// New returns a file of a plan, whole, and of what guards would not let pass of
// it. A plan that does not come back from the file as it is, such as one with
// names that are not UTF-8, is an error.
func New(p plan.Plan, refusals []guard.Refusal, o Options) (File, error) {
	f := File{
		Created: stamp(o.Created), Expires: stamp(o.Expires),
		Tool: o.Tool, Target: o.Target, Configuration: o.Configuration,
		Plan: normal(p), Refusals: list(refusals), Approvals: []Approval{},
	}
	if !f.Expires.After(f.Created) {
		return File{}, errors.New("write plan: it would expire before it is made")
	}
	data, digest, err := f.write()
	if err != nil {
		return File{}, fmt.Errorf("write plan: %w", err)
	}
	f.Digest, f.ID = digest, idOf(digest)
	back, err := parse(data)
	if err != nil {
		return File{}, fmt.Errorf("write plan: %w", err)
	}
	if !reflect.DeepEqual(f, back) {
		return File{}, errors.New("write plan: it cannot be written down without losing something, such as a name that is not UTF-8")
	}
	return f, nil
}

// normal returns the plan as it comes back from a file: what is always written
// is not nil, and what is left out when it is empty is.
func normal(p plan.Plan) plan.Plan {
	p.Users, p.Groups = changes(p.Users), changes(p.Groups)
	p.Join, p.Leave = list(p.Join), list(p.Leave)
	p.Emptied, p.Unproven = optional(p.Emptied), optional(p.Unproven)
	p.Conflicts, p.Adopted = optional(p.Conflicts), optional(p.Adopted)
	p.Subjects = plan.Subjects{Users: table(p.Subjects.Users), Groups: table(p.Subjects.Groups)}
	if p.Evidence = maps.Clone(p.Evidence); len(p.Evidence) == 0 {
		p.Evidence = nil
	}
	if p.Base.Members = maps.Clone(p.Base.Members); len(p.Base.Members) == 0 {
		p.Base.Members = nil
	}
	return p
}

func changes[T any](of []plan.Change[T]) []plan.Change[T] {
	of = list(of)
	for i, c := range of {
		of[i].Fields = optional(c.Fields)
	}
	return of
}

// list returns a copy that is not nil.
func list[T any](of []T) []T { return append([]T{}, of...) }

// optional returns a copy that is nil if it is empty.
func optional[T any](of []T) []T {
	if len(of) == 0 {
		return nil
	}
	return slices.Clone(of)
}

func table(of map[identity.Key]plan.Subject) map[identity.Key]plan.Subject {
	if of == nil {
		return map[identity.Key]plan.Subject{}
	}
	return maps.Clone(of)
}
