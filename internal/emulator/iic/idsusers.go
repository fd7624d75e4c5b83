package iic

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

type userKeys struct {
	IdentityStoreID string `json:"IdentityStoreId"`
	UserID          string `json:"UserId"`
	UserArn         string
	Revision        string `json:",omitempty"`
}

func (s *Server) keysOfUser(u *User) userKeys {
	return userKeys{s.options.IdentityStoreID, u.ID, userArn(u.ID), strconv.Itoa(u.Revision)}
}

func checkExtensions(names []string) error {
	for _, name := range names {
		if name != enterpriseExtension {
			return invalid("Unsupported extension '%s'", name)
		}
	}
	return nil
}

// idsListUsers: API reference, ListUsers.
func (s *Server) idsListUsers(q *request) (any, error) {
	in, err := idsDecode[struct {
		storeInput
		paging
		Extensions []string
		Filters    []operation
	}](s, q)
	if err != nil {
		return nil, err
	}
	if err := checkExtensions(in.Extensions); err != nil {
		return nil, err
	}
	name, err := oneFilter(in.Filters, "UserName")
	if err != nil {
		return nil, err
	}
	v := s.shown(q, name != "")
	ids := slices.DeleteFunc(slices.Clone(v.users.ids), func(id string) bool {
		return name != "" && fold(v.users.rows[id].UserName) != fold(name)
	})
	page, next, err := s.pageOf(q, in.paging, name, ids)
	if err != nil {
		return nil, err
	}
	out := struct {
		Users     []idsUserView
		NextToken string `json:",omitempty"`
	}{[]idsUserView{}, next}
	for _, id := range page {
		out.Users = append(out.Users, s.idsViewOfUser(v.users.rows[id], in.Extensions))
	}
	return out, nil
}

// idsDescribeUser: API reference, DescribeUser.
func (s *Server) idsDescribeUser(q *request) (any, error) {
	in, err := idsDecode[struct {
		storeInput
		UserID     string `json:"UserId"`
		Extensions []string
	}](s, q)
	if err != nil {
		return nil, err
	}
	if err := checkExtensions(in.Extensions); err != nil {
		return nil, err
	}
	u, err := s.idsUser(in.UserID)
	if err != nil {
		return nil, err
	}
	return s.idsViewOfUser(u, in.Extensions), nil
}

// idsGetUserID: API reference, GetUserId.
func (s *Server) idsGetUserID(q *request) (any, error) {
	in, err := idsDecode[struct {
		storeInput
		AlternateIdentifier alternate
	}](s, q)
	if err != nil {
		return nil, err
	}
	rows := s.store.users.rows
	id, err := in.AlternateIdentifier.resolve(s.store.users.ids,
		func(id string) []externalID { return s.externalIDs(rows[id].ExternalID, rows[id].Issuer) },
		func(id, path string) (string, bool) {
			u := rows[id]
			if u == nil {
				u = &User{}
			}
			switch strings.ToLower(path) {
			case "username":
				return u.UserName, true
			case "emails.value":
				return u.email(), true
			}
			return "", false
		})
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, notFound("USER", "")
	}
	keys := s.keysOfUser(rows[id])
	keys.Revision = ""
	return keys, nil
}

// idsCreateUser: API reference, CreateUser. It has neither ExternalIds nor UserStatus: the user is enabled.
func (s *Server) idsCreateUser(q *request) (any, error) {
	if _, err := idsDecode[storeInput](s, q); err != nil {
		return nil, err
	}
	m, err := q.object()
	if err != nil {
		return nil, err
	}
	u := &User{Active: true}
	e := &editor{user: u}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if slices.Contains([]string{"IdentityStoreId", "ExternalIds", "UserStatus"}, key) {
			continue // what an API does not have, it does not look at
		}
		if err := e.idsSet(key, m[key]); err != nil {
			return nil, err
		}
	}
	if err := s.judge(e, nil); err != nil {
		return nil, err
	}
	u.ID, u.CreatedAt, u.CreatedBy = s.newID(), q.now, q.writer
	return s.idsStoreUser(q, u), nil
}

func (s *Server) idsStoreUser(q *request, u *User) userKeys {
	u.UpdatedAt, u.UpdatedBy = q.now, q.writer
	u.Revision++
	q.effect.id = u.ID
	s.store.putUser(u)
	s.store.written(q.now)
	return s.keysOfUser(u)
}

