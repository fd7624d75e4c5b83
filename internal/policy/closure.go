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
	seen := map[string]bool{}
	for todo := []string{id}; len(todo) > 0; {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, m := range c.dir.Members[next] {
			ids := []string{m.ID}
			if m.Kind == directory.MemberEveryone {
				ids = c.everyone
			}
			for _, id := range ids {
				if seen[id] {
					continue
				}
				seen[id] = true
				switch {
				case in(c.accounts, identity.Key(id)):
					accounts = append(accounts, id)
				case c.nested(id):
					todo = append(todo, id)
				default:
					external = append(external, id)
				}
			}
		}
	}
	slices.Sort(accounts)
	return accounts, external
}

// nested reports whether a member is a group that was read.
func (c *closure) nested(id string) bool { return c.groups[id] || c.dir.Members[id] != nil }
