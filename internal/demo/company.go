package demo

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ssosync/internal/emulator/google"
)

// Domain is that of the company; example.com belongs to nobody (RFC 2606 §3).
const Domain = "example.com"

// Administrator is the super administrator whom ssosync impersonates.
const Administrator = "admin@" + Domain

// A person is a row of the company's staff. What else Google knows of them
// follows from it.
type person struct {
	local         string // of the address
	given, family string
	title         string
	department    string
	manager       string // local part; "" for the one at the top
}

// staff is in the order of departments. The names are made up.
var staff = []person{ //nolint:gochecknoglobals // A table.
	{"marguerite.ashdown", "Marguerite", "Ashdown", "Chief Executive", "Executive", ""},
	{"tobias.lindqvist", "Tobias", "Lindqvist", "Chief Technology Officer", "Executive", "marguerite.ashdown"},
	{"priya.ramanathan-cole", "Priya", "Ramanathan-Cole", "Chief Financial Officer", "Executive", "marguerite.ashdown"},
	{"olumide.fakorede", "Olumide", "Fakorede", "Chief People Officer", "Executive", "marguerite.ashdown"},
	{"admin", "Ada", "Admin", "Workspace Administrator", "IT", "tobias.lindqvist"},

	{"hanneke.vroomen", "Hanneke", "Vroomen", "VP Platform", "Platform", "tobias.lindqvist"},
	{"niamh.o'sullivan", "Niamh", "O'Sullivan", "Staff Engineer", "Platform", "hanneke.vroomen"},
	{"jose.munoz", "José", "Muñoz Ibáñez", "Site Reliability Engineer", "Platform", "niamh.o'sullivan"},
	{"lukasz.wisniak", "Łukasz", "Wiśniak", "Site Reliability Engineer", "Platform", "niamh.o'sullivan"},
	{"misaki.tanabe", "美咲", "田辺", "Platform Engineer", "Platform", "niamh.o'sullivan"},
	{"delroy.hutchins", "Delroy", "Hutchins", "Platform Engineer", "Platform", "niamh.o'sullivan"},
	{"sunniva.tveit", "Sunniva", "Tveit", "Platform Engineer", "Platform", "hanneke.vroomen"},

	{"rashid.belhadj", "Rashid", "Belhadj", "Head of Product Engineering", "Product Engineering", "tobias.lindqvist"},
	{"zoe.brulard", "Zoë", "Brûlard", "Engineering Manager", "Product Engineering", "rashid.belhadj"},
	{"kofi.darkwah", "Kofi", "Darkwah", "Senior Engineer", "Product Engineering", "zoe.brulard"},
	{"elif.karatas", "Elif", "Karataş", "Senior Engineer", "Product Engineering", "zoe.brulard"},
	{"bogdan.ilievici", "Bogdan", "Ilievici", "Engineer", "Product Engineering", "zoe.brulard"},
	{"thandi.mabaso", "Thandi", "Mabaso", "Engineer", "Product Engineering", "zoe.brulard"},
	{"oscar.fallowfield", "Oscar", "Fallowfield", "Engineer", "Product Engineering", "zoe.brulard"},
	{"yuki.amamiya", "Yuki", "Amamiya", "Designer", "Product Engineering", "rashid.belhadj"},
	{"leocadia.prats", "Leocadia", "Prats", "Product Manager", "Product Engineering", "rashid.belhadj"},
	{"finlay.drummore", "Finlay", "Drummore", "Engineer", "Product Engineering", "zoe.brulard"},

	{"anneliese.krug", "Anneliese", "Krug", "Head of Data", "Data", "tobias.lindqvist"},
	{"suharti", "Suharti", "", "Data Engineer", "Data", "anneliese.krug"},
	{"mateus.quintanilha", "Mateus", "Quintanilha", "Data Engineer", "Data", "anneliese.krug"},
	{"ingrid.solbakk", "Ingrid", "Solbakk", "Data Scientist", "Data", "anneliese.krug"},
	{"hamish.pettigrove", "Hamish", "Pettigrove", "Analyst", "Data", "anneliese.krug"},
	{"bao.trinh", "Bảo", "Trịnh", "Analyst", "Data", "anneliese.krug"},

	{"farida.nazari", "Farida", "Nazari", "Head of Security", "Security", "tobias.lindqvist"},
	{"cormac.tierney-walsh", "Cormac", "Tierney-Walsh", "Security Engineer", "Security", "farida.nazari"},
	{"ottilie.brandl", "Ottilie", "Brandl", "Security Engineer", "Security", "farida.nazari"},
	{"desmond.achterberg", "Desmond", "Achterberg", "Security Analyst", "Security", "farida.nazari"},

	{"katharina.vogelsang", "Katharina", "Vogelsang", "Controller", "Finance", "priya.ramanathan-cole"},
	{"ebony.lacroix", "Ebony", "Lacroix", "Accountant", "Finance", "katharina.vogelsang"},
	{"ruben.steenkamp", "Ruben", "Steenkamp", "Accountant", "Finance", "katharina.vogelsang"},
	{"mirela.popovska", "Mirela", "Popovska", "Payroll Specialist", "Finance", "katharina.vogelsang"},
	{"gareth.pelham", "Gareth", "Pelham", "Purchaser", "Finance", "katharina.vogelsang"},

	{"beatriz.salgueiro", "Beatriz", "Salgueiro", "Head of Sales", "Sales", "marguerite.ashdown"},
	{"jamal.whitcombe", "Jamal", "Whitcombe", "Account Executive", "Sales", "beatriz.salgueiro"},
	{"signe.overgaard", "Signe", "Overgaard", "Account Executive", "Sales", "beatriz.salgueiro"},
	{"pascal.reinhold", "Pascal", "Reinhold", "Account Executive", "Sales", "beatriz.salgueiro"},
	{"noor.haddadi", "Noor", "Haddadi", "Sales Engineer", "Sales", "beatriz.salgueiro"},
	{"clementine.ardoin", "Clémentine", "Ardoin", "Sales Engineer", "Sales", "beatriz.salgueiro"},
	{"wiremu.tautahi", "Wiremu", "Tautahi", "Account Manager", "Sales", "beatriz.salgueiro"},
	{"isolde.meyrick", "Isolde", "Meyrick", "Account Manager", "Sales", "beatriz.salgueiro"},
	{"arjun.velayutham", "Arjun", "Velayutham", "Solutions Architect", "Sales", "beatriz.salgueiro"},

	{"philippa.nettleton", "Philippa", "Nettleton", "Head of Talent", "People", "olumide.fakorede"},
	{"chidi.umeh", "Chidi", "Umeh", "Recruiter", "People", "philippa.nettleton"},
	{"aino.rautavaara", "Aino", "Rautavaara", "Recruiter", "People", "philippa.nettleton"},
	{"tamsin.pengelly", "Tamsin", "Pengelly", "People Partner", "People", "philippa.nettleton"},

	{"valentin.dragomir", "Valentin", "Dragomir", "Head of Support", "Support", "tobias.lindqvist"},
	{"lerato.khumalwe", "Lerato", "Khumalwe", "Support Engineer", "Support", "valentin.dragomir"},
	{"emrys.cadwallen", "Emrys", "Cadwallen", "Support Engineer", "Support", "valentin.dragomir"},
	{"soledad.arizmendi", "Soledad", "Arizmendi", "Support Engineer", "Support", "valentin.dragomir"},
	{"hyacinth.boateng-lowe", "Hyacinth", "Boateng-Lowe", "Support Engineer", "Support", "valentin.dragomir"},

	{"rosalind.thackeray-moss", "Rosalind", "Thackeray-Moss", "General Counsel", "Legal", "marguerite.ashdown"},
	{"teodor.balan", "Teodor", "Bălan", "Counsel", "Legal", "rosalind.thackeray-moss"},
}

