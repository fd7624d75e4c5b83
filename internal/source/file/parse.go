package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"ssosync/internal/directory"
)

// DefaultCustomer is the customer's id in a file that names none.
const DefaultCustomer = "C00000000"

// Everyone is how a file writes the member that stands for everybody.
const Everyone = "everyone"

// A document is the whole file:
//
//	customer: C01example
//	people:
//	  - id: "1001"                    # immutable; the address if left out
//	    email: liz@example.com
//	    givenName: Liz
//	    familyName: Smith
//	    aliases: [lizzy@example.com]
//	    suspended: false
//	    archived: false
//	    guest: false
//	    orgUnit: /Eng                 # "/" if left out
//	    attributes:                   # further fields of Google's user resource
//	      organizations: [{title: Engineer, primary: true}]
//	groups:
//	  - id: "g1"                      # immutable; the address if left out
//	    email: eng@example.com
//	    name: Engineers               # the address if left out
//	    description: Who builds it
//	    aliases: [dev@example.com]
//	    members:                      # addresses, aliases or ids of people and groups
//	      - liz@example.com
//	      - ops@example.com
//	      - everyone                  # all people, whoever they are
//	      - somebody@other.example    # an address that nobody here has is external
//
// Unknown keys are errors. JSON is read as well, since it is YAML.
type document struct {
	Customer string   `yaml:"customer"`
	People   []person `yaml:"people"`
	Groups   []group  `yaml:"groups"`
}

type person struct {
	ID         string         `yaml:"id"`
	Email      string         `yaml:"email"`
	GivenName  string         `yaml:"givenName"`
	FamilyName string         `yaml:"familyName"`
	Aliases    []string       `yaml:"aliases"`
	Suspended  bool           `yaml:"suspended"`
	Archived   bool           `yaml:"archived"`
	Guest      bool           `yaml:"guest"`
	OrgUnit    string         `yaml:"orgUnit"`
	Attributes map[string]any `yaml:"attributes"`
}

type group struct {
	ID          string   `yaml:"id"`
	Email       string   `yaml:"email"`
	Name        string   `yaml:"name"`
	Description string   `yaml:"description"`
	Aliases     []string `yaml:"aliases"`
	Members     []string `yaml:"members"`
}

// Parse reads the text of a file, and the values at the paths from each person
// as if it were Google's user resource.
func Parse(data []byte, paths []string) (directory.Snapshot, error) {
	parsed, err := parsePaths(paths)
	if err != nil {
		return directory.Snapshot{}, err
	}
	doc, err := decode(data)
	if err != nil {
		return directory.Snapshot{}, err
	}
	if len(doc.People) == 0 || len(doc.Groups) == 0 {
		return directory.Snapshot{}, ErrEmpty
	}
	doc.complete()
	names, err := doc.names()
	if err != nil {
		return directory.Snapshot{}, err
	}
	snap := directory.Snapshot{
		CustomerID: doc.Customer, AllAccounts: true, Members: make(map[string][]directory.Member, len(doc.Groups)),
	}
	for _, p := range doc.People {
		a, err := p.account(paths, parsed)
		if err != nil {
			return directory.Snapshot{}, err
		}
		snap.Accounts = append(snap.Accounts, a)
	}
	for _, g := range doc.Groups {
		members, err := g.members(names)
		if err != nil {
			return directory.Snapshot{}, err
		}
		snap.Members[g.ID] = members
		snap.Groups = append(snap.Groups, g.group(members))
	}
	slices.SortFunc(snap.Accounts, func(a, b directory.Account) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(snap.Groups, func(a, b directory.Group) int { return strings.Compare(a.ID, b.ID) })
	return snap, nil
}

func parsePaths(texts []string) ([]directory.Path, error) {
	var paths []directory.Path
	for _, text := range texts {
		p, err := directory.ParsePath(text)
		if err != nil {
			return nil, err
		}
		paths = append(paths, p)
	}
	return paths, nil
}

func decode(data []byte) (document, error) {
	var doc document
	d := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return document{}, ErrEmpty
	case err != nil:
		return document{}, err
	}
	if err := d.Decode(&document{}); !errors.Is(err, io.EOF) {
		return document{}, errors.New("there is more than one document")
	}
	return doc, nil
}

