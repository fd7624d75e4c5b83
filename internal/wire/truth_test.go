package wire_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// A truth is what a directory really says, worked out from its fixture and
// from nothing that the product has. Ids are Google's.
type truth struct {
	users  map[string]google.User
	groups map[string]google.Group
	in     map[string]map[string]bool // group → users, at any depth
	scope  map[string]bool            // users in any group, or of the manager
	// manager: people of whom only Google's index could say that they left stay.
	manager string
}

// truthOf works it out. People whose manager is the given one are in scope
// without a group.
func truthOf(f google.Fixture, manager string) truth {
	tr := truth{users: map[string]google.User{}, groups: map[string]google.Group{}, in: map[string]map[string]bool{}, scope: map[string]bool{}, manager: manager}
	address := map[string]string{}
	for _, u := range f.Users {
		tr.users[u.ID] = u
		for _, a := range append([]string{u.PrimaryEmail}, u.Aliases...) {
			address[strings.ToLower(a)] = u.ID
		}
		for _, r := range u.Relations {
			if manager != "" && r["value"] == manager {
				tr.scope[u.ID] = true
			}
		}
	}
	for _, g := range f.Groups {
		tr.groups[g.ID] = g
		for _, a := range append([]string{g.Email}, g.Aliases...) {
			address[strings.ToLower(a)] = g.ID
		}
	}
	for id := range tr.groups {
		tr.in[id] = map[string]bool{}
		tr.gather(id, tr.in[id], address, map[string]bool{})
		for u := range tr.in[id] {
			tr.scope[u] = true
		}
	}
	return tr
}

func (tr truth) gather(group string, into map[string]bool, address map[string]string, seen map[string]bool) {
	if seen[group] {
		return
	}
	seen[group] = true
	for _, m := range tr.groups[group].Members {
		id := m.ID
		if byAddress, known := address[strings.ToLower(m.Email)]; known {
			id = byAddress
		}
		if m.Type == google.TypeCustomer {
			for u := range tr.users {
				into[u] = true
			}
		}
		if _, person := tr.users[id]; person {
			into[id] = true
		}
		tr.gather(id, into, address, seen)
	}
}

// active reports whether somebody should have access.
func (tr truth) active(user string) bool {
	u, there := tr.users[user]
	return there && !u.Suspended && !u.Archived && tr.scope[user]
}

// kept reports whether somebody may stay who is out of scope.
func (tr truth) kept(user string) bool { return tr.manager != "" && !tr.gone(user) && !tr.off(user) }

// off reports whether an account is there, and suspended or archived.
func (tr truth) off(user string) bool { return tr.users[user].Suspended || tr.users[user].Archived }

// gone reports whether there is no such account any more.
func (tr truth) gone(user string) bool {
	_, there := tr.users[user]
	return !there
}

// differences lists in what AWS is not what the truth says, as far as it is
// managed. Who must not be active may be there or not, and in the groups that
// the directory still has them in.
func (tr truth) differences(st iic.State, own func(id string) bool) []string {
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	byID, ids := map[string]iic.User{}, map[string]int{}
	for _, u := range st.Users {
		byID[u.ID] = u
		if !own(u.ID) {
			continue
		}
		ids[u.ExternalID]++
		if want := tr.active(u.ExternalID); u.Active != want && (!u.Active || !tr.kept(u.ExternalID)) {
			say("%s is active: %v, want %v", u.UserName, u.Active, want)
		}
		if g := tr.users[u.ExternalID]; tr.active(u.ExternalID) && (u.UserName != g.PrimaryEmail || u.Name.GivenName != g.Name.GivenName || u.Name.FamilyName != g.Name.FamilyName) {
			say("%s is %s %s, want %s: %+v", u.UserName, u.Name.GivenName, u.Name.FamilyName, g.PrimaryEmail, g.Name)
		}
	}
	for id, u := range tr.users {
		if n := ids[id]; tr.active(id) && n != 1 {
			say("%s is there %d times", u.PrimaryEmail, n)
		}
	}
	return append(all, tr.wrongGroups(st, own, byID)...)
}

func (tr truth) wrongGroups(st iic.State, own func(id string) bool, byID map[string]iic.User) []string {
	var all []string
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	ids := map[string]int{}
	for _, g := range st.Groups {
		if !own(g.ID) {
			continue
		}
		ids[g.ExternalID]++
		google, there := tr.groups[g.ExternalID]
		if there && g.DisplayName != google.Name {
			say("a group is called %s, want %s", g.DisplayName, google.Name)
		}
		members := map[string]bool{}
		for _, m := range g.Members {
			u := byID[m]
			members[u.ExternalID] = true
			if !tr.in[g.ExternalID][u.ExternalID] {
				say("%s has %s, who is no member", g.DisplayName, u.UserName)
			}
		}
		for id := range tr.in[g.ExternalID] {
			if tr.active(id) && !members[id] {
				say("%s lacks %s", g.DisplayName, tr.users[id].PrimaryEmail)
			}
		}
	}
	for id, g := range tr.groups {
		if ids[id] != 1 {
			say("the group %s is there %d times", g.Name, ids[id])
		}
	}
	slices.Sort(all)
	return all
}

