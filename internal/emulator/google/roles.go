package google

import (
	"slices"
)

// rolesList answers roles.list.
func rolesList(c *call) (*reply, error) {
	if err := c.checkCustomer(c.params["customer"]); err != nil {
		return nil, err
	}
	key := func(r Role) string { return r.ID }
	return pagedItems(c, "admin#directory#roles", 100, c.view.f.Roles, key, roleBody)
}

// rolesGet answers roles.get.
func rolesGet(c *call) (*reply, error) {
	if err := c.checkCustomer(c.params["customer"]); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(c.view.f.Roles, func(r Role) bool { return r.ID == c.params["roleId"] })
	if i < 0 {
		return nil, notFound("roleId")
	}
	return c.one(roleBody(c.view.f.Roles[i])), nil
}

func roleBody(r Role) map[string]any {
	var privileges []any
	for _, p := range r.Privileges {
		privileges = append(privileges, map[string]any{"privilegeName": p, "serviceId": "00haapch16h1ysv"})
	}
	body := map[string]any{
		"kind": "admin#directory#role", "roleId": r.ID, "roleName": r.Name, "roleDescription": r.Description,
		"isSuperAdminRole": r.SuperAdmin, "isSystemRole": r.System,
	}
	if len(privileges) > 0 {
		body["rolePrivileges"] = privileges
	}
	return withEtag(body)
}

// roleAssignmentsList answers roleAssignments.list.
func roleAssignmentsList(c *call) (*reply, error) {
	if err := c.checkCustomer(c.params["customer"]); err != nil {
		return nil, err
	}
	rows := c.view.f.RoleAssignments
	if id := c.q.Get("roleId"); id != "" {
		rows = filter(rows, func(a RoleAssignment) bool { return a.RoleID == id })
	}
	if key := c.q.Get("userKey"); key != "" {
		to := c.view.resolve(key)
		if sa := c.view.accounts[fold(key)]; sa != nil {
			to = sa.ClientID
		}
		rows = filter(rows, func(a RoleAssignment) bool { return a.AssignedTo == to })
	}
	key := func(a RoleAssignment) string { return a.ID }
	return pagedItems(c, "admin#directory#roleAssignments", 200, rows, key, func(a RoleAssignment) map[string]any {
		kind := "USER"
		if c.view.groups[a.AssignedTo] != nil {
			kind = "GROUP"
		}
		return withEtag(map[string]any{
			"kind": "admin#directory#roleAssignment", "roleAssignmentId": a.ID, "roleId": a.RoleID,
			"assignedTo": a.AssignedTo, "assigneeType": kind, "scopeType": "CUSTOMER",
		})
	})
}

// pagedItems is a page of a collection that is called items.
func pagedItems[T any](c *call, kind string, limit int, rows []T, key func(T) string, body func(T) map[string]any) (*reply, error) {
	size, err := c.maxResults(limit, limit, false)
	if err != nil {
		return nil, err
	}
	if err := c.openPage(); err != nil {
		return nil, err
	}
	page, next := pageOf(c, sorted(rows, key, false), size, false, key)
	var list []map[string]any
	for _, r := range page {
		list = append(list, body(r))
	}
	return c.list(kind, "items", list, next), nil
}