// complete fills in what may be left out.
func (d *document) complete() {
	if d.Customer == "" {
		d.Customer = DefaultCustomer
	}
	for i := range d.People {
		p := &d.People[i]
		if p.ID == "" {
			p.ID = strings.ToLower(p.Email)
		}
		if p.OrgUnit == "" {
			p.OrgUnit = "/"
		}
	}
	for i := range d.Groups {
		g := &d.Groups[i]
		if g.ID == "" {
			g.ID = strings.ToLower(g.Email)
		}
		if g.Name == "" {
			g.Name = g.Email
		}
	}
}

// names says who each id, address and alias is. No two may have the same, as
// no two objects of a Workspace may.
func (d *document) names() (map[string]directory.Member, error) {
	names := map[string]directory.Member{
		Everyone: {Kind: directory.MemberEveryone, ID: d.Customer},
	}
	add := func(m directory.Member, aliases []string) error {
		if !strings.Contains(m.Email, "@") {
			return fmt.Errorf("%q (id %q) is not an e-mail address", m.Email, m.ID)
		}
		mine := map[string]bool{}
		for _, n := range append([]string{m.ID, m.Email}, aliases...) {
			n = strings.ToLower(n)
			if _, taken := names[n]; taken && !mine[n] {
				return fmt.Errorf("%q is used twice", n)
			}
			mine[n], names[n] = true, m
		}
		return nil
	}
	for _, p := range d.People {
		if err := add(directory.Member{Kind: directory.MemberUser, ID: p.ID, Email: p.Email}, p.Aliases); err != nil {
			return nil, fmt.Errorf("people: %w", err)
		}
	}
	for _, g := range d.Groups {
		if err := add(directory.Member{Kind: directory.MemberGroup, ID: g.ID, Email: g.Email}, g.Aliases); err != nil {
			return nil, fmt.Errorf("groups: %w", err)
		}
	}
	return names, nil
}

// account makes the record that Google would have sent, and reads it.
func (p person) account(names []string, paths []directory.Path) (directory.Account, error) {
	a := directory.Account{
		ID: p.ID, PrimaryEmail: p.Email, Aliases: p.Aliases,
		Suspended: p.Suspended, Archived: p.Archived, Guest: p.Guest, OrgUnit: p.OrgUnit,
	}
	record := map[string]any{
		"id": p.ID, "primaryEmail": p.Email, "aliases": p.Aliases,
		"suspended": p.Suspended, "archived": p.Archived, "isGuestUser": p.Guest, "orgUnitPath": p.OrgUnit,
		"name": map[string]any{
			"givenName": p.GivenName, "familyName": p.FamilyName,
			"fullName": strings.TrimSpace(p.GivenName + " " + p.FamilyName),
		},
	}
	for k, v := range p.Attributes {
		if _, taken := record[k]; taken {
			return directory.Account{}, fmt.Errorf("people: %s: attribute %q has a key of its own", p.Email, k)
		}
		record[k] = v
	}
	record, err := plain(record)
	if err != nil {
		return directory.Account{}, fmt.Errorf("people: %s: %w", p.Email, err)
	}
	for i, path := range paths {
		if found := path.Lookup(record); len(found) > 0 {
			if a.Values == nil {
				a.Values = map[string][]string{}
			}
			a.Values[names[i]] = found
		}
	}
	return a, nil
}

// plain brings a record into the form in which JSON would have come.
func plain(record map[string]any) (map[string]any, error) {
	text, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("an attribute cannot be written in JSON: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("an attribute cannot be read back from JSON: %w", err)
	}
	return out, nil
}

func (g group) members(names map[string]directory.Member) ([]directory.Member, error) {
	members := make([]directory.Member, 0, len(g.Members))
	have := map[string]bool{}
	for _, text := range g.Members {
		m, ok := names[strings.ToLower(text)]
		switch {
		case !ok && !strings.Contains(text, "@"):
			return nil, fmt.Errorf("groups: %s: there is no member %q", g.Email, text)
		case !ok:
			m = directory.Member{Kind: directory.MemberUser, ID: strings.ToLower(text), Email: text}
		}
		if have[m.ID] {
			return nil, fmt.Errorf("groups: %s: member %q is there twice", g.Email, text)
		}
		have[m.ID] = true
		members = append(members, m)
	}
	return members, nil
}

func (g group) group(members []directory.Member) directory.Group {
	users := 0
	for _, m := range members {
		if m.Kind == directory.MemberUser {
			users++
		}
	}
	return directory.Group{
		ID: g.ID, Email: g.Email, Name: g.Name, Description: g.Description, Aliases: g.Aliases, DirectUsers: users,
	}
}
