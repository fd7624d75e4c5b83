package iic

import "slices"

type memberID struct {
	UserID string `json:"UserId,omitempty"`
}

type membershipView struct {
	IdentityStoreID string `json:"IdentityStoreId"`
	MembershipID    string `json:"MembershipId"`
	MembershipArn   string
	GroupID         string   `json:"GroupId,omitempty"`
	MemberID        memberID `json:"MemberId"`
	CreatedAt       float64
	CreatedBy       string `json:",omitempty"`
	UpdatedAt       float64
	UpdatedBy       string `json:",omitempty"`
}

func (s *Server) viewOfMembership(m *membership) membershipView {
	return membershipView{
		IdentityStoreID: s.options.IdentityStoreID, MembershipID: m.ID, MembershipArn: membershipArn(m.ID),
		GroupID: m.GroupID, MemberID: memberID{m.UserID},
		CreatedAt: epoch(m.CreatedAt), CreatedBy: m.CreatedBy, UpdatedAt: epoch(m.CreatedAt), UpdatedBy: m.CreatedBy,
	}
}

func membershipArn(id string) string { return "arn:aws:identitystore:::membership/" + id }

type membershipKeys struct {
	IdentityStoreID string `json:"IdentityStoreId"`
	MembershipID    string `json:"MembershipId"`
	MembershipArn   string
}

func (s *Server) keysOfMembership(m *membership) membershipKeys {
	return membershipKeys{s.options.IdentityStoreID, m.ID, membershipArn(m.ID)}
}

type membershipPage struct {
	GroupMemberships []membershipView
	NextToken        string `json:",omitempty"`
}

// idsListMemberships: API reference, ListGroupMemberships.
func (s *Server) idsListMemberships(q *request) (any, error) {
	in, err := idsDecode[struct {
		groupInput
		paging
	}](s, q)
	if err != nil {
		return nil, err
	}
	g, err := s.idsGroup(in.GroupID)
	if err != nil {
		return nil, err
	}
	members := s.shown(q, false).members[g.ID]
	page, next, err := s.pageOf(q, in.paging, g.ID, members.keys())
	if err != nil {
		return nil, err
	}
	out := membershipPage{[]membershipView{}, next}
	for _, id := range page {
		out.GroupMemberships = append(out.GroupMemberships, s.viewOfMembership(members.rows[id]))
	}
	return out, nil
}

type memberInput struct {
	storeInput
	MemberID memberID `json:"MemberId"`
}

// idsListMembershipsForMember: API reference, ListGroupMembershipsForMember.
func (s *Server) idsListMembershipsForMember(q *request) (any, error) {
	in, err := idsDecode[struct {
		memberInput
		paging
	}](s, q)
	if err != nil {
		return nil, err
	}
	u, err := s.idsUser(in.MemberID.UserID)
	if err != nil {
		return nil, err
	}
	v := s.shown(q, false)
	groups := slices.DeleteFunc(slices.Clone(v.groups.ids), func(id string) bool { return !v.members[id].has(u.ID) })
	page, next, err := s.pageOf(q, in.paging, u.ID, groups)
	if err != nil {
		return nil, err
	}
	out := membershipPage{[]membershipView{}, next}
	for _, id := range page {
		out.GroupMemberships = append(out.GroupMemberships, s.viewOfMembership(v.members[id].rows[u.ID]))
	}
	return out, nil
}

// idsIsMemberInGroups: API reference, IsMemberInGroups.
func (s *Server) idsIsMemberInGroups(q *request) (any, error) {
	in, err := idsDecode[struct {
		memberInput
		GroupIDs []string `json:"GroupIds"`
	}](s, q)
	if err != nil {
		return nil, err
	}
	if len(in.GroupIDs) < 1 || len(in.GroupIDs) > maxMembers {
		return nil, invalid("1 validation error detected: Value at 'groupIds' failed to satisfy constraint: Member must have length between 1 and %d", maxMembers)
	}
	u, err := s.idsUser(in.MemberID.UserID)
	if err != nil {
		return nil, err
	}
	type result struct {
		GroupID          string   `json:"GroupId"`
		MemberID         memberID `json:"MemberId"`
		MembershipExists bool
	}
	var out struct{ Results []result }
	for _, id := range in.GroupIDs {
		g, err := s.idsGroup(id)
		if err != nil {
			return nil, err
		}
		out.Results = append(out.Results, result{g.ID, memberID{u.ID}, s.store.members[g.ID].has(u.ID)})
	}
	return out, nil
}

// groupAndMember reads the input that CreateGroupMembership and GetGroupMembershipId share.
func (s *Server) groupAndMember(q *request) (*Group, *User, error) {
	in, err := idsDecode[struct {
		memberInput
		GroupID string `json:"GroupId"`
	}](s, q)
	if err != nil {
		return nil, nil, err
	}
	g, err := s.idsGroup(in.GroupID)
	if err != nil {
		return nil, nil, err
	}
	u, err := s.idsUser(in.MemberID.UserID)
	return g, u, err
}

// idsCreateMembership: API reference, CreateGroupMembership. One membership for each call.
func (s *Server) idsCreateMembership(q *request) (any, error) {
	g, u, err := s.groupAndMember(q)
	if err != nil {
		return nil, err
	}
	if s.store.members[g.ID].has(u.ID) {
		return nil, duplicate("GroupMembership")
	}
	s.join(q, g.ID, u.ID)
	s.touch(q, g)
	return s.keysOfMembership(s.store.members[g.ID].rows[u.ID]), nil
}

// touch is what a membership does to its group.
func (s *Server) touch(q *request, g *Group) {
	if s.options.Switches.TouchOnMembership {
		s.idsStoreGroup(q, g.clone())
		return
	}
	s.store.written(q.now)
}

type membershipInput struct {
	storeInput
	MembershipID string `json:"MembershipId"`
}

func (s *Server) idsMembership(q *request) (*membership, error) {
	in, err := idsDecode[membershipInput](s, q)
	if err != nil {
		return nil, err
	}
	if m := s.store.memberships[bare(in.MembershipID)]; m != nil {
		return m, nil
	}
	return nil, notFound("GROUP_MEMBERSHIP", in.MembershipID)
}

// idsDeleteMembership: API reference, DeleteGroupMembership.
func (s *Server) idsDeleteMembership(q *request) (any, error) {
	m, err := s.idsMembership(q)
	if err != nil {
		return nil, err
	}
	s.part(q, m.GroupID, m.UserID)
	s.touch(q, s.store.groups.rows[m.GroupID])
	return struct{}{}, nil
}

// idsDescribeMembership: API reference, DescribeGroupMembership.
func (s *Server) idsDescribeMembership(q *request) (any, error) {
	m, err := s.idsMembership(q)
	if err != nil {
		return nil, err
	}
	return s.viewOfMembership(m), nil
}

// idsGetMembershipID: API reference, GetGroupMembershipId.
func (s *Server) idsGetMembershipID(q *request) (any, error) {
	g, u, err := s.groupAndMember(q)
	if err != nil {
		return nil, err
	}
	m := s.store.members[g.ID].rows[u.ID]
	if m == nil {
		return nil, notFound("GROUP_MEMBERSHIP", "")
	}
	return s.keysOfMembership(m), nil
}
