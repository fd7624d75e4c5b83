package iic

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Assignment says that a principal has a permission set in an account. What it names need not be seeded: a permission set
// comes into being with its first assignment, and a principal may be gone.
type Assignment struct {
	PrincipalType    string // USER or GROUP
	PrincipalID      string
	AccountID        string // 12 digits
	PermissionSetArn string
}

// ApplicationAssignment says that a principal may use an application. What it names need not be seeded, as in Assignment.
type ApplicationAssignment struct {
	PrincipalType  string // USER or GROUP
	PrincipalID    string
	ApplicationArn string
}

// PermissionSet is a level of access to an account.
type PermissionSet struct {
	Arn             string
	Name            string // empty in a seed: what follows the last slash of Arn
	Description     string
	SessionDuration string    // ISO 8601; empty in a seed: PT1H, AWS's default
	CreatedAt       time.Time // zero in a seed: now
}

// Application is an application that principals are assigned to.
type Application struct {
	Arn         string
	Name        string // empty in a seed: what follows the last slash of Arn
	Description string
	Status      string    // ENABLED or DISABLED; empty in a seed: ENABLED
	CreatedAt   time.Time // zero in a seed: now
}

// access is who may do what, by the id of a principal. It knows nothing of users and groups: an assignment stays with an id
// whose object is gone, and an object that is made again has another id and no assignment (user guide: troubleshooting).
type access struct {
	permissionSets *table[PermissionSet]
	applications   *table[Application]
	accounts       []Assignment
	uses           []ApplicationAssignment
}

func newAccess() access {
	return access{permissionSets: newTable[PermissionSet](), applications: newTable[Application]()}
}

func (a *access) clone() access {
	return access{a.permissionSets.clone(), a.applications.clone(), slices.Clone(a.accounts), slices.Clone(a.uses)}
}

func (a *access) putPermissionSet(p PermissionSet, now time.Time) {
	p.Name, p.SessionDuration = cmp.Or(p.Name, lastOf(p.Arn)), cmp.Or(p.SessionDuration, "PT1H")
	if p.CreatedAt.IsZero() {
		p.CreatedAt = now
	}
	a.permissionSets.put(p.Arn, &p)
}

func (a *access) putApplication(p Application, now time.Time) {
	p.Name, p.Status = cmp.Or(p.Name, lastOf(p.Arn)), cmp.Or(p.Status, "ENABLED")
	if p.CreatedAt.IsZero() {
		p.CreatedAt = now
	}
	a.applications.put(p.Arn, &p)
}

func (a *access) assign(x Assignment, now time.Time) {
	a.accounts = append(a.accounts, x)
	if x.PermissionSetArn != "" && !a.permissionSets.has(x.PermissionSetArn) {
		a.putPermissionSet(PermissionSet{Arn: x.PermissionSetArn}, now)
	}
}

func (a *access) assignApplication(x ApplicationAssignment, now time.Time) {
	a.uses = append(a.uses, x)
	if x.ApplicationArn != "" && !a.applications.has(x.ApplicationArn) {
		a.putApplication(Application{Arn: x.ApplicationArn}, now)
	}
}

// seed puts a State's part in.
func (a *access) seed(st State, now time.Time) {
	for _, p := range st.PermissionSets {
		a.putPermissionSet(p, now)
	}
	for _, p := range st.Applications {
		a.putApplication(p, now)
	}
	for _, x := range st.Assignments {
		a.assign(x, now)
	}
	for _, x := range st.ApplicationAssignments {
		a.assignApplication(x, now)
	}
}

// show fills a State's part.
func (a *access) show(st *State) {
	for _, arn := range a.permissionSets.ids {
		st.PermissionSets = append(st.PermissionSets, *a.permissionSets.rows[arn])
	}
	for _, arn := range a.applications.ids {
		st.Applications = append(st.Applications, *a.applications.rows[arn])
	}
	st.Assignments, st.ApplicationAssignments = slices.Clone(a.accounts), slices.Clone(a.uses)
}

// Assign gives permission sets to principals. They need not exist.
func (s *Server) Assign(assignments ...Assignment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range assignments {
		s.store.access.assign(a, s.options.Clock())
	}
}

// AssignApplication lets principals use applications. They need not exist.
func (s *Server) AssignApplication(assignments ...ApplicationAssignment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range assignments {
		s.store.access.assignApplication(a, s.options.Clock())
	}
}

// Dangling are the assignments of principals that are no longer there: what is left when a group is deleted and made again
// (user guide: troubleshooting).
func (s *Server) Dangling() []Assignment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.store.access.accounts), func(a Assignment) bool {
		return s.store.principal(a.PrincipalType, a.PrincipalID)
	})
}

// DanglingApplications is Dangling for applications.
func (s *Server) DanglingApplications() []ApplicationAssignment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.store.access.uses), func(a ApplicationAssignment) bool {
		return s.store.principal(a.PrincipalType, a.PrincipalID)
	})
}

// principal says whether the user or group is there.
func (s *store) principal(kind, id string) bool {
	if strings.EqualFold(kind, "USER") {
		return s.users.has(id)
	}
	return s.groups.has(id)
}

func lastOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
