package iic_test

import (
	"errors"
	"testing"
	"time"

	"ssosync/internal/emulator/iic"
)

// TestRotation: the second token, the switch, and the end of the first, without a gap.
func TestRotation(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	c := start(t, iic.Options{Clock: func() time.Time { return now }})
	works := func(value string) bool {
		c.token = value
		return c.do("GET", "/ServiceProviderConfig", nil).status == 200
	}
	if !works("anything") {
		t.Error("without tokens any will do")
	}
	first, err := c.server.IssueToken()
	if err != nil || !first.Created.Equal(now) || !first.Expires.Equal(now.AddDate(1, 0, 0)) {
		t.Fatalf("%+v, %v", first, err)
	}
	if works("anything") || !works(first.Value) {
		t.Error("with one, it alone will do")
	}
	now = now.Add(48 * time.Hour)
	second, err := c.server.IssueToken()
	if err != nil || !second.Created.Equal(now) || second.Value == first.Value || !works(first.Value) || !works(second.Value) {
		t.Errorf("%+v, %v", second, err)
	}
	if _, err := c.server.IssueToken(); !errors.Is(err, iic.ErrTwoTokens) {
		t.Errorf("third: %v", err)
	}
	if err := c.server.ExpireToken(first.Value); err != nil || works(first.Value) || !works(second.Value) {
		t.Errorf("expire: %v", err)
	}
	if _, err := c.server.IssueToken(); !errors.Is(err, iic.ErrTwoTokens) {
		t.Errorf("an expired one still counts: %v", err)
	}
	if err := c.server.DeleteToken(first.Value); err != nil || len(c.server.Tokens()) != 1 || !works(second.Value) {
		t.Errorf("delete: %v", err)
	}
	for _, gone := range []func(string) error{c.server.DeleteToken, c.server.ExpireToken} {
		if err := gone(first.Value); !errors.Is(err, iic.ErrUnknown) {
			t.Errorf("unknown: %v", err)
		}
	}
	if err := c.server.DeleteToken(second.Value); err != nil || works(second.Value) || works("anything") {
		t.Errorf("without tokens after all, none will do: %v", err)
	}
	third, err := c.server.IssueToken()
	now = now.AddDate(1, 0, 0)
	if err != nil || works(third.Value) {
		t.Errorf("after a year: %v", err)
	}
}

// TestSecondProvisioning: what a second program writes can be told from what the first did, however it writes.
func TestSecondProvisioning(t *testing.T) {
	c := start(t, iic.Options{Tokens: []iic.Token{{Value: "secret"}, {Value: "theirs", By: "arn:aws:iam::123456789012:saml-provider/other"}}})
	ada := c.want(201, "POST", "/Users", user("ada", "externalId", "1")).id()
	c.token = "theirs"
	c.want(201, "POST", "/Groups", obj{"displayName": "theirs", "members": members(ada)})
	c.want(200, "PATCH", "/Users/"+ada, patch("replace", "title", "T"))
	const app = "arn:aws:sts::123456789012:assumed-role/other/sync"
	if err := c.server.By(app).Provision(iic.Person("ADA", "A", "B", "ada@example.com"), iic.Person("bob", "B", "B", "bob@example.com")); err != nil {
		t.Fatal(err)
	}
	st := c.server.State()
	u, _ := st.User("ada")
	if u.ID != ada || u.CreatedBy != "SCIM" || u.UpdatedBy != app || u.ExternalID != "ada@example.com" || u.Revision != 3 || u.Title != "" {
		t.Errorf("overwritten: %+v", u)
	}
	if g, _ := st.Group("theirs"); g.CreatedBy != "arn:aws:iam::123456789012:saml-provider/other" || g.UpdatedBy != g.CreatedBy {
		t.Errorf("group: %+v", g)
	}
	if b, _ := st.User("bob"); b.CreatedBy != app || b.Revision != 1 || b.ID == "" {
		t.Errorf("made: %+v", b)
	}
	got := c.identityStore("DescribeUser", obj{"UserId": ada})
	if got.body["CreatedBy"] != "SCIM" || got.body["UpdatedBy"] != app {
		t.Errorf("%v", got.body)
	}
	if err := c.server.By(app).Provision(iic.Person("eve", "E", "E", "bob@example.com")); !errors.Is(err, iic.ErrTaken) {
		t.Errorf("external id taken: %v", err)
	}
}
