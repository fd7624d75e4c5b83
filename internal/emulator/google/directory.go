package google

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// A Directory is a [Fixture] that may be edited while servers read it. Every
// edit is atomic: a request sees all of it or nothing.
type Directory struct {
	mu     sync.Mutex
	f      Fixture
	cached *view // of f, or nil after an edit
	clock  func() time.Time
}

// NewDirectory is a directory with the content of f, which it completes:
// ids, the primary domain, the root organizational unit. An address that is
// taken twice is an error.
func NewDirectory(f Fixture) (*Directory, error) {
	d := &Directory{clock: time.Now}
	if err := d.replace(f); err != nil {
		return nil, err
	}
	return d, nil
}

// Company is an almost empty customer to build on: one domain, the system
// roles of an administrator, and one super administrator, admin@domain.
func Company(domain string) *Directory {
	d := &Directory{clock: time.Now}
	f := Fixture{
		Customer: Customer{Domain: domain},
		Users: []User{{
			PrimaryEmail: "admin@" + domain, IsAdmin: true,
			Name: Name{GivenName: "Ada", FamilyName: "Admin"},
		}},
		Roles: systemRoles(),
	}
	f.complete(d.clock())
	d.f = f
	return d
}

// systemRoles are the pre-built roles that matter to a reader (Admin console
// help: pre-built administrator roles).
func systemRoles() []Role {
	return []Role{
		{ID: "3894208461012993", Name: "_SEED_ADMIN_ROLE", Description: "Google Workspace Administrator Seed Role", SuperAdmin: true, System: true},
		{ID: "3894208461012995", Name: "_GROUPS_ADMIN_ROLE", Description: "Groups Administrator", System: true, Privileges: []string{"GROUPS_ALL"}},
		{ID: "3894208461012997", Name: "_USER_MANAGEMENT_ADMIN_ROLE", Description: "User Management Administrator", System: true, Privileges: []string{"ORGANIZATION_UNITS_RETRIEVE", "USERS_ALL"}},
		{ID: "3894208461012999", Name: "_GROUPS_READER_ROLE", Description: "Groups Reader", System: true, Privileges: []string{"GROUPS_RETRIEVE"}},
	}
}

// Fixture is a deep copy of the present content.
func (d *Directory) Fixture() Fixture {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.f.clone()
}

// Update edits the content in any way at all: what the mutators refuse, a
// cycle of groups for one, is possible here. Ids are completed afterwards. It
// is also the way to add thousands of objects: each mutator copies the whole.
func (d *Directory) Update(change func(*Fixture)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := d.f.clone()
	change(&next)
	next.complete(d.clock())
	d.f, d.cached = next, nil
}

// MarshalJSON writes the content as [Fixture].
func (d *Directory) MarshalJSON() ([]byte, error) {
	return json.Marshal(d.Fixture())
}

// UnmarshalJSON replaces the content with a [Fixture].
func (d *Directory) UnmarshalJSON(data []byte) error {
	f, err := decodeFixture(data)
	if err != nil {
		return err
	}
	return d.replace(f)
}

// replace checks f and puts it in the place of the content.
func (d *Directory) replace(f Fixture) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.clock == nil {
		d.clock = time.Now
	}
	f = f.clone()
	f.complete(d.clock())
	if err := f.check(); err != nil {
		return err
	}
	d.f, d.cached = f, nil
	return nil
}

// edit lets a mutator change a copy, and keeps the copy when all is well.
func (d *Directory) edit(what string, change func(next *Fixture, now time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	next, now := d.f.clone(), d.clock()
	if err := change(&next, now); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	next.complete(now)
	if err := next.check(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	d.f, d.cached = next, nil
	return nil
}

// snapshot is the content as requests see it: immutable, indexed, sorted.
func (d *Directory) snapshot() *view {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cached == nil {
		d.cached = newView(d.f)
	}
	return d.cached
}

// setClock is how a server gives the directory its own time.
func (d *Directory) setClock(now func() time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = now
}
