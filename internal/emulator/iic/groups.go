package iic

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// maxMembers is how many members one request may add or remove (SCIM guide: CreateGroup, PatchGroup).
const maxMembers = 100

// groupView is a group as SCIM shows it. Members can never be read from a group (SCIM guide: GetGroup, ListGroups): the
// key is absent from the answers to CreateGroup and GetGroup and an empty list in ListGroups.
type groupView struct {
	ID          string    `json:"id"`
	ExternalID  string    `json:"externalId,omitempty"`
	Meta        meta      `json:"meta"`
	Schemas     []string  `json:"schemas"`
	DisplayName string    `json:"displayName"`
	Members     *[]string `json:"members,omitempty"`
}

func viewOfGroup(g *Group, withMembers bool) groupView {
	v := groupView{
		ID: g.ID, ExternalID: g.ExternalID, Meta: newMeta("Group", g.CreatedAt, g.UpdatedAt),
		Schemas: []string{groupSchema}, DisplayName: g.DisplayName,
	}
	if withMembers {
		v.Members = &[]string{}
	}
	return v
}

// createGroup: SCIM guide, CreateGroup.
func (s *Server) createGroup(q *request) (response, error) {
	m, err := q.object()
	if err != nil {
		return response{}, err
	}
	g := &Group{}
	members, err := s.fillGroup(g, m)
	if err != nil {
		return response{}, err
	}
	if len(members) > maxMembers {
		return response{}, invalid("Maximum of %d members can be added in a single request", maxMembers)
	}
	if attribute := s.store.duplicateGroup(g, s.options.Switches.SharedGroupExternal); attribute != "" {
		return response{}, duplicate(attribute)
	}
	if err := s.knownMembers(members); err != nil {
		return response{}, err
	}
	if err := s.throttleMembers(q, len(members)); err != nil {
		return response{}, err
	}
	g.ID, g.CreatedAt, g.CreatedBy = s.newID(), q.now, q.writer
	s.storeGroup(q, g)
	for _, user := range members {
		s.join(q, g.ID, user)
	}
	s.store.written(q.now)
	return response{http.StatusCreated, viewOfGroup(g, s.options.Switches.EmptyMembers)}, nil
}

// fillGroup reads the attributes of a new group, and its members.
func (s *Server) fillGroup(g *Group, m map[string]any) ([]string, error) {
	var members []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		v := m[key]
		var err error
		switch strings.ToLower(key) {
		case "schemas", "id", "meta":
		case "displayname":
			err = s.setGroupName(g, v)
		case "externalid":
			err = s.setGroupExternal(g, v)
		case "members":
			if v != nil {
				members, err = memberIDs(v)
			}
		default:
			err = invalid("unsupported attribute '%s'", key)
		}
		if err != nil {
			return nil, err
		}
	}
	if g.DisplayName == "" {
		return nil, violated([]string{"Value at 'displayName' failed to satisfy constraint: Member must not be null"})
	}
	return members, nil
}

func (s *Server) setGroupName(g *Group, v any) error {
	name, ok := v.(string)
	if !ok {
		return invalid("Value at 'displayName' is not a string")
	}
	if err := violated(groupNameText().violations("displayName", name)); err != nil {
		return err
	}
	if reserved(name) {
		return invalid("'%s' is a reserved name", name)
	}
	g.DisplayName = name
	return nil
}

func (s *Server) setGroupExternal(g *Group, v any) error {
	if v == nil {
		return nil
	}
	external, ok := v.(string)
	if !ok {
		return invalid("Value at 'externalId' is not a string")
	}
	if err := violated(word(256).violations("externalId", external)); err != nil {
		return err
	}
	if s.options.Switches.RejectColon && strings.Contains(external, ":") {
		return invalid("Invalid externalId")
	}
	g.ExternalID = external
	return nil
}

// memberIDs reads [{"value": "<user id>"}, …]. Members are users only: groups in groups are not supported.
func memberIDs(v any) ([]string, error) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var ids []string
	for _, member := range list {
		m, _ := member.(map[string]any)
		id, _ := m["value"].(string)
		if id == "" {
			return nil, invalid("Value at 'members.value' failed to satisfy constraint: Member must not be null")
		}
		if kind, ok := m["type"]; ok && kind != "User" {
			return nil, invalid("Value at 'members.type' is not User")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (s *Server) knownMembers(ids []string) error {
	for _, id := range ids {
		if s.store.users.has(id) {
			continue
		}
		if s.options.Switches.UnknownMemberIs400 {
			return invalid("Unknown member '%s'", id)
		}
		return notFound("USER", id)
	}
	return nil
}

// storeGroup keeps the new state of a group that SCIM wrote.
func (s *Server) storeGroup(q *request, g *Group) {
	g.UpdatedAt, g.UpdatedBy = q.now, q.writer
	if before := s.store.groups.rows[g.ID]; before == nil || before.ExternalID != g.ExternalID {
		g.Issuer = "" // it is ours now
	}
	g.Revision++
	q.effect.id = g.ID
	s.store.putGroup(g)
}

// join adds a member that is not there yet.
func (s *Server) join(q *request, group, user string) {
	if s.store.members[group].has(user) {
		return
	}
	s.store.addMember(&membership{ID: s.newID(), GroupID: group, UserID: user, CreatedAt: q.now, CreatedBy: q.writer})
	q.effect.id, q.effect.added = group, append(q.effect.added, user)
}

// part takes a member out.
func (s *Server) part(q *request, group, user string) {
	s.store.removeMember(group, user)
	q.effect.id, q.effect.removed = group, append(q.effect.removed, user)
}

func (s *Server) groupAt(q *request) (*Group, error) {
	if g := s.store.groups.rows[q.path.id]; g != nil {
		q.effect.id = g.ID
		return g, nil
	}
	return nil, notFound("GROUP", q.path.id)
}

// getGroup: SCIM guide, GetGroup.
func (s *Server) getGroup(q *request) (response, error) {
	g, err := s.groupAt(q)
	if err != nil {
		return response{}, err
	}
	return response{http.StatusOK, viewOfGroup(g, s.options.Switches.EmptyMembers)}, nil
}

// deleteGroup: SCIM guide, DeleteGroup.
func (s *Server) deleteGroup(q *request) (response, error) {
	if _, err := s.groupAt(q); err != nil {
		return response{}, err
	}
	s.store.removeGroup(q.path.id)
	s.store.written(q.now)
	return response{status: http.StatusNoContent}, nil
}