// A team is a row of the company's groups.
type team struct {
	local, name, description string
	members                  string // local parts, or whole addresses, apart by spaces
}

// departments are the groups whose members are those of one department.
func departments() []team {
	var all []team
	for _, t := range []team{
		{"data", "Data", "Warehouse and dashboards", ""},
		{"finance", "Finance", "", ""},
		{"people", "People", "", ""},
		{"platform", "Platform", "Runs what the others build on", ""},
		{"product-engineering", "Product Engineering", "", ""},
		{"sales", "Sales", "", ""},
		{"security", "Security", "", ""},
	} {
		for _, p := range staff {
			if p.department == t.name {
				t.members += p.local + " "
			}
		}
		all = append(all, t)
	}
	return all
}

// teams are the other groups: those with other groups in them, with someone of
// another company, with everybody, and two of one name.
var teams = []team{ //nolint:gochecknoglobals // A table.
	{"cloud-admins", "Cloud Admins", "Administrators of the AWS organization", "hanneke.vroomen niamh.o'sullivan farida.nazari"},
	{"readers", "Cloud Readers", "May look at everything in AWS", "engineering finance rosalind.thackeray-moss"},
	{"aurora", "Project Aurora", "Launch of the new product", "leocadia.prats kofi.darkwah robin@partner.example.net"},
	{"release-apac", "Project Aurora", "The same for Asia and the Pacific", "misaki.tanabe wiremu.tautahi kat"},
	{"engineering", "Engineering", "All who build", "platform product-engineering data tobias.lindqvist"},
	{"oncall", "On-call", "Who is woken at night", "jose.munoz lukasz.wisniak security valentin.dragomir"},
	{"staff", "All Staff", "Everybody who works here", ""},
}