// idsSet assigns an attribute of the Identity Store; most are those of SCIM.
func (e *editor) idsSet(key string, v any) error {
	text := func(p *string) error {
		s, ok := v.(string)
		if v != nil && (!ok || s == "") {
			return invalid("Value at '%s' is not a string", key)
		}
		*p = s
		return nil
	}
	switch strings.ToLower(key) {
	case "website":
		return text(&e.user.Website)
	case "birthdate":
		return text(&e.user.Birthdate)
	case "photos":
		return setList(e, "photos", v, &e.user.Photos)
	case "extensions":
		m, _ := v.(map[string]any)
		if err := checkExtensions(slices.Sorted(maps.Keys(m))); err != nil {
			return err
		}
		return e.setObject(enterpriseSchema, m[enterpriseExtension])
	case "active", "externalid", "schemas", "id", "meta", strings.ToLower(enterpriseSchema): // SCIM's only
		return invalid("Unsupported attribute path '%s'", key)
	}
	return e.set(key, v)
}

// idsUpdateUser: API reference, UpdateUser.
func (s *Server) idsUpdateUser(q *request) (any, error) {
	in, err := idsDecode[struct {
		storeInput
		UserID     string `json:"UserId"`
		Operations []operation
		Revision   *string
	}](s, q)
	if err != nil {
		return nil, err
	}
	before, err := s.idsUser(in.UserID)
	if err != nil {
		return nil, err
	}
	if err := checkOperations(in.Operations); err != nil {
		return nil, err
	}
	if err := unchanged(in.Revision, before.Revision); err != nil {
		return nil, err
	}
	e := &editor{user: before.clone()}
	for _, op := range in.Operations {
		if err := s.idsUpdate(e, op); err != nil {
			return nil, err
		}
	}
	if err := s.judge(e, before); err != nil {
		return nil, err
	}
	return s.idsStoreUser(q, e.user), nil
}

// idsUpdate does one operation. Whether userStatus and externalIds can be written is not documented.
func (s *Server) idsUpdate(e *editor, op operation) error {
	path := op.AttributePath
	switch {
	case strings.EqualFold(path, "userStatus") && s.options.Switches.WritableStatus:
		if op.AttributeValue != "ENABLED" && op.AttributeValue != "DISABLED" {
			return invalid("Value at 'userStatus' is not a UserStatus")
		}
		e.user.Active = op.AttributeValue == "ENABLED"
		return nil
	case strings.EqualFold(path, "externalIds") && s.options.Switches.WritableExternal:
		return s.setExternalIDs(op.AttributeValue, &e.user.ExternalID, &e.user.Issuer)
	}
	if rest, ok := strings.CutPrefix(path, enterpriseExtension); ok {
		path = enterpriseSchema + rest
		if rest == "" {
			if op.AttributeValue == nil {
				return e.remove(target{attr: enterpriseSchema})
			}
			return e.setObject(enterpriseSchema, op.AttributeValue)
		}
	}
	if op.AttributeValue == nil {
		return e.idsRemove(path)
	}
	if strings.EqualFold(path, enterpriseSchema+".manager") {
		return e.setManager(op.AttributeValue)
	}
	return e.idsSet(path, op.AttributeValue)
}

func (e *editor) idsRemove(path string) error {
	switch strings.ToLower(path) {
	case "emails":
		e.user.Emails = nil
	case "addresses":
		e.user.Addresses = nil
	case "phonenumbers":
		e.user.PhoneNumbers = nil
	case "roles":
		e.user.Roles = nil
	case "photos":
		e.user.Photos = nil
	case "website":
		e.user.Website = ""
	case "birthdate":
		e.user.Birthdate = ""
	case "externalid":
		return invalid("Unsupported attribute path '%s'", path)
	default:
		return e.remove(target{attr: path})
	}
	return nil
}

// setExternalIDs takes a list of at most one.
func (s *Server) setExternalIDs(v any, id, issuer *string) error {
	list, _ := v.([]any)
	if v == nil || len(list) == 0 {
		*id, *issuer = "", ""
		return nil
	}
	m, _ := list[0].(map[string]any)
	newID, _ := m["Id"].(string)
	newIssuer, _ := m["Issuer"].(string)
	if len(list) > 1 || newID == "" || newIssuer == "" {
		return invalid("Value at 'externalIds' is malformed")
	}
	*id, *issuer = newID, newIssuer
	if newIssuer == s.issuer() {
		*issuer = ""
	}
	return nil
}

// idsDeleteUser: API reference, DeleteUser.
func (s *Server) idsDeleteUser(q *request) (any, error) {
	in, err := idsDecode[struct {
		storeInput
		UserID   string `json:"UserId"`
		Revision *string
	}](s, q)
	if err != nil {
		return nil, err
	}
	u, err := s.idsUser(in.UserID)
	if err != nil {
		return nil, err
	}
	if err := unchanged(in.Revision, u.Revision); err != nil {
		return nil, err
	}
	q.effect.id = u.ID
	s.store.removeUser(u.ID)
	s.store.written(q.now)
	return struct{}{}, nil
}
