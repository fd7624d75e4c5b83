package google

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// deletedLife is how long a deleted user can be listed and restored
// (Directory API guide: undelete a user).
const deletedLife = 20 * 24 * time.Hour

// usersList answers users.list (Directory API reference: users.list).
func usersList(c *call) (*reply, error) {
	size, err := c.maxResults(100, 500, c.opts.Strict.ClampMaxResults)
	if err != nil {
		return nil, err
	}
	rows, err := c.usersAsked()
	if err != nil {
		return nil, err
	}
	if err := c.openPage(); err != nil {
		return nil, err
	}
	key := c.userKey()
	descending := c.q.Get("sortOrder") == "DESCENDING"
	page, next := pageOf(c, sorted(rows, key, descending), size, descending, key)
	list := make([]map[string]any, 0, len(page))
	for _, u := range page {
		list = append(list, c.userBody(u))
	}
	return c.list("admin#directory#users", "users", list, next), nil
}

// usersAsked are the users that the parameters select, in no special order.
func (c *call) usersAsked() ([]*userRow, error) {
	if c.q.Get("customer") == "" && c.q.Get("domain") == "" {
		return nil, badRequest("Bad Request")
	}
	if err := c.checkTenant(); err != nil {
		return nil, err
	}
	rows := c.listed.userList
	if c.q.Get("showDeleted") == "true" {
		rows = c.deletedUsers()
	} else if text := c.q.Get("query"); text != "" {
		keep, err := parseUserQuery(text, c.index)
		if err != nil {
			return nil, err
		}
		rows = filter(c.index.userList, keep)
	}
	if d := c.q.Get("domain"); d != "" {
		rows = filter(rows, func(u *userRow) bool { return domainOf(u.PrimaryEmail) == fold(d) })
	}
	return rows, nil
}

func filter[T any](rows []T, keep func(T) bool) []T {
	var kept []T
	for _, r := range rows {
		if keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// deletedUsers are those of the last 20 days. Little of them is left: id,
// address and the time (Directory API reference: users.list, showDeleted).
func (c *call) deletedUsers() []*userRow {
	var rows []*userRow
	for _, u := range c.view.f.DeletedUsers {
		at, err := time.Parse(time.RFC3339, u.DeletionTime)
		if err != nil || c.now.Sub(at) > deletedLife {
			continue
		}
		row := &userRow{User: u, sortKey: fold(u.PrimaryEmail) + "\x00" + u.ID}
		row.once.Do(func() {
			row.wire = map[string]any{
				"kind": "admin#directory#user", "id": u.ID, "primaryEmail": u.PrimaryEmail,
				"deletionTime": u.DeletionTime, "customerId": c.view.f.Customer.ID,
			}
			row.wire["etag"] = etag(row.wire)
		})
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b *userRow) int { return cmp.Compare(a.sortKey, b.sortKey) })
	return rows
}

// userKey is what the list is ordered by, without case (Directory API
// reference: users.list, orderBy and sortOrder).
func (c *call) userKey() func(*userRow) string {
	switch c.q.Get("orderBy") {
	case "familyName":
		return func(u *userRow) string { return fold(u.Name.FamilyName) + "\x00" + u.sortKey }
	case "givenName":
		return func(u *userRow) string { return fold(u.Name.GivenName) + "\x00" + u.sortKey }
	default:
		return func(u *userRow) string { return u.sortKey }
	}
}

// sorted is rows in the order of key, in a copy unless they are so already.
func sorted[T any](rows []T, key func(T) string, descending bool) []T {
	compare := func(a, b T) int { return cmp.Compare(key(a), key(b)) }
	if descending {
		compare = func(a, b T) int { return cmp.Compare(key(b), key(a)) }
	}
	if slices.IsSortedFunc(rows, compare) {
		return rows
	}
	rows = slices.Clone(rows)
	slices.SortFunc(rows, compare)
	return rows
}

// usersGet answers users.get. A key of another customer is forbidden, a
// group's address is a key of the wrong kind.
func usersGet(c *call) (*reply, error) {
	key := c.params["userKey"]
	u := c.view.user(key)
	switch {
	case u != nil:
		return c.one(c.userBody(u)), nil
	case c.view.group(key) != nil:
		return nil, badRequest("Type not supported: userKey")
	case c.view.foreign(key):
		return nil, forbidden()
	default:
		return nil, notFound("userKey")
	}
}

// userBody is the user under the call's projection and view (Directory API
// reference: users, projection and viewType).
func (c *call) userBody(u *userRow) map[string]any {
	body := maps.Clone(u.body(c.view.f.Customer.ID))
	if c.q.Get("viewType") == "domain_public" {
		body = public(body)
	}
	custom, _ := body["customSchemas"].(map[string]any)
	switch c.q.Get("projection") {
	case "full":
	case "custom":
		kept := map[string]any{}
		for name := range strings.SplitSeq(c.q.Get("customFieldMask"), ",") {
			if fields, ok := custom[strings.TrimSpace(name)]; ok {
				kept[strings.TrimSpace(name)] = fields
			}
		}
		body["customSchemas"] = kept
		if len(kept) == 0 {
			delete(body, "customSchemas")
		}
	default:
		delete(body, "customSchemas")
	}
	c.faults.dropField(body)
	return body
}

// public keeps what every user of the domain may see (Directory API guide:
// retrieve a user as a non-administrator).
func public(body map[string]any) map[string]any {
	kept := map[string]any{}
	for _, k := range []string{
		"kind", "id", "etag", "primaryEmail", "name", "emails", "aliases", "externalIds", "relations", "addresses",
		"organizations", "phones", "languages", "locations", "ims", "thumbnailPhotoUrl", "customSchemas",
	} {
		if v, ok := body[k]; ok {
			kept[k] = v
		}
	}
	return kept
}

// list is a page in its envelope. An empty collection has no key at all.
func (c *call) list(kind, key string, rows []map[string]any, next string) *reply {
	body := map[string]any{"kind": kind, "etag": etag(rows)}
	if len(rows) > 0 {
		body[key] = rows
	}
	if next != "" {
		body["nextPageToken"] = next
	}
	return &reply{status: http.StatusOK, body: body, rowsKey: key, rows: len(rows)}
}

func (c *call) one(body map[string]any) *reply {
	return &reply{status: http.StatusOK, body: body}
}
