package iic

import (
	"strings"
	"sync"

	"golang.org/x/text/cases"

	"ssosync/internal/identity"
)

// A roster remembers who has which name and address, as far as this Target has
// read or written it. It finds what filters cannot: e-mail addresses, names that
// differ in case, names that a filter trips over. What it says is a hint; the
// service is asked before anything is done about it.
type roster struct {
	mu     sync.Mutex
	users  map[string]string // ids, by folded userName
	mails  map[string]string // ids, by folded e-mail address
	groups map[string]string // ids, by folded displayName
}

func fold(s string) string { return cases.Fold().String(s) }

func (r *roster) reset(held identity.Held) {
	users, mails, groups := map[string]string{}, map[string]string{}, map[string]string{}
	for k, u := range held.Users {
		users[fold(u.UserName)], mails[fold(u.Email)] = string(k), string(k)
	}
	for k, g := range held.Groups {
		groups[fold(g.Name)] = string(k)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users, r.mails, r.groups = users, mails, groups
}

func (r *roster) putUser(id string, u identity.User) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.users == nil {
		r.users, r.mails = map[string]string{}, map[string]string{}
	}
	r.users[fold(u.UserName)], r.mails[fold(u.Email)] = id, id
}

func (r *roster) putGroup(id, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.groups == nil {
		r.groups = map[string]string{}
	}
	r.groups[fold(name)] = id
}

// user returns the id of the user that had the name, or "".
func (r *roster) user(name string) string { return r.get(&r.users, name) }

// mail returns the id of the user that had the address, or "".
func (r *roster) mail(address string) string { return r.get(&r.mails, address) }

// group returns the id of the group that had the name, or "".
func (r *roster) group(name string) string { return r.get(&r.groups, name) }

func (r *roster) get(m *map[string]string, name string) string {
	if strings.TrimSpace(name) == "" {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return (*m)[fold(name)]
}
