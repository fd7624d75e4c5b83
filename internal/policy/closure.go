package policy

import (
	"slices"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
)

// A closure flattens nested groups. The directory refuses cycles, but its
// eventual consistency can show one (Directory API guide: manage members).
type closure struct {
	dir      directory.Snapshot
	accounts map[identity.Key]directory.Account
	everyone []string
	groups   map[string]bool
}

func newClosure(dir directory.Snapshot, accounts map[identity.Key]directory.Account) *closure {
	c := &closure{dir: dir, accounts: accounts, groups: make(map[string]bool, len(dir.Groups))}
	for _, g := range dir.Groups {
		c.groups[g.ID] = true
	}
	for _, a := range dir.Accounts {
		if !a.Guest {
			c.everyone = append(c.everyone, a.ID)
		}
	}
	return c
}

// of returns the accounts inside of group id at any depth, sorted and once
// each, and the members that the directory does not know.
func (c *closure) of(id string) (accounts, external []string) {
	seen := map[string]bool{id: true}
	visit := func(id string) bool {
		if seen[id] {
			return false
		}
		seen[id] = true
		return true
	}
	for todo := []string{id}; len(todo) > 0; {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, m := range c.dir.Members[next] {
			_, account := c.accounts[identity.Key(m.ID)]
			switch {
			case m.Kind == directory.MemberEveryone:
				for _, id := range c.everyone {
					if visit(id) {
						accounts = append(accounts, id)
					}
				}
			case !visit(m.ID):
			case account:
				accounts = append(accounts, m.ID)
			case m.Kind == directory.MemberGroup && (c.groups[m.ID] || c.dir.Members[m.ID] != nil):
				todo = append(todo, m.ID)
			default:
				external = append(external, m.ID)
			}
		}
	}
	slices.Sort(accounts)
	return accounts, external
}
