package policy

import (
	"fmt"
	"strings"

	"ssosync/internal/identity"
	"ssosync/internal/policy/query"
)

// WhyUser says which rule keeps a person of the source out of scope, or "" if
// they are in scope or the source has nobody of that id.
func (w Wanted) WhyUser(id identity.Key, r Rules) string {
	a, known := w.accounts[id]
	switch {
	case !known || in(w.State.Users, id):
		return ""
	case a.Guest:
		return "a guest account"
	case w.ignored[id]:
		return "--ignore-users names them"
	case r.UserMatch.Empty():
		return "in no group in scope"
	}
	return "in no group in scope, and --user-match " + queries(r.UserMatch) + " does not find them"
}

// WhyGroup says the same of a group.
func (w Wanted) WhyGroup(id identity.Key, r Rules) string {
	switch {
	case !in(w.groupMail, id) || in(w.State.Groups, id):
		return ""
	case w.ignored[id]:
		return "--ignore-groups names it"
	case w.notIncluded[id]:
		return "--include-groups does not name it"
	}
	return "--group-match " + queries(r.GroupMatch) + " does not find it"
}

func queries(set query.Set) string {
	var texts []string
	for _, q := range set.Queries() {
		texts = append(texts, q.Text)
	}
	return fmt.Sprintf("%q", strings.Join(texts, ","))
}

// Eligible reports whether the source has a person of that id who may become a
// user of the target, in scope or not.
func (w Wanted) Eligible(id identity.Key) bool { return w.eligible(w.accounts[id]) }

// Managed reports whether an external id is our source's: one that it knows, or
// one that looks like those it gives.
func (w Wanted) Managed(kind identity.Kind, externalID string) bool {
	return w.managed(kind, externalID)
}
