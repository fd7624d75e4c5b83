package wire_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"

	"ssosync/internal/config"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// An upheaval is a directory that was synced once and then changed much: what a
// run meets that a fault strikes.
type upheaval struct {
	seed          uint64
	before, after google.Fixture
	aws           iic.State // as the first run left it, and others
	alien         []string  // ids of what is there and not managed, or protected
	manager       string    // whose people are in scope without a group
	tight         bool      // guards refuse each revocation that they may
	settings      []string
}

// upheavals are drawn once for all tests.
func upheavals(t *testing.T, n int) []upheaval {
	t.Helper()
	var all []upheaval
	for seed := range uint64(n) {
		synctest.Test(t, func(t *testing.T) { all = append(all, draw(t, seed)) })
	}
	return all
}

func email(i int) string { return fmt.Sprintf("p%d@example.com", i) }

// draw makes an upheaval. Its five kinds are: somebody reads by the Identity
// Store; by a query that only Google can answer, with narrow guards; with
// deletion at once; without and with a group that has everybody.
func draw(t *testing.T, seed uint64) upheaval {
	up := upheaval{seed: seed, settings: []string{
		"PROTECT_USERS", "glass@example.com", "PROTECT_GROUPS", "Locked", "IDENTITY_STORE_ID", "d-1234567890", "GUARD", "shrink=60%/5",
	}}
	const elsewhere = "d-0987654321"          // where ids are others: those that are seeded must not be made again
	random := rand.New(rand.NewPCG(seed, 11)) // repeatable, not secret
	d := peopled(t, random)
	switch seed % 5 {
	case 2:
		up.settings = append(up.settings, "READ", "identitystore")
	case 3:
		up.manager, up.tight = "boss@example.com", true
		up.settings = append(up.settings, "USER_MATCH", "manager=boss@example.com", "GUARD", "shrink=60%/5,users=0%/0,groups=0%/0,leaves=0%/0,group-leaves=0%/1")
	case 4:
		up.settings = append(up.settings, "DEPROVISION_USERS", "delete", "DEPROVISION_GROUPS", "delete")
	}
	if seed%5 == 0 || seed%5 == 2 {
		_, err := d.AddGroup(google.Group{Email: "all@example.com", Name: "All", Members: []google.Member{{ID: d.Fixture().Customer.ID, Type: google.TypeCustomer}}})
		must(t, err)
	}
	up.before = d.Fixture()
	w := newWorld(t, d, iic.Options{IdentityStoreID: elsewhere})
	up.alien = w.others()
	w.mustSync(append(slices.Clip(up.settings), "IDENTITY_STORE_ID", elsewhere)...)
	if seed%5 != 4 { // who is deleted would leave it
		must(t, w.aws.By("arn:aws:iam::111122223333:user/console").AddMember("Console", "p7@example.com"))
	}
	up.aws = w.aws.State()
	change(t, d, random)
	up.after = d.Fixture()
	return up
}

// peopled is nine people and five groups: three with some of eight, one of which
// has p6 and p7 besides, one that has two of these, and one that has p5 alone.
func peopled(t *testing.T, random *rand.Rand) *google.Directory {
	t.Helper()
	d := google.Company("example.com")
	d.Update(func(f *google.Fixture) {
		for i := range 8 {
			p := person(email(i), "Given"+fmt.Sprint(i), "Family")
			if i == 3 || i == 7 {
				p.Relations = []map[string]any{{"type": "manager", "value": "boss@example.com"}}
			}
			f.Users = append(f.Users, p)
		}
		f.Users = append(f.Users, person("boss@example.com", "The", "Boss"))
		for i := range 3 {
			var ms []string
			for _, p := range random.Perm(8)[:3+random.IntN(2)] {
				ms = append(ms, email(p))
			}
			if i == 0 {
				ms = slices.DeleteFunc(ms, func(m string) bool { return m == email(6) || m == email(7) })
				ms = append(ms, email(6), email(7))
			}
			f.Groups = append(f.Groups, google.Group{Email: fmt.Sprintf("t%d@example.com", i), Name: fmt.Sprintf("Team %d", i), Members: members(ms...)})
		}
		f.Groups = append(f.Groups,
			google.Group{Email: "nest@example.com", Name: "Nest", Members: members("t0@example.com", "t1@example.com", email(random.IntN(8)))},
			google.Group{Email: "lone@example.com", Name: "Lone", Members: members(email(5), email(4))})
	})
	must(t, d.Suspend(email(4), true))
	return d
}

