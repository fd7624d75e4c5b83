package iic

import (
	"net/http"
	"time"
)

// userView is a user as SCIM shows it. profileUrl and manager.$ref are in no answer of the SCIM guide, although they are
// accepted; neither is a location or a version in meta.
type userView struct {
	ID                string          `json:"id"`
	ExternalID        string          `json:"externalId,omitempty"`
	Meta              meta            `json:"meta"`
	Schemas           []string        `json:"schemas"`
	UserName          string          `json:"userName"`
	Name              *Name           `json:"name,omitempty"`
	DisplayName       string          `json:"displayName,omitempty"`
	NickName          string          `json:"nickName,omitempty"`
	Title             string          `json:"title,omitempty"`
	UserType          string          `json:"userType,omitempty"`
	PreferredLanguage string          `json:"preferredLanguage,omitempty"`
	Locale            string          `json:"locale,omitempty"`
	Timezone          string          `json:"timezone,omitempty"`
	Active            bool            `json:"active"`
	Emails            []Email         `json:"emails"`
	Addresses         []Address       `json:"addresses,omitempty"`
	PhoneNumbers      []Phone         `json:"phoneNumbers,omitempty"`
	Roles             []Role          `json:"roles,omitempty"`
	Enterprise        *enterpriseView `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,omitempty"`
}

type meta struct {
	ResourceType string `json:"resourceType"`
	Created      string `json:"created"`
	LastModified string `json:"lastModified"`
}

type enterpriseView struct {
	EmployeeNumber string       `json:"employeeNumber,omitempty"`
	CostCenter     string       `json:"costCenter,omitempty"`
	Organization   string       `json:"organization,omitempty"`
	Division       string       `json:"division,omitempty"`
	Department     string       `json:"department,omitempty"`
	Manager        *managerView `json:"manager,omitempty"`
}

type managerView struct {
	Value string `json:"value"`
}

func newMeta(resourceType string, created, updated time.Time) meta {
	const seconds = "2006-01-02T15:04:05Z"
	return meta{resourceType, created.UTC().Format(seconds), updated.UTC().Format(seconds)}
}

func viewOfUser(u *User) userView {
	v := userView{
		ID: u.ID, ExternalID: u.ExternalID, Meta: newMeta("User", u.CreatedAt, u.UpdatedAt), Schemas: []string{userSchema},
		UserName: u.UserName, DisplayName: u.DisplayName, NickName: u.NickName, Title: u.Title, UserType: u.UserType,
		PreferredLanguage: u.PreferredLanguage, Locale: u.Locale, Timezone: u.Timezone, Active: u.Active,
		Emails: u.Emails, Addresses: u.Addresses, PhoneNumbers: u.PhoneNumbers, Roles: u.Roles,
	}
	if v.Emails == nil {
		v.Emails = []Email{}
	}
	if u.Name != (Name{}) {
		v.Name = &u.Name
	}
	if u.Enterprise != (Enterprise{}) {
		v.Schemas = append(v.Schemas, enterpriseSchema)
		v.Enterprise = viewOfEnterprise(u.Enterprise)
	}
	return v
}

func viewOfEnterprise(e Enterprise) *enterpriseView {
	v := &enterpriseView{
		EmployeeNumber: e.EmployeeNumber, CostCenter: e.CostCenter, Organization: e.Organization,
		Division: e.Division, Department: e.Department,
	}
	if e.Manager != "" {
		v.Manager = &managerView{e.Manager}
	}
	return v
}

// createUser: SCIM guide, CreateUser.
func (s *Server) createUser(q *request) (response, error) {
	u := &User{Active: s.options.Switches.ActiveDefault}
	if err := s.fillUser(q, u, nil); err != nil {
		return response{}, err
	}
	u.ID, u.CreatedAt, u.CreatedBy = s.newID(), q.now, q.writer
	s.storeUser(q, u)
	return response{http.StatusCreated, viewOfUser(u)}, nil
}

// fillUser puts the body of a POST or PUT into u and judges the result. The groups attribute is refused like every other
// that is not in the guide's tables.
func (s *Server) fillUser(q *request, u, before *User) error {
	m, err := q.object()
	if err != nil {
		return err
	}
	e := &editor{user: u}
	if err := e.setAll(m); err != nil {
		return err
	}
	return s.judge(e, before)
}

// judge finds what is wrong with an edited user: first with the request, then with the result, then with its neighbours.
func (s *Server) judge(e *editor, before *User) error {
	if err := violated(e.bad); err != nil {
		return err
	}
	if err := s.checkUser(e.user, before); err != nil {
		return err
	}
	if attribute := s.store.duplicateUser(e.user); attribute != "" {
		return duplicate(attribute)
	}
	return nil
}

// storeUser keeps the new state of a user that SCIM wrote.
func (s *Server) storeUser(q *request, u *User) {
	u.UpdatedAt, u.UpdatedBy = q.now, q.writer
	if before := s.store.users.rows[u.ID]; before == nil || before.ExternalID != u.ExternalID {
		u.Issuer = "" // it is ours now
	}
	u.Revision++
	q.effect.id = u.ID
	s.store.putUser(u)
	s.store.written(q.now)
}

func (s *Server) userAt(q *request) (*User, error) {
	if u := s.store.users.rows[q.path.id]; u != nil {
		q.effect.id = u.ID
		return u, nil
	}
	return nil, notFound("USER", q.path.id)
}

// getUser: SCIM guide, GetUser.
func (s *Server) getUser(q *request) (response, error) {
	u, err := s.userAt(q)
	if err != nil {
		return response{}, err
	}
	return response{http.StatusOK, viewOfUser(u)}, nil
}

// putUser: SCIM guide, PutUser. It overwrites the user; the guide's example answers 201.
func (s *Server) putUser(q *request) (response, error) {
	before, err := s.userAt(q)
	if err != nil {
		return response{}, err
	}
	m, err := q.object()
	if err != nil {
		return response{}, err
	}
	if id, ok := m["id"]; ok && id != before.ID {
		return response{}, invalid("id of the body is not the id of the path")
	}
	if err := required(m); err != nil {
		return response{}, err
	}
	u := before.clone()
	if !s.options.Switches.PutKeeps {
		u = &User{
			ID: before.ID, Active: s.options.Switches.ActiveDefault,
			CreatedAt: before.CreatedAt, CreatedBy: before.CreatedBy, Revision: before.Revision, Issuer: before.Issuer,
			Website: before.Website, Birthdate: before.Birthdate, Photos: before.Photos, // not SCIM's to erase
		}
	}
	if err := s.fillUser(q, u, before); err != nil {
		return response{}, err
	}
	s.storeUser(q, u)
	status := http.StatusCreated
	if s.options.Switches.PutOK {
		status = http.StatusOK
	}
	return response{status, viewOfUser(u)}, nil
}

// required looks for what PUT has to name even where it would keep it.
func required(m map[string]any) error {
	e := &editor{user: &User{}}
	if err := e.setAll(m); err != nil {
		return err
	}
	var bad []string
	for _, a := range userAttributes() {
		if a.required && *a.of(e.user) == "" {
			bad = append(bad, "Value at '"+a.path+"' failed to satisfy constraint: Member must not be null")
		}
	}
	if len(e.bad) > 0 {
		bad = e.bad
	}
	return violated(bad)
}

// deleteUser: SCIM guide, DeleteUser.
func (s *Server) deleteUser(q *request) (response, error) {
	if _, err := s.userAt(q); err != nil {
		return response{}, err
	}
	s.store.removeUser(q.path.id)
	s.store.written(q.now)
	return response{status: http.StatusNoContent}, nil
}
