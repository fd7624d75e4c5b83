package iic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
)

const (
	// pageSize is the largest page (SCIM guide: ListUsers; Identity Store API
	// reference: ListUsers).
	pageSize = 100
	// restarts is how often a list is read anew because its cursor has become
	// invalid, before that is an error.
	restarts = 2
)

// A page is an answer to a list (RFC 7644 §3.4.2, RFC 9865 §2). Total and Start
// are there if the server has not understood the cursor.
type page struct {
	Resources []map[string]any
	Next      string `json:"nextCursor"`
	Total     *int   `json:"totalResults"`
	Start     *int   `json:"startIndex"`
}

// list reads a whole list, page by page. Objects may be handed to each more than
// once, if the list had to be begun anew. Filter is the same for each page,
// since the cursor belongs to it (SCIM guide: ListUsers).
func (t *Target) list(ctx context.Context, op, path, filter string, each func([]map[string]any) error) error {
	for try := 0; ; try++ {
		began, err := t.listOnce(ctx, op, path, filter, each)
		if err == nil || !began || try == restarts || !errors.Is(err, identity.ErrRejected) {
			return err
		}
		t.log.Debug("the cursor of a list is no longer valid; reading it anew", "op", op, "err", err)
	}
}

// listOnce reports whether it got past the first page.
func (t *Target) listOnce(ctx context.Context, op, path, filter string, each func([]map[string]any) error) (began bool, err error) {
	cursor, listing := "", httpx.Listing{}
	for {
		var p page
		err := t.do(ctx, request{op: op, method: http.MethodGet, path: path, query: cursorQuery(cursor, filter)}, &p)
		if err != nil {
			return began, err
		}
		if p.Next == "" && cursor == "" && (p.Total != nil || p.Start != nil) {
			return false, fmt.Errorf("%s: %w", op, ErrNoCursor)
		}
		if err := each(p.Resources); err != nil {
			return false, err
		}
		if p.Next == "" {
			return true, nil
		}
		if err := listing.Page(p.Next, idsOf(p.Resources)...); err != nil {
			return false, fmt.Errorf("%s: %w", op, err)
		}
		cursor, began = p.Next, true
	}
}

func idsOf(objs []map[string]any) []string {
	ids := make([]string, len(objs))
	for i, obj := range objs {
		ids[i], _ = obj["id"].(string)
	}
	return ids
}

// cursorQuery asks for a page. The first has the bare key: its presence alone
// turns the pagination on (SCIM guide: ListUsers).
func cursorQuery(cursor, filter string) string {
	q := "cursor"
	if cursor != "" {
		q += "=" + url.QueryEscape(cursor)
	}
	q += fmt.Sprintf("&count=%d", pageSize)
	if filter != "" {
		q += "&filter=" + url.QueryEscape(filter)
	}
	return q
}

// lookUp asks for the few objects that a filter on a unique attribute can find.
// That is the one use of a list without a cursor, since it is cut off silently.
func (t *Target) lookUp(ctx context.Context, op, path, filter string) ([]map[string]any, error) {
	var p page
	err := t.do(ctx, request{op: op, method: http.MethodGet, path: path, query: "filter=" + url.QueryEscape(filter)}, &p)
	return p.Resources, err
}

// eq is a filter's comparison. The value is a JSON string (RFC 7644 §3.4.2.2),
// with nothing escaped that need not be.
func eq(attr, value string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return attr + ` eq ""` // a string always encodes
	}
	return attr + " eq " + strings.TrimSuffix(b.String(), "\n")
}

// membersOf lists the users in a group (SCIM guide: ListUsers, filter
// groups.value). A group cannot be asked: its members are never shown.
func (t *Target) membersOf(ctx context.Context, group string, each func([]map[string]any) error) error {
	return t.list(ctx, opListUsers, users, eq("groups.value", group), each)
}

// isMember asks about one user and one group (SCIM guide: ListGroups). The
// service says 404 to a user that is in no group at all, or unknown.
func (t *Target) isMember(ctx context.Context, group, user string) (bool, error) {
	found, err := t.lookUp(ctx, opListGroups, groups, eq("id", group)+" and "+eq("members", user))
	if errors.Is(err, identity.ErrNotFound) {
		return false, nil
	}
	for _, obj := range found {
		if obj["id"] == group {
			return true, err
		}
	}
	return false, err
}
