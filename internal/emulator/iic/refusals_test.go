package iic_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ssosync/internal/emulator/iic"
)

// ask is a request of an operation, by plain HTTP.
func (c *scim) ask(op string) *http.Request {
	c.Helper()
	name, isSTS := strings.CutPrefix(op, "sts:")
	switch {
	case op == "ServiceProviderConfig":
		req := c.request(iic.Where{Op: "GetUser"})
		req.URL.Path = c.server.BasePath() + "/ServiceProviderConfig"
		return req
	case op == "ListUsers":
		return c.request(iic.Where{Op: op, Filter: iic.NoFilter})
	case op == "ListGroups":
		return c.request(iic.Where{Op: op, Filter: "members.value"})
	case !isSTS:
		return c.request(iic.Where{Op: op})
	}
	form := url.Values{"Action": {name}, "Version": {"2011-06-15"}, "RoleArn": {syncRole}, "RoleSessionName": {"run"}, "ExternalId": {"b7:x"}}
	req, err := http.NewRequest(http.MethodPost, "https://sts.amazonaws.com/", strings.NewReader(form.Encode()))
	if err != nil {
		c.Fatalf("request: %v", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261120/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0")
	return req
}

// refused is what an answer says: the exception, where there is one, and the sentence.
func refused(v seen) (code, message, reason string) {
	cut := func(before, after string) string {
		_, rest, _ := strings.Cut(v.body, before)
		text, _, _ := strings.Cut(rest, after)
		return text
	}
	if !v.page {
		return cut("<Code>", "<"), cut("<Message>", "<"), ""
	}
	var body map[string]any
	_ = json.Unmarshal([]byte(v.body), &body)
	if detail, ok := body["detail"].(string); ok {
		return "", detail, ""
	}
	code, _ = body["__type"].(string)
	message, _ = body["Message"].(string)
	reason, _ = body["Reason"].(string)
	return code, message, reason
}

// TestRefusals: every one can be had, says what it says, and ends.
func TestRefusals(t *testing.T) {
	names, tables := map[string]bool{}, map[string]int{}
	for _, r := range iic.Refusals() {
		if names[r.Name] {
			t.Errorf("two are called %q", r.Name)
		}
		names[r.Name], tables[r.Table] = true, tables[r.Table]+1
		t.Run(r.Name, func(t *testing.T) {
			o := iamOptions()
			o.Tokens = []iic.Token{{Value: "secret"}}
			o.Account = "111122223333"
			c := start(t, o)
			mustSeed(t, c.server, switchState())
			req := c.ask(r.Where)
			ask := func() seen { return c.see(c.again(req)) }
			before := ask()
			if before.status >= 400 || before.err {
				t.Fatalf("before it: %+v", before)
			}
			end := r.Install(c.server)
			v := ask()
			code, message, reason := refused(v)
			switch {
			case r.Status == 0:
				if !v.err {
					t.Errorf("answered: %+v", v)
				}
			case r.Status == http.StatusOK:
				if v.status != 200 || v.body == before.body {
					t.Errorf("%+v", v)
				}
			case v.status != r.Status || !strings.HasPrefix(message, r.Message) || reason != r.Reason || r.Table != iic.TableSCIM && code != r.Code:
				t.Errorf("%d %s %s %s,\nwant %d %s %s %s", v.status, code, message, reason, r.Status, r.Code, r.Message, r.Reason)
			}
			if action := strings.TrimPrefix(r.Name, "missing action "); action != r.Name && !strings.HasPrefix(message, "User: "+caller+" is not authorized to perform: "+action+" on resource: arn:aws:") {
				t.Errorf("in whose words: %s", message)
			}
			if r.Table == iic.TableSCIM && v.page && !strings.Contains(v.body, fmt.Sprintf(`"status":"%d"`, r.Status)) {
				t.Errorf("the body's status: %s", v.body)
			}
			end()
			if after := ask(); after.status != before.status || after.err {
				t.Errorf("after it: %+v", after)
			}
		})
	}
	if got := fmt.Sprint(tables); got != "map[Identity Store:24 SCIM:25 SSO admin:14 STS:5]" {
		t.Error(got)
	}
}

// again is a request that may be repeated: what it made last time is taken away.
func (c *scim) again(req *http.Request) *http.Request {
	c.Helper()
	state := c.server.State()
	u, _ := state.User("new")
	g, _ := state.Group("new")
	c.server.Remove(u.ID, g.ID)
	again := req.Clone(req.Context())
	body, err := req.GetBody()
	if err != nil {
		c.Fatalf("body: %v", err)
	}
	again.Body = body
	return again
}
