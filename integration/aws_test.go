//go:build unix

package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A cloudUser is a user as SCIM shows it.
type cloudUser struct {
	ID         string `json:"id"`
	ExternalID string `json:"externalId"`
	UserName   string `json:"userName"`
	Active     bool   `json:"active"`
	Name       struct {
		FamilyName string `json:"familyName"`
	} `json:"name"`
}

type cloudGroup struct {
	ID          string `json:"id"`
	ExternalID  string `json:"externalId"`
	DisplayName string `json:"displayName"`
	members     []string
}

// A cloud is what AWS has: what carries a Google id by that id, with external
// ids for members, and everything else as a text to compare.
type cloud struct {
	users  map[string]cloudUser
	groups map[string]cloudGroup
	others string
}

// aws reads what AWS has: users and groups over SCIM, memberships from the
// Identity Store. It shares no code with the clients that it checks.
func (w *world) aws() *cloud {
	w.t.Helper()
	c := &cloud{users: map[string]cloudUser{}, groups: map[string]cloudGroup{}}
	external := map[string]string{} // or else the user name, by AWS's id
	var others []string
	for _, u := range scim[cloudUser](w, "Users") {
		switch _, twice := c.users[u.ExternalID]; {
		case twice:
			w.t.Fatalf("two users have the external id %s", u.ExternalID)
		case u.ExternalID != "":
			c.users[u.ExternalID], external[u.ID] = u, u.ExternalID
		default:
			external[u.ID] = u.UserName
			others = append(others, fmt.Sprint(u))
		}
	}
	for _, g := range scim[cloudGroup](w, "Groups") {
		for _, id := range w.members(g.ID) {
			g.members = append(g.members, external[id])
		}
		slices.Sort(g.members)
		switch _, twice := c.groups[g.ExternalID]; {
		case twice:
			w.t.Fatalf("two groups have the external id %s", g.ExternalID)
		case g.ExternalID != "":
			c.groups[g.ExternalID] = g
		default:
			others = append(others, fmt.Sprint(g))
		}
	}
	slices.Sort(others)
	c.others = strings.Join(others, "\n")
	return c
}

// scim lists all objects of a kind, page by page (IAM Identity Center SCIM
// guide: ListUsers, cursor).
func scim[T any](w *world, kind string) (all []T) {
	w.t.Helper()
	for cursor, first := "", true; first || cursor != ""; first = false {
		var page struct {
			Resources  []T
			NextCursor string `json:"nextCursor"`
		}
		req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet,
			w.variable("SCIM_ENDPOINT")+"/"+kind+"?count=100&cursor="+url.QueryEscape(cursor), http.NoBody)
		must(w.t, err)
		req.Header.Set("Authorization", "Bearer "+w.variable("SCIM_TOKEN"))
		ask(w.t, req, &page)
		all, cursor = append(all, page.Resources...), page.NextCursor
	}
	return all
}

// members lists AWS's ids of a group's members (Identity Store API reference:
// ListGroupMemberships). The emulator wants a signature to be there, and does
// not check it.
func (w *world) members(group string) (ids []string) {
	w.t.Helper()
	for token, first := "", true; first || token != ""; first = false {
		in := map[string]string{"IdentityStoreId": w.variable("AWS_IDENTITY_STORE_ID"), "GroupId": group}
		if token != "" {
			in["NextToken"] = token
		}
		body, err := json.Marshal(in)
		must(w.t, err)
		req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.variable("AWS_ENDPOINT_URL_IDENTITYSTORE"), bytes.NewReader(body))
		must(w.t, err)
		req.Header.Set("Content-Type", "application/x-amz-json-1.1")
		req.Header.Set("X-Amz-Target", "AWSIdentityStore.ListGroupMemberships")
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+w.variable("AWS_ACCESS_KEY_ID")+"/20261126/us-east-1/identitystore/aws4_request")
		var page struct {
			GroupMemberships []struct{ MemberID struct{ UserID string } }
			NextToken        string
		}
		ask(w.t, req, &page)
		for _, m := range page.GroupMemberships {
			ids = append(ids, m.MemberID.UserID)
		}
		token = page.NextToken
	}
	return ids
}

func ask(t *testing.T, req *http.Request, answer any) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s: %s", req.Method, req.URL, res.Status, body)
	}
	must(t, json.Unmarshal(body, answer))
}
