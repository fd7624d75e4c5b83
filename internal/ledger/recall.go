package ledger

import "ssosync/internal/identity"

// Recall returns what is remembered of the target, under its ids.
func (l *Ledger) Recall() identity.State {
	s := identity.NewState()
	for _, u := range l.left.Users {
		s.Users[u.ID] = *u.User
	}
	for _, g := range l.left.Groups {
		s.Groups[g.ID] = identity.Group{ExternalID: g.ExternalID, Name: g.Name}
		for _, place := range g.Members {
			s.Members[identity.Membership{Group: g.ID, User: l.left.Users[place].ID}] = true
		}
	}
	return s
}
