package google

import (
	"slices"
)

// groupsList answers groups.list (Directory API reference: groups.list).
func groupsList(c *call) (*reply, error) {
	size, err := c.maxResults(200, 200, true)
	if err != nil {
		return nil, err
	}
	rows, err := c.groupsAsked()
	if err != nil {
		return nil, err
	}
	if err := c.openPage(); err != nil {
		return nil, err
	}
	// sortOrder has a meaning only next to orderBy.
	descending := c.q.Get("orderBy") != "" && c.q.Get("sortOrder") == "DESCENDING"
	key := func(g *groupRow) string { return g.sortKey }
	page, next := pageOf(c, sorted(rows, key, descending), size, descending, key)
	list := make([]map[string]any, 0, len(page))
	for _, g := range page {
		list = append(list, c.groupBody(g))
	}
	return c.list("admin#directory#groups", "groups", list, next), nil
}

// checkGroupTenant checks whose groups are asked for. Without customer, domain
// and userKey the caller's own customer is meant; customer with userKey is
// refused, domain with userKey is not.
func (c *call) checkGroupTenant() error {
	switch customer, user := c.q.Get("customer"), c.q.Get("userKey"); {
	case customer != "" && user != "":
		return badRequest("Bad Request")
	case customer == "" && user == "" && c.q.Get("domain") == "":
		return c.checkCustomer("my_customer")
	default:
		return c.checkTenant()
	}
}

// groupsAsked are the groups that the parameters select.
func (c *call) groupsAsked() ([]*groupRow, error) {
	if err := c.checkGroupTenant(); err != nil {
		return nil, err
	}
	rows := c.listed.groupList
	if text := c.q.Get("query"); text != "" {
		keep, err := parseGroupQuery(text, c.index)
		if err != nil {
			return nil, err
		}
		rows = filter(c.index.groupList, keep)
	}
	if userKey := c.q.Get("userKey"); userKey != "" {
		id, err := c.memberOf(userKey)
		if err != nil {
			return nil, err
		}
		rows = filter(rows, func(g *groupRow) bool { return g.holds(id) })
	}
	if d := c.q.Get("domain"); d != "" {
		rows = filter(rows, func(g *groupRow) bool { return domainOf(g.Email) == fold(d) })
	}
	return rows, nil
}

// holds says whether the id is a direct member.
func (g *groupRow) holds(id string) bool {
	return slices.ContainsFunc(g.rows, func(m memberRow) bool { return m.id == id })
}

// memberOf is the id behind groups.list's userKey, which may be a user or a
// group of the customer. An outsider is an invalid key, in the words of
// another parameter: that is how production puts it.
func (c *call) memberOf(key string) (string, error) {
	switch id := c.view.resolve(key); {
	case c.view.users[id] != nil, c.view.groups[id] != nil:
		return id, nil
	case c.view.foreign(key):
		return "", invalidInput("memberKey")
	default:
		return "", notFound("userKey")
	}
}

// groupsGet answers groups.get.
func groupsGet(c *call) (*reply, error) {
	g, err := c.groupOf(c.params["groupKey"])
	if err != nil {
		return nil, err
	}
	return c.one(c.groupBody(g)), nil
}

// groupOf finds a group. One of another customer is forbidden, not unknown:
// whoever follows nested groups meets it there.
func (c *call) groupOf(key string) (*groupRow, error) {
	if g := c.view.group(key); g != nil {
		return g, nil
	}
	if c.view.foreign(key) {
		return nil, forbidden()
	}
	return nil, notFound("groupKey")
}

func (c *call) groupBody(g *groupRow) map[string]any {
	body := g.body(c.opts.Strict.GroupEtagFollowsMembers)
	c.faults.dropField(body)
	return body
}
