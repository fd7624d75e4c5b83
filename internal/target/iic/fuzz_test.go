package iic_test

import (
	"net/http"
	"testing"

	"ssosync/internal/awsid"
	"ssosync/internal/identity"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
)

// Whatever a server answers, with whatever status, nothing panics; and what is
// read is in canonical form.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `"x"`, `{"Resources":[{"id":"1","userName":"a","name":null,"emails":[null,7,{"value":{}}],"addresses":{"x":1},"active":"x","meta":[]}]}`,
		`{"Resources":[null],"nextCursor":""}`, `{"Resources":[{"id":7}]}`, `{"detail":{"x":1},"schemas":7,"status":400}`,
		`{"Resources":[{"id":"u","userName":"A\u200bnn","displayName":"Caf\u0065\u0301","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":"x"}}]}`,
	} {
		f.Add(200, body)
		f.Add(400, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 || status == 429 || status == 408 || status >= 500 {
			return // those take their time
		}
		tg, err := iic.New(iic.Options{Endpoint: endpoint, Token: secret.New("x"), Base: says(status, body, http.Header{})})
		if err != nil {
			t.Fatal(err)
		}
		held, err := tg.Read(t.Context())
		if err != nil {
			return
		}
		for _, u := range held.Users {
			want, _ := iic.Canonical(u)
			for _, a := range identity.Attrs {
				if got := *a.Field(&u); *a.Field(&want) != got && len(got) < 128 && a.Name != "userName" && a.Name != "externalId" && a.Name != "manager" &&
					a.Name != "givenName" && a.Name != "familyName" && a.Name != "displayName" {
					t.Errorf("%s: read %q, which is %q", a.Name, got, *a.Field(&want))
				}
			}
		}
	})
}

// The same of the Identity Store, as far as the SDK lets it through.
func FuzzStoreAnswers(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `{"Users":[],"Groups":[],"GroupMemberships":[]}`, `{"Users":[{"UserId":"u","UserName":null}],"Groups":[{"GroupId":"g","ExternalIds":[{"Id":7}]}]}`,
		`{"Users":[{"UserId":"u","Extensions":{"aws:identitystore:enterprise":{"manager":[]}},"UpdatedAt":1e400}]}`, `{"NextToken":"x","Users":null}`,
	} {
		f.Add(200, body)
		f.Add(400, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 499 || status == 429 || status == 408 {
			return // those take their time
		}
		tg, err := iic.New(iic.Options{
			Endpoint: endpoint, Token: secret.New("x"), Reader: iic.ReaderIdentityStore, IdentityStoreID: "d-1234567890", Region: "us-east-1",
			AWS:  awsid.Configure("us-east-1", awsid.Static{AccessKeyID: secret.New("AKID"), SecretAccessKey: secret.New("s")}, awsid.Role{}),
			Base: says(status, body, http.Header{}),
		})
		if err != nil {
			t.Fatal(err)
		}
		held, err := tg.Read(t.Context())
		for id, u := range held.Users {
			if err == nil && (id == "" || u == (identity.User{})) {
				t.Errorf("%s: user %q is %+v", body, id, u)
			}
		}
	})
}
