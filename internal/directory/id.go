package directory

import "regexp"

// Google documents ids only as immutable strings, so their look is a matter
// of observation: users have 21 decimal digits, groups 15 letters and digits
// that begin with 0. An id that looks otherwise is taken for somebody else's,
// which errs on the side of leaving an object alone.
var (
	userID  = regexp.MustCompile(`^[0-9]{21}$`)
	groupID = regexp.MustCompile(`^0[0-9a-z]{14}$`)
)

// LooksLikeUserID reports whether s has the form of a Google user's id.
func LooksLikeUserID(s string) bool { return userID.MatchString(s) }

// LooksLikeGroupID reports whether s has the form of a Google group's id.
func LooksLikeGroupID(s string) bool { return groupID.MatchString(s) }
