package google

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ssosync/internal/directory"
)

// A list omits the key of its elements when it has none (seen in the field),
// so nothing here tells "none" from "not said"; the counts of groups and the
// limits on shrinking are there for that.
type (
	usersPage struct {
		Users         []map[string]any `json:"users"`
		NextPageToken string           `json:"nextPageToken"`
	}
	groupsPage struct {
		Groups        []groupRow `json:"groups"`
		NextPageToken string     `json:"nextPageToken"`
	}
	membersPage struct {
		Members       []memberRow `json:"members"`
		NextPageToken string      `json:"nextPageToken"`
	}
)

func (p *usersPage) next() string   { return p.NextPageToken }
func (p *groupsPage) next() string  { return p.NextPageToken }
func (p *membersPage) next() string { return p.NextPageToken }

func (p *usersPage) ids() []string {
	all := make([]string, len(p.Users))
	for i, u := range p.Users {
		all[i] = str(u, "id")
	}
	return all
}

func (p *groupsPage) ids() []string {
	all := make([]string, len(p.Groups))
	for i, g := range p.Groups {
		all[i] = g.ID
	}
	return all
}

func (p *membersPage) ids() []string {
	all := make([]string, len(p.Members))
	for i, m := range p.Members {
		all[i] = m.ID
	}
	return all
}

// groupRow is a group (Directory API reference: groups).
type groupRow struct {
	ID                 string   `json:"id"`
	Email              string   `json:"email"`
	Name               string   `json:"name"`
	Description        string   `json:"description"`
	DirectMembersCount *count   `json:"directMembersCount"`
	Aliases            []string `json:"aliases"`
}

// memberRow is a member of a group (Directory API reference: members).
type memberRow struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Type  string `json:"type"`
}

// A count is an int64, which Google writes as a text in JSON.
type count int

// UnmarshalJSON reads a count as text or as number.
func (c *count) UnmarshalJSON(data []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(data), `"`))
	if err != nil || n < 0 {
		return errors.New("a count is not a whole number")
	}
	*c = count(n)
	return nil
}

// group takes a row over, or says why it cannot be one of a real answer.
func (r groupRow) group() (directory.Group, error) {
	if r.ID == "" || r.Email == "" {
		return directory.Group{}, fmt.Errorf("a group without id or address (id %q, address %q)", said(r.ID), said(r.Email))
	}
	g := directory.Group{
		ID: r.ID, Email: r.Email, Name: r.Name, Description: r.Description, Aliases: r.Aliases, DirectUsers: -1,
	}
	if r.DirectMembersCount != nil {
		g.DirectUsers = int(*r.DirectMembersCount)
	}
	return g, nil
}

// member takes a row over. Roles are not asked for: owners, managers and
// members are all in the group.
func (r memberRow) member() (directory.Member, error) {
	if r.ID == "" || r.Type == "" {
		return directory.Member{}, fmt.Errorf("a member without id or type (id %q, address %q)", said(r.ID), said(r.Email))
	}
	return directory.Member{Kind: directory.MemberKind(r.Type), ID: r.ID, Email: r.Email}, nil
}

// account takes a record over. It does not fail for missing flags: that the
// API does not say whether somebody is suspended concerns that account only.
func (s *Source) account(record map[string]any) (directory.Account, error) {
	a := directory.Account{
		ID: str(record, "id"), PrimaryEmail: str(record, "primaryEmail"), OrgUnit: str(record, "orgUnitPath"),
		Aliases: append(texts(record, "aliases"), texts(record, "nonEditableAliases")...),
	}
	if a.ID == "" || a.PrimaryEmail == "" {
		return directory.Account{}, fmt.Errorf("a user without id or address (id %q, address %q)", said(a.ID), said(a.PrimaryEmail))
	}
	var told, toldToo bool
	a.Suspended, told = record["suspended"].(bool)
	a.Archived, toldToo = record["archived"].(bool)
	a.StatusUnknown = !told || !toldToo
	a.Guest, _ = record["isGuestUser"].(bool) // only guests are sure to have it
	for _, p := range s.paths {
		if found := p.path.Lookup(record); len(found) > 0 {
			if a.Values == nil {
				a.Values = make(map[string][]string, len(s.paths))
			}
			a.Values[p.text] = found
		}
	}
	return a, nil
}

func str(record map[string]any, key string) string {
	s, _ := record[key].(string)
	return s
}

func texts(record map[string]any, key string) []string {
	list, _ := record[key].([]any)
	var all []string
	for _, e := range list {
		if s, ok := e.(string); ok {
			all = append(all, s)
		}
	}
	return all
}