// A revocation is something that a write takes away, by AWS's ids, whether
// AWS did it or not.
type revocation struct {
	what        string // deactivate, delete user, delete group, remove
	user, group string
}

var idRE = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// revocations reads a write as AWS's guide has it. What cannot be read, or
// takes away in a way that nobody should use, is an error.
func revocations(e iic.Entry) ([]revocation, error) {
	id := e.Path[strings.LastIndexByte(e.Path, '/')+1:]
	switch e.Operation {
	case "DeleteUser":
		return []revocation{{what: "delete user", user: id}}, nil
	case "DeleteGroup":
		return []revocation{{what: "delete group", group: id}}, nil
	case "CreateUser", "CreateGroup":
		return nil, nil
	case "PatchUser", "PatchGroup":
	default:
		return nil, fmt.Errorf("%s is nothing that is ever sent", e.Operation)
	}
	var body struct {
		Operations []struct {
			Op, Path string
			Value    json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(e.Body), &body); err != nil {
		return nil, fmt.Errorf("%s: %w", e.Operation, err)
	}
	var all []revocation
	for _, o := range body.Operations {
		value := strings.ReplaceAll(string(o.Value), " ", "")
		members := strings.HasPrefix(o.Path, "members")
		switch {
		case e.Operation == "PatchUser" && (o.Path == "active" && value != "true" || strings.Contains(value, `"active":false`) || strings.Contains(value, `"active":"false"`)):
			all = append(all, revocation{what: "deactivate", user: id})
		case members && strings.EqualFold(o.Op, "remove"):
			users := idRE.FindAllString(o.Path+value, -1)
			if len(users) == 0 {
				return nil, fmt.Errorf("%s removes all members", e.Body)
			}
			for _, u := range users {
				all = append(all, revocation{what: "remove", user: u, group: id})
			}
		case members && !strings.EqualFold(o.Op, "add"):
			return nil, fmt.Errorf("%s of members: %s", o.Op, e.Body)
		}
	}
	return all, nil
}

// allows reports whether the directory really is so that this may be taken
// away. Users and groups are under Google's ids.
func (tr truth) allows(r revocation) bool {
	_, group := tr.groups[r.group]
	switch r.what {
	case "deactivate":
		return !tr.active(r.user)
	case "delete user":
		return tr.gone(r.user) || !tr.scope[r.user]
	case "delete group":
		return !group
	}
	return !group || !tr.in[r.group][r.user]
}

// judge lists what a run did that it must not have done, from AWS before and
// after it and what it sent. Alien are ids of what it does not manage; loose
// says that others were at work there as well.
func (tr truth) judge(before, after iic.State, sent []iic.Entry, alien []string, loose bool) []string {
	var all []string
	external := map[string]string{}
	for _, st := range []iic.State{before, after} {
		for _, u := range st.Users {
			external[u.ID] = u.ExternalID
		}
		for _, g := range st.Groups {
			external[g.ID] = g.ExternalID
		}
	}
	for _, e := range sent {
		for _, id := range alien {
			if strings.Contains(e.Path+e.Body, id) {
				all = append(all, fmt.Sprintf("%s %s names what is not managed: %s", e.Operation, e.Path, e.Body))
			}
		}
		revoked, err := revocations(e)
		if err != nil {
			all = append(all, err.Error())
		}
		for _, r := range revoked {
			name := fmt.Sprintf("%s %s %s", r.what, nameOf(before, r.user), nameOf(before, r.group))
			ours := revocation{r.what, external[r.user], external[r.group]}
			if ours.user+ours.group == "" && !loose {
				all = append(all, name+": of nobody's")
			} else if ours.user+ours.group != "" && !tr.allows(ours) {
				all = append(all, name+": it is not so")
			}
		}
	}
	if diff := cmp.Diff(only(before, alien), only(after, alien), cmpopts.EquateEmpty()); diff != "" && !loose {
		all = append(all, "what is not managed changed: "+diff)
	}
	return append(all, tr.lost(before, after)...)
}

// lost lists what was taken away and should not, whatever was sent.
func (tr truth) lost(before, after iic.State) []string {
	var all []string
	now := map[string]iic.User{}
	for _, u := range after.Users {
		now[u.ID] = u
	}
	for _, u := range before.Users {
		if u.Active && !now[u.ID].Active && tr.active(u.ExternalID) && now[u.ID].ID != "" {
			all = append(all, u.UserName+" is not active any more")
		}
	}
	return all
}

func nameOf(st iic.State, id string) string {
	for _, u := range st.Users {
		if u.ID == id {
			return u.UserName
		}
	}
	for _, g := range st.Groups {
		if g.ID == id {
			return g.DisplayName
		}
	}
	return id
}

// only is the part of a state that has the given ids.
func only(st iic.State, ids []string) iic.State {
	return iic.State{
		Users:  slices.DeleteFunc(slices.Clone(st.Users), func(u iic.User) bool { return !slices.Contains(ids, u.ID) }),
		Groups: slices.DeleteFunc(slices.Clone(st.Groups), func(g iic.Group) bool { return !slices.Contains(ids, g.ID) }),
	}
}
