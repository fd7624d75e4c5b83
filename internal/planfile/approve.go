package planfile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ssosync/internal/guard"
)

// maxWords is how long a name or a reason may be, in bytes.
const maxWords = 4096

// An Approval lifts guards for one plan.
type Approval struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"` // to the second, in UTC
	Reason string    `json:"reason"`
	Guards []string  `json:"guards"` // that are lifted
	// Digest binds the approval to its plan, and to its own words.
	Digest string `json:"digest"`
}

// Approve lifts all guards that refused something of this plan and can be
// lifted, and records who did so and why. It is an error if there is nothing to
// lift, if the plan has expired, or if nobody or no reason is named.
func (f *File) Approve(by, reason string, at time.Time) error {
	if err := f.approve(strings.TrimSpace(by), strings.TrimSpace(reason), at); err != nil {
		return fmt.Errorf("approve plan %s: %w", f.ID, err)
	}
	return nil
}

func (f *File) approve(by, reason string, at time.Time) error {
	guards := acceptable(f.Refusals)
	switch {
	case len(f.Refusals) == 0:
		return errors.New("there is nothing to approve: no guard refused anything of it")
	case len(guards) == 0:
		return fmt.Errorf("%s: this cannot be approved by anybody", (&guard.RefusedError{Refusals: f.Refusals}).Error())
	case !at.Before(f.Expires):
		return fmt.Errorf("it expired at %s; make a new one", clock(f.Expires))
	case by == "":
		return errors.New("nobody is named who approves it")
	case reason == "":
		return errors.New("no reason is given")
	case len(by) > maxWords || len(reason) > maxWords:
		return fmt.Errorf("a name or a reason has more than %d bytes", maxWords)
	case !utf8.ValidString(by + reason):
		return errors.New("the name or the reason is not UTF-8")
	}
	a := Approval{By: by, At: stamp(at), Reason: reason, Guards: guards}
	a.Digest = a.seal(f.Digest)
	f.Approvals = append(slices.Clip(f.Approvals), a)
	return nil
}

// seal returns the digest of an approval of the plan of that digest: of itself,
// with the plan's digest in the place of its own. A time that cannot be written
// has none.
func (a Approval) seal(digest string) string {
	a = a.written()
	a.Digest = digest
	text, err := json.Marshal(a)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// written returns an approval in the only form in which it is written.
func (a Approval) written() Approval {
	a.At, a.Guards = stamp(a.At), list(a.Guards)
	return a
}

// Lifted returns the names of the guards that approvals of this very plan lift,
// in the order in which they refused. One that cannot be lifted is never among
// them, whatever an approval says.
func (f File) Lifted() []string {
	var lifted []string
	for _, name := range acceptable(f.Refusals) {
		if slices.ContainsFunc(f.Approvals, func(a Approval) bool {
			return a.Digest == a.seal(f.Digest) && slices.Contains(a.Guards, name)
		}) {
			lifted = append(lifted, name)
		}
	}
	return lifted
}

// acceptable returns the names of the guards that can be lifted, once each.
func acceptable(refusals []guard.Refusal) []string {
	var names []string
	for _, r := range refusals {
		if r.Acceptable && !slices.Contains(names, r.Guard) {
			names = append(names, r.Guard)
		}
	}
	return names
}
