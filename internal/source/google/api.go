package google

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"ssosync/internal/httpx"
)

// The largest pages that the API gives (Directory API reference: users.list,
// groups.list, members.list; parameter maxResults).
const (
	usersPerPage   = 500
	groupsPerPage  = 200
	membersPerPage = 200
)

// The fields that are asked for. Without nextPageToken in a list's mask, the
// list silently ends after one page.
const (
	groupFields = "id,email,name,description,directMembersCount,aliases"
	groupsMask  = "nextPageToken,groups(" + groupFields + ")"
	membersMask = "nextPageToken,members(id,email,type)"
)

// An api sends requests to the Directory API.
type api struct {
	root *url.URL
	wire http.RoundTripper
}

// A call is one GET: an operation on a resource, below admin/directory/v1/.
type call struct {
	op    string
	path  []string
	query url.Values
}

func listCall(op string, perPage int, mask string, path ...string) call {
	return call{op: op, path: path, query: url.Values{
		"maxResults": {strconv.Itoa(perPage)}, "fields": {mask},
	}}
}

// get sends a call and decodes its answer. An answer that is no success is an
// [*Error].
func (a api) get(ctx context.Context, c call, into any) error {
	u := a.root.JoinPath("admin/directory/v1").JoinPath(escape(c.path)...)
	query := url.Values{"alt": {"json"}, "prettyPrint": {"false"}}
	maps.Copy(query, c.query)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(httpx.WithOp(ctx, c.op), http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	resp, err := a.wire.RoundTrip(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // nothing was written
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return newError(resp.StatusCode, body)
	}
	if !isObject(body) { // null would decode into an empty list
		return errors.New("decode the answer: it is no JSON object")
	}
	if err := decode(body, into); err != nil {
		return fmt.Errorf("decode the answer: %s", said(err.Error())) // it may quote a number of any length
	}
	return nil
}

// escape leaves only unreserved characters as they are (RFC 6570 §3.2.2, which
// is how the API's description writes its paths), "@" and "+" included.
func escape(path []string) []string {
	escaped := make([]string, len(path))
	for i, p := range path {
		escaped[i] = strings.ReplaceAll(url.QueryEscape(p), "+", "%20")
	}
	return escaped
}

// decode keeps numbers as they were written: custom fields hold some that a
// float64 cannot.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return d.Decode(into)
}

// page gets one page of a list, after token, and returns the next page's
// token, "" for none.
func (a api) page(ctx context.Context, c call, token string, into interface{ next() string }) (string, error) {
	query := maps.Clone(c.query)
	if token != "" {
		query.Set("pageToken", token)
	}
	if err := a.get(ctx, call{op: c.op, path: c.path, query: query}, into); err != nil {
		return "", err
	}
	return into.next(), nil
}

// pages gets all pages of a list and hands them to each as they come. A page
// may be empty and yet have a next one; a list that never ends is an error.
func pages[P any, PP interface {
	*P
	next() string
	ids() []string
}](ctx context.Context, a api, c call, each func(P) error) error {
	var listing httpx.Listing
	for token := ""; ; {
		var p P
		next, err := a.page(ctx, c, token, PP(&p))
		if err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
		if next == "" {
			return nil
		}
		if err := listing.Page(next, PP(&p).ids()...); err != nil {
			return err
		}
		token = next
	}
}
