package iic

import (
	"slices"
	"strconv"
	"strings"
)

type idsGroupView struct {
	IdentityStoreID string `json:"IdentityStoreId"`
	GroupID         string `json:"GroupId"`
	GroupArn        string
	DisplayName     string       `json:",omitempty"`
	Description     string       `json:",omitempty"`
	ExternalIDs     []externalID `json:"ExternalIds,omitempty"`
	CreatedAt       float64
	CreatedBy       string `json:",omitempty"`
	UpdatedAt       float64
	UpdatedBy       string `json:",omitempty"`
	Revision        string
}

func (s *Server) idsViewOfGroup(g *Group) idsGroupView {
	return idsGroupView{
		IdentityStoreID: s.options.IdentityStoreID, GroupID: g.ID, GroupArn: groupArn(g.ID),
		DisplayName: g.DisplayName, Description: g.Description, ExternalIDs: s.externalIDs(g.ExternalID, g.Issuer),
		CreatedAt: epoch(g.CreatedAt), CreatedBy: g.CreatedBy, UpdatedAt: epoch(g.UpdatedAt), UpdatedBy: g.UpdatedBy,
		Revision: strconv.Itoa(g.Revision),
	}
}

func groupArn(id string) string { return "arn:aws:identitystore:::group/" + id }

type groupKeys struct {
	IdentityStoreID string `json:"IdentityStoreId"`
	GroupID         string `json:"GroupId"`
	GroupArn        string
	Revision        string `json:",omitempty"`
}

func (s *Server) keysOfGroup(g *Group) groupKeys {
	return groupKeys{s.options.IdentityStoreID, g.ID, groupArn(g.ID), strconv.Itoa(g.Revision)}
}

// idsListGroups: API reference, ListGroups.
func (s *Server) idsListGroups(q *request) (any, error) {
	in, err := idsDecode[struct {
		storeInput
		paging
		Filters []operation
	}](s, q)
	if err != nil {
		return nil, err
	}
	name, err := oneFilter(in.Filters, "DisplayName")
	if err != nil {
		return nil, err
	}
	v := s.shown(q, name != "")
	ids := slices.DeleteFunc(slices.Clone(v.groups.ids), func(id string) bool {
		return name != "" && fold(v.groups.rows[id].DisplayName) != fold(name)
	})
	page, next, err := s.pageOf(q, in.paging, name, ids)
	if err != nil {
		return nil, err
	}
	out := struct {
		Groups    []idsGroupView
		NextToken string `json:",omitempty"`
	}{[]idsGroupView{}, next}
	for _, id := range page {
		out.Groups = append(out.Groups, s.idsViewOfGroup(v.groups.rows[id]))
	}
	return out, nil
}

type groupInput struct {
	storeInput
	GroupID string `json:"GroupId"`
}

// idsDescribeGroup: API reference, DescribeGroup.
func (s *Server) idsDescribeGroup(q *request) (any, error) {
	in, err := idsDecode[groupInput](s, q)
	if err != nil {
		return nil, err
	}
	g, err := s.idsGroup(in.GroupID)
	if err != nil {
		return nil, err
	}
	return s.idsViewOfGroup(g), nil
}

// idsGetGroupID: API reference, GetGroupId.
func (s *Server) idsGetGroupID(q *request) (any, error) {
	in, err := idsDecode[struct {
		storeInput
		AlternateIdentifier alternate
	}](s, q)
	if err != nil {
		return nil, err
	}
	rows := s.store.groups.rows
	id, err := in.AlternateIdentifier.resolve(s.store.groups.ids,
		func(id string) []externalID { return s.externalIDs(rows[id].ExternalID, rows[id].Issuer) },
		func(id, path string) (string, bool) {
			name := ""
			if g := rows[id]; g != nil {
				name = g.DisplayName
			}
			return name, strings.EqualFold(path, "displayName")
		})
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, notFound("GROUP", "")
	}
	keys := s.keysOfGroup(rows[id])
	keys.Revision = ""
	return keys, nil
}

// idsCreateGroup: API reference, CreateGroup. It has neither ExternalIds nor members.
func (s *Server) idsCreateGroup(q *request) (any, error) {
	in, err := idsDecode[struct {
		storeInput
		DisplayName *string
		Description *string
	}](s, q)
	if err != nil {
		return nil, err
	}
	if in.DisplayName == nil {
		return nil, missing("displayName")
	}
	g := &Group{}
	if err := s.setGroupName(g, *in.DisplayName); err != nil {
		return nil, err
	}
	if in.Description != nil {
		if err := setDescription(g, *in.Description); err != nil {
			return nil, err
		}
	}
	if s.store.duplicateGroup(g, true) != "" {
		return nil, duplicate("GroupDisplayName")
	}
	g.ID, g.CreatedAt, g.CreatedBy = s.newID(), q.now, q.writer
	return s.idsStoreGroup(q, g), nil
}

func setDescription(g *Group, v any) error {
	s, ok := v.(string)
	if !ok {
		return invalid("Value at 'description' is not a string")
	}
	if err := violated(text().violations("description", s)); err != nil {
		return err
	}
	g.Description = s
	return nil
}

func (s *Server) idsStoreGroup(q *request, g *Group) groupKeys {
	g.UpdatedAt, g.UpdatedBy = q.now, q.writer
	g.Revision++
	q.effect.id = g.ID
	s.store.putGroup(g)
	s.store.written(q.now)
	return s.keysOfGroup(g)
}

// idsUpdateGroup: API reference, UpdateGroup.
func (s *Server) idsUpdateGroup(q *request) (any, error) {
	in, err := idsDecode[struct {
		groupInput
		Operations []operation
		Revision   *string
	}](s, q)
	if err != nil {
		return nil, err
	}
	before, err := s.idsGroup(in.GroupID)
	if err != nil {
		return nil, err
	}
	if err := checkOperations(in.Operations); err != nil {
		return nil, err
	}
	if err := unchanged(in.Revision, before.Revision); err != nil {
		return nil, err
	}
	g := before.clone()
	for _, op := range in.Operations {
		if err := s.idsUpdateGroupOnce(g, op); err != nil {
			return nil, err
		}
	}
	if attribute := s.store.duplicateGroup(g, s.options.Switches.SharedGroupExternal); attribute != "" {
		return nil, duplicate(attribute)
	}
	return s.idsStoreGroup(q, g), nil
}

func (s *Server) idsUpdateGroupOnce(g *Group, op operation) error {
	switch strings.ToLower(op.AttributePath) {
	case "displayname":
		return s.setGroupName(g, op.AttributeValue)
	case "description":
		if op.AttributeValue == nil {
			g.Description = ""
			return nil
		}
		return setDescription(g, op.AttributeValue)
	case "externalids":
		if s.options.Switches.WritableExternal {
			return s.setExternalIDs(op.AttributeValue, &g.ExternalID, &g.Issuer)
		}
	}
	return invalid("Unsupported attribute path '%s'", op.AttributePath)
}

// idsDeleteGroup: API reference, DeleteGroup.
func (s *Server) idsDeleteGroup(q *request) (any, error) {
	in, err := idsDecode[struct {
		groupInput
		Revision *string
	}](s, q)
	if err != nil {
		return nil, err
	}
	g, err := s.idsGroup(in.GroupID)
	if err != nil {
		return nil, err
	}
	if err := unchanged(in.Revision, g.Revision); err != nil {
		return nil, err
	}
	q.effect.id = g.ID
	s.store.removeGroup(g.ID)
	s.store.written(q.now)
	return struct{}{}, nil
}