// Company is the directory of the demo: 57 people, one of them suspended and
// one archived, in 14 groups, of which some hold others, two have one name, one
// holds everybody and one somebody of another company. It is a new one at each
// call, and always the same.
func Company() *google.Directory {
	d := google.Company(Domain)
	d.Update(func(f *google.Fixture) {
		f.Users = nil
		for i, p := range staff {
			u := p.account()
			u.ID = userID(i, u.PrimaryEmail)
			f.Users = append(f.Users, u)
		}
		for i, t := range slices.Concat(teams, departments()) {
			g := t.group()
			g.ID = groupID(i, g.Email)
			f.Groups = append(f.Groups, g)
		}
	})
	return d
}

// userID makes an id of the form that Google's have, 21 digits. Ids are in the
// order of the table, which is then the order in reports.
func userID(i int, email string) string {
	sum := sha256.Sum256([]byte(email))
	return fmt.Sprintf("1%02d%018d", i, binary.BigEndian.Uint64(sum[:])%1e18)
}

// groupID makes an id of the form that Google's have, a zero and 14 letters or
// digits, likewise in order.
func groupID(i int, email string) string {
	sum := sha256.Sum256([]byte(email))
	tail := strconv.FormatUint(binary.BigEndian.Uint64(sum[:]), 36) + "000000000000"
	return fmt.Sprintf("0%02d%s", i, tail[:12])
}

func (p person) account() google.User {
	u := google.User{
		PrimaryEmail: p.local + "@" + Domain,
		Name:         google.Name{GivenName: p.given, FamilyName: p.family, FullName: strings.TrimSpace(p.given + " " + p.family)},
		OrgUnitPath:  "/" + p.department,
		CreationTime: "2024-02-01T09:12:44.000Z",
		Organizations: []map[string]any{{
			"name": "Example Ltd", "title": p.title, "department": p.department, "primary": true,
		}},
	}
	if p.manager != "" {
		u.Relations = []map[string]any{{"type": "manager", "value": p.manager + "@" + Domain}}
	}
	switch p.local {
	case "admin":
		u.IsAdmin = true
	case "katharina.vogelsang":
		u.Aliases = []string{"kat@" + Domain}
	case "gareth.pelham":
		u.Suspended, u.SuspensionReason, u.SuspensionTime = true, "ADMIN", "2026-10-12T16:40:02.000Z"
	case "ingrid.solbakk":
		u.Archived, u.ArchivalTime = true, "2026-09-30T22:00:00.000Z"
	}
	return u
}

func (t team) group() google.Group {
	g := google.Group{Email: t.local + "@" + Domain, Name: t.name, Description: t.description}
	for member := range strings.FieldsSeq(t.members) {
		if !strings.Contains(member, "@") {
			member += "@" + Domain
		}
		g.Members = append(g.Members, google.Member{Email: member})
	}
	if t.local == "staff" {
		g.Members = []google.Member{{Type: google.TypeCustomer}}
	}
	return g
}

// administrator is whom to impersonate in a directory: the one of the demo, or
// else the first super administrator.
func administrator(f google.Fixture) (string, error) {
	first := ""
	for _, u := range f.Users {
		if !u.IsAdmin || u.Suspended {
			continue
		}
		if u.PrimaryEmail == Administrator {
			return Administrator, nil
		}
		first = cmp.Or(first, u.PrimaryEmail)
	}
	if first == "" {
		return "", fmt.Errorf("nobody to read the directory as: no user has %q", `"isAdmin": true`)
	}
	return first, nil
}
