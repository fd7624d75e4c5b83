package guard

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"ssosync/internal/identity"
)

// An Invariant is that a user or a group stays, whatever the source says: a
// user exists and is active; a group exists, is not emptied, and has so many
// active members.
type Invariant struct {
	Kind identity.Kind
	Name string // userName or displayName
	// Least is how many active members a group keeps. With 0 or 1 it keeps one,
	// if it has one now.
	Least int
}

var leastRE = regexp.MustCompile(`^\d{1,6}$`)

// ParseInvariant parses user:NAME, group:NAME, or group:NAME>=MEMBERS, such as
// group:AWS Admins>=2.
func ParseInvariant(s string) (Invariant, error) {
	kind, name, ok := strings.Cut(s, ":")
	inv := Invariant{Kind: identity.Kind(kind), Name: strings.TrimSpace(name)}
	if !ok || inv.Kind != identity.KindUser && inv.Kind != identity.KindGroup {
		return Invariant{}, fmt.Errorf("protect %q: want user:NAME, group:NAME or group:NAME>=MEMBERS", s)
	}
	if i := strings.LastIndex(inv.Name, ">="); i >= 0 {
		least := strings.TrimSpace(inv.Name[i+len(">="):])
		switch {
		case inv.Kind == identity.KindUser:
			return Invariant{}, fmt.Errorf("protect %q: only groups have members", s)
		case !leastRE.MatchString(least):
			return Invariant{}, fmt.Errorf("protect %q: want a number of members behind >=, such as group:AWS Admins>=2", s)
		}
		inv.Least, _ = strconv.Atoi(least)
		inv.Name = strings.TrimSpace(inv.Name[:i])
	}
	if inv.Name == "" {
		return Invariant{}, fmt.Errorf("protect %q: the name is missing", s)
	}
	return inv, nil
}

func (i Invariant) String() string {
	text := string(i.Kind) + ":" + i.Name
	if i.Least > 0 || strings.Contains(i.Name, ">=") {
		text += ">=" + strconv.Itoa(i.Least)
	}
	return text
}
