package secret

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var kinds = []Kind{KindToken, KindKey, KindAdmin, KindURL, KindCustomer, KindStore, KindRegion}

// The names that functions of the old tool have are names, for each kind.
func TestBareNames(t *testing.T) {
	for _, value := range []string{
		"SSOSyncSCIMAccessToken", "SSOSyncSCIMEndpointUrl", "SSOSyncGoogleCredentials", "SSOSyncGoogleAdminEmail", "SSOSyncRegion",
		"IdentityStoreID", "SSOSyncGoogleCustomerId", "prod/ssosync/scim+token=1.x", "Customers", "a", "/a", "CustomerSecret1", "C-1", "region1", "my-region-", "My-region-1", "D-1",
	} {
		for _, kind := range kinds {
			for key, text := range map[string]string{"": " " + value + "\n", "my key": value + "#my key"} {
				got, ok := Bare(text, kind)
				if want := (Reference{Scheme: SecretsManager, Name: value, Key: key}); got != want || !ok {
					t.Errorf("%q for %d: %#v %v", text, kind, got, ok)
				}
			}
		}
	}
}

func TestBareLiterals(t *testing.T) {
	all := []string{"", " ", "#", "#a", "a#", "a#b\x00", "a b", "a@b", "{}", `{"type":"service_account"}`, "https://a.example", "a:b", "a,b", "é", strings.Repeat("a", 513), "a\nb", "~/k", `C:\k`, "*"}
	for kind, more := range map[Kind][]string{
		KindToken:    {strings.Repeat("a", 100)},
		KindKey:      {strings.Repeat("a", 100), "credentials.json", "./key", "/opt/KEY.JSON"},
		KindAdmin:    {"admin@example.com"},
		KindURL:      {"scim.us-east-1.amazonaws.com/t/scim/v2", "http://127.0.0.1:1/scim/v2"},
		KindCustomer: {"my_customer", "C01abc234", "C046psxkn", "C00"},
		KindStore:    {"d-1234567890", "d-123456789"},
		KindRegion:   {"us-east-1", "us-gov-west-1", "eusc-de-east-1", "mx-central-12"},
	} {
		for _, value := range append(all, more...) {
			if got, ok := Bare(value, kind); ok || got != (Reference{}) {
				t.Errorf("%q for %d is taken for the name %#v", value, kind, got)
			}
		}
	}
}

// Where one ends and the other begins.
func TestBareLengths(t *testing.T) {
	for _, kind := range kinds {
		_, short := Bare(strings.Repeat("a", 99), kind)
		_, long := Bare(strings.Repeat("a", 512), kind)
		if short != true || long != (kind != KindToken && kind != KindKey) {
			t.Errorf("%d: %v %v", kind, short, long)
		}
	}
}

func TestABareLiteralIsNeverAName(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		token := strings.Repeat(rapid.StringMatching(`[0-9a-zA-Z/=+-]{50,62}`).Draw(rt, "token"), 10)
		key := strings.Repeat(rapid.StringMatching(`[0-9a-zA-Z/+]{20}`).Draw(rt, "key"), 60) + "=="
		admin := rapid.StringMatching(`[a-z.+]{1,9}@[a-z]{1,9}\.example`).Draw(rt, "admin")
		for kind, s := range map[Kind]string{
			KindToken: token, KindKey: key, KindAdmin: admin, KindURL: "https://" + admin[:1] + ".example/scim/v2",
			KindCustomer: rapid.StringMatching(`C[0-9][0-9a-zA-Z]{7}`).Draw(rt, "customer"),
			KindStore:    rapid.StringMatching(`d-[0-9a-f]{9,10}`).Draw(rt, "store"),
			KindRegion:   rapid.StringMatching(`[a-z]{2,4}(-[a-z]+){1,2}-[0-9]{1,2}`).Draw(rt, "region"),
		} {
			if got, ok := Bare(s, kind); ok {
				rt.Fatalf("%q for %d is taken for %#v", s, kind, got)
			}
		}
	})
}

func TestFixed(t *testing.T) {
	want := map[Kind][]string{
		KindToken: {"SSOSyncSCIMAccessToken"}, KindKey: {"SSOSyncGoogleCredentials"}, KindAdmin: {"SSOSyncGoogleAdminEmail"},
		KindURL: {"SSOSyncSCIMEndpointUrl", "SSOSyncSCIMEndpointURL"}, KindStore: {"SSOSyncIdentityStoreID", "IdentityStoreID"},
		KindRegion: {"SSOSyncRegion"}, KindCustomer: nil,
	}
	for _, kind := range kinds {
		var got []string
		for _, r := range Fixed(kind) {
			if r != (Reference{Scheme: SecretsManager, Name: r.Name}) {
				t.Errorf("%#v", r)
			}
			got = append(got, r.Name)
		}
		if diff := cmp.Diff(want[kind], got); diff != "" {
			t.Errorf("%d: %s", kind, diff)
		}
	}
}
