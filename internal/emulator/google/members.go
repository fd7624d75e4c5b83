package google

import (
	"net/http"
	"slices"
	"strings"
)

// membersList answers members.list (Directory API reference: members.list):
// direct rows, by address.
func membersList(c *call) (*reply, error) {
	size, err := c.maxResults(200, 200, true)
	if err != nil {
		return nil, err
	}
	g, err := c.groupOf(c.params["groupKey"])
	if err != nil {
		return nil, err
	}
	if err := c.openPage(); err != nil {
		return nil, err
	}
	if c.listed != c.view {
		g = c.listed.formerly(g)
	}
	rows := g.rows
	if c.q.Get("includeDerivedMembership") == "true" {
		rows = c.derived(g)
	}
	if roles := c.q.Get("roles"); roles != "" {
		rows = withRoles(rows, strings.Split(strings.ToUpper(roles), ","))
	}
	page, next := pageOf(c, rows, size, false, func(m memberRow) string { return m.sortKey })
	list := make([]map[string]any, 0, len(page))
	for _, m := range page {
		list = append(list, c.memberBody(m))
	}
	return c.list("admin#directory#members", "members", list, next), nil
}

// formerly is a group as an older view has it: without a row when it had no
// such group yet.
func (v *view) formerly(g *groupRow) *groupRow {
	if old := v.groups[g.ID]; old != nil {
		return old
	}
	return &groupRow{Group: g.Group}
}

// withRoles filters by role as the service does, not as it says: MEMBER finds
// owners and managers too, and calls them members.
func withRoles(rows []memberRow, roles []string) []memberRow {
	var kept []memberRow
	for _, m := range rows {
		switch {
		case slices.Contains(roles, m.role):
			kept = append(kept, m)
		case slices.Contains(roles, RoleMember):
			m.role = RoleMember
			kept = append(kept, m)
		}
	}
	return kept
}

// derived flattens a group as includeDerivedMembership does: everyone and
// nested groups are expanded, a user who is reached twice is there once, what
// cannot be read is silently lacking. Direct rows keep their role.
func (c *call) derived(g *groupRow) []memberRow {
	d := derivation{c: c, seen: map[string]bool{}}
	d.visit(g, true)
	slices.SortFunc(d.rows, byKey)
	return d.rows
}

type derivation struct {
	c        *call
	seen     map[string]bool
	rows     []memberRow
	indirect int
}

func (d *derivation) visit(g *groupRow, direct bool) {
	d.seen[g.ID] = true
	for _, m := range g.rows {
		if m.kind == TypeUser {
			d.add(m, direct)
		}
	}
	for _, m := range g.rows {
		nested := d.c.view.groups[m.id]
		switch m.kind {
		case TypeCustomer:
			for _, u := range d.c.view.userList {
				d.add(d.c.view.memberRow(Member{ID: u.ID, Role: RoleMember, Type: TypeUser}), false)
			}
		case TypeGroup:
			if d.c.opts.Strict.DerivedGroups && !d.seen[m.id] {
				d.rows = append(d.rows, m)
			}
			if nested != nil && !d.seen[m.id] {
				d.visit(nested, false)
			}
			d.seen[m.id] = true
		}
	}
}

func (d *derivation) add(m memberRow, direct bool) {
	if d.seen[m.id] {
		return
	}
	d.seen[m.id] = true
	if !direct {
		m.role = RoleMember
		d.indirect++
		if n := d.c.opts.Strict.DerivedDrop; n > 0 && d.indirect%n == 0 {
			return
		}
	}
	d.rows = append(d.rows, m)
}

// membersGet answers members.get, which alone shows delivery_settings.
func membersGet(c *call) (*reply, error) {
	g, err := c.groupOf(c.params["groupKey"])
	if err != nil {
		return nil, err
	}
	id := c.view.resolve(c.params["memberKey"])
	i := slices.IndexFunc(g.rows, func(m memberRow) bool {
		return m.id == id || m.email != "" && fold(m.email) == fold(c.params["memberKey"])
	})
	if i < 0 {
		return nil, notFound("memberKey")
	}
	body := c.memberBody(g.rows[i])
	body["delivery_settings"] = "ALL_MAIL"
	return c.one(body), nil
}

// membersHas answers members.hasMember, for direct and nested members. An
// address of another domain is invalid, member or not.
func membersHas(c *call) (*reply, error) {
	g, err := c.groupOf(c.params["groupKey"])
	if err != nil {
		return nil, err
	}
	key := c.params["memberKey"]
	u := c.view.user(key)
	switch {
	case u != nil:
		return &reply{status: http.StatusOK, body: map[string]any{"isMember": c.view.contains(g, u.ID, map[string]bool{})}}, nil
	case c.view.foreign(key), c.view.group(key) != nil:
		return nil, invalidInput("memberKey")
	default:
		return nil, notFound("memberKey")
	}
}

// contains says whether a user of the customer is in g at any depth.
func (v *view) contains(g *groupRow, user string, seen map[string]bool) bool {
	seen[g.ID] = true
	for _, m := range g.rows {
		if m.id == user || m.kind == TypeCustomer {
			return true
		}
		if nested := v.groups[m.id]; m.kind == TypeGroup && nested != nil && !seen[m.id] && v.contains(nested, user, seen) {
			return true
		}
	}
	return false
}

func (c *call) memberBody(m memberRow) map[string]any {
	if c.opts.Strict.ServiceAccountStatus && strings.HasSuffix(fold(m.email), ".gserviceaccount.com") {
		m.status = "ACTIVE"
	}
	body := m.body()
	c.faults.dropField(body)
	return body
}