// others seeds what is not ours: somebody's own user and group, one of Control
// Tower's, and a user and a group that are protected, and of whom Google, whose
// ids they carry, knows nothing.
func (w *world) others() []string {
	glass := iic.Person("glass@example.com", "Break", "Glass", "199999999999999999999")
	owned := iic.Person("console@example.com", "Con", "Sole", "")
	must(w, w.aws.Seed(iic.State{Users: []iic.User{glass, owned}, Groups: []iic.Group{
		{DisplayName: "Console", Members: []string{owned.UserName}},
		{DisplayName: "AWSControlTowerAdmins", Members: []string{owned.UserName, glass.UserName}},
		{DisplayName: "Locked", ExternalID: w.dir.GroupID("t0@example.com")[:14] + "z", Members: []string{glass.UserName}},
	}}))
	st := w.aws.State()
	var ids []string
	for _, u := range st.Users {
		ids = append(ids, u.ID)
	}
	for _, g := range st.Groups {
		ids = append(ids, g.ID)
	}
	return ids
}

// change is what happens to the directory: somebody is deleted, suspended,
// renamed, comes, comes back, leaves a group, leaves the last one; a group goes,
// comes, is renamed, and leaves another.
func change(t *testing.T, d *google.Directory, random *rand.Rand) {
	t.Helper()
	who := random.Perm(4) // of p0 to p3
	must(t, d.DeleteUser(email(who[0])))
	must(t, d.Suspend(email(who[1]), true))
	must(t, d.RenameUser(email(who[2]), "renamed@example.com"))
	must(t, d.Suspend(email(4), false))
	must(t, d.RemoveMember("lone@example.com", email(5)))
	must(t, d.RemoveMember("t0@example.com", email(6+random.IntN(2))))
	_, err := d.AddUser(person("new@example.com", "New", "Comer"))
	must(t, err)
	must(t, d.AddMember("t0@example.com", google.Member{Email: "new@example.com"}))
	must(t, d.RenameGroup("t1@example.com", "Renamed", ""))
	must(t, d.RemoveMember("nest@example.com", fmt.Sprintf("t%d@example.com", random.IntN(2))))
	must(t, d.DeleteGroup("t2@example.com"))
	_, err = d.AddGroup(google.Group{Email: "fresh@example.com", Name: "Fresh", Members: members("new@example.com", email(6), "nest@example.com")})
	must(t, err)
}

// own reports whether a user or group of AWS is ours.
func (up upheaval) own(id string) bool { return !slices.Contains(up.alien, id) }

// truth is that of the directory as it is by now.
func (up upheaval) truth(w *world) truth { return truthOf(w.dir.Fixture(), up.manager) }

// world is the moment before the run. Meanwhile happens before the directory
// changes, for faults that show what there was.
func (up upheaval) world(t *testing.T, meanwhile func(w *world)) *world {
	t.Helper()
	d, err := google.NewDirectory(up.before)
	must(t, err)
	t.Setenv("AWS_CA_BUNDLE", "") // whose certificates take longer to read than all the rest
	w := newWorld(t, d, iic.Options{})
	must(t, w.aws.Seed(up.aws))
	meanwhile(w)
	d.Update(func(f *google.Fixture) {
		f.Users, f.DeletedUsers, f.Groups = up.after.Users, up.after.DeletedUsers, up.after.Groups
	})
	return w
}

// all accepts every guard.
func (up upheaval) accept() []string { return config.AcceptNames() }
