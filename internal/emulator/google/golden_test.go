package google_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/google"
)

// documented has what the reference pages show.
func documented(t *testing.T) *google.Server {
	t.Helper()
	d, err := google.NewDirectory(google.Fixture{
		Customer: google.Customer{ID: "C01abcd23", Domain: "example.com", CreationTime: "2012-06-25T07:08:00.000Z", Language: "en"},
		Users: []google.User{
			{
				ID: "110559830912345678901", PrimaryEmail: "liz@example.com", Name: google.Name{GivenName: "Liz", FamilyName: "Smith"},
				CreationTime: "2024-02-01T09:12:44.000Z", LastLoginTime: "2026-11-20T07:01:02.000Z", OrgUnitPath: "/Eng",
				Aliases: []string{"lizzy@example.com"}, NonEditableAliases: []string{"liz@example.com.test-google-a.com"},
			},
			{ID: "110559830912345678902", PrimaryEmail: adminEmail, IsAdmin: true},
		},
		Groups: []google.Group{{
			ID: "03ep43zb1a2b3c4", Email: "aws-dev@example.com", Name: "AWS Dev", Description: "Developers",
			Aliases: []string{"dev@example.com"}, Members: []google.Member{{Email: "liz@example.com"}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return google.New(d, google.Options{})
}

var etagForm = regexp.MustCompile(`^"[A-Za-z0-9_-]{43}/[A-Za-z0-9_-]{27}"$`)

// sameJSON compares with a golden document in which "ETAG" stands for any
// well-formed entity tag.
func sameJSON(t *testing.T, golden string, got map[string]any) {
	t.Helper()
	var want map[string]any
	if err := json.Unmarshal([]byte(golden), &want); err != nil {
		t.Fatal(err)
	}
	var hide func(any)
	hide = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if tag, ok := v["etag"].(string); ok && etagForm.MatchString(tag) {
				v["etag"] = "ETAG"
			}
			for _, x := range v {
				hide(x)
			}
		case []any:
			for _, x := range v {
				hide(x)
			}
		}
	}
	hide(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDocumentedShapes: the resources as Google's reference pages and
// production show them.
func TestDocumentedShapes(t *testing.T) {
	srv := documented(t)
	const user = `{"kind":"admin#directory#user","id":"110559830912345678901","etag":"ETAG","primaryEmail":"liz@example.com",
		"name":{"givenName":"Liz","familyName":"Smith","fullName":"Liz Smith"},
		"suspended":false,"archived":false,"isAdmin":false,"isDelegatedAdmin":false,"agreedToTerms":true,
		"creationTime":"2024-02-01T09:12:44.000Z","lastLoginTime":"2026-11-20T07:01:02.000Z",
		"emails":[{"address":"liz@example.com","primary":true},{"address":"lizzy@example.com"},{"address":"liz@example.com.test-google-a.com"}],
		"aliases":["lizzy@example.com"],"nonEditableAliases":["liz@example.com.test-google-a.com"],
		"isEnrolledIn2Sv":false,"isEnforcedIn2Sv":false,"ipWhitelisted":false,"changePasswordAtNextLogin":false,
		"includeInGlobalAddressList":true,"orgUnitPath":"/Eng","customerId":"C01abcd23","isMailboxSetup":true}`
	const group = `{"kind":"admin#directory#group","id":"03ep43zb1a2b3c4","etag":"ETAG","email":"aws-dev@example.com","name":"AWS Dev",
		"directMembersCount":"1","description":"Developers","adminCreated":true,"aliases":["dev@example.com"]}`
	const member = `{"kind":"admin#directory#member","id":"110559830912345678901","email":"liz@example.com","role":"MEMBER","type":"USER",
		"status":"ACTIVE","etag":"ETAG"}`
	const unit = `{"kind":"admin#directory#orgUnit","etag":"ETAG","name":"Eng","description":"","blockInheritance":false,"orgUnitPath":"/Eng",
		"orgUnitId":"id:%s","parentOrgUnitPath":"/","parentOrgUnitId":"id:%s"}`
	units := decode(t, get(t, srv, "customer/my_customer/orgunits").Body)["organizationUnits"].([]any)[0].(map[string]any)
	id := func(k string) string { return strings.TrimPrefix(units[k].(string), "id:") }
	golden := fmt.Sprintf(unit, id("orgUnitId"), id("parentOrgUnitId"))

	for path, want := range map[string]string{
		"users/liz@example.com":                                 user,
		"users/110559830912345678901":                           user,
		"users/lizzy%40example.com":                             user,
		"groups/03ep43zb1a2b3c4":                                group,
		"groups/dev@example.com":                                group,
		"groups/AWS-DEV@EXAMPLE.COM":                            group,
		"groups/03ep43zb1a2b3c4/members":                        `{"kind":"admin#directory#members","etag":"ETAG","members":[` + member + `]}`,
		"groups/03ep43zb1a2b3c4/members/lizzy@example.com":      strings.Replace(member, `"etag"`, `"delivery_settings":"ALL_MAIL","etag"`, 1),
		"groups?customer=my_customer":                           `{"kind":"admin#directory#groups","etag":"ETAG","groups":[` + group + `]}`,
		"users?domain=example.com&query=givenName%3DLiz":        `{"kind":"admin#directory#users","etag":"ETAG","users":[` + user + `]}`,
		"users?customer=C01abcd23&query=isSuspended%3Dtrue":     `{"kind":"admin#directory#users","etag":"ETAG"}`,
		"groups/dev@example.com/hasMember/liz@example.com":      `{"isMember":true}`,
		"groups/dev@example.com/hasMember/admin@example.com":    `{"isMember":false}`,
		"customer/C01abcd23/orgunits/Eng":                       golden,
		"customer/C01abcd23/orgunits":                           `{"kind":"admin#directory#orgUnits","etag":"ETAG","organizationUnits":[` + golden + `]}`,
		"customer/C01abcd23/orgunits?orgUnitPath=/Eng&type=all": `{"kind":"admin#directory#orgUnits","etag":"ETAG"}`,
		"customers/my_customer": `{"kind":"admin#directory#customer","id":"C01abcd23","etag":"ETAG","customerDomain":"example.com",
			"customerCreationTime":"2012-06-25T07:08:00.000Z","language":"en"}`,
		"customer/C01abcd23/domains": `{"kind":"admin#directory#domains","etag":"ETAG","domains":[{"kind":"admin#directory#domain","etag":"ETAG",
			"domainName":"example.com","isPrimary":true,"verified":true,"creationTime":"1340608080000"}]}`,
	} {
		w := get(t, srv, path)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
			continue
		}
		t.Run(path, func(t *testing.T) { sameJSON(t, want, decode(t, w.Body)) })
	}
}

// TestTenantShapes: what surrounds users and groups.
func TestTenantShapes(t *testing.T) {
	d, err := google.NewDirectory(google.Fixture{
		Customer: google.Customer{ID: "C01abcd23", Domain: "example.com", CreationTime: "2012-06-25T07:08:00.000Z"},
		Domains:  []google.Domain{{Name: "example.com", Primary: true, Verified: true, Aliases: []string{"example.net"}}},
		Schemas: []google.Schema{{ID: "S1", Name: "AWS", Fields: []google.SchemaField{
			{ID: "F1", Name: "role", Type: "STRING", MultiValued: true}, {ID: "F2", Name: "level", DisplayName: "Level", Type: "INT64", Numeric: true, Unindexed: true},
		}}},
		Users:  []google.User{{ID: "101", PrimaryEmail: adminEmail, IsAdmin: true}},
		Groups: []google.Group{{ID: "0g", Email: "admins@example.com"}},
		Roles:  []google.Role{{ID: "1", Name: "Users read", Description: "Reads", Privileges: []string{"USERS_RETRIEVE"}}, {ID: "2", Name: "Seed", SuperAdmin: true, System: true}},
		RoleAssignments: []google.RoleAssignment{
			{ID: "7", RoleID: "2", AssignedTo: "101"}, {ID: "8", RoleID: "1", AssignedTo: "0g"}, {ID: "9", RoleID: "1", AssignedTo: "101"},
		},
	})
	mustDo(t, err)
	srv := google.New(d, google.Options{})
	assignment := func(id, role, to, kind string) string {
		return fmt.Sprintf(`{"kind":"admin#directory#roleAssignment","etag":"ETAG","roleAssignmentId":%q,"roleId":%q,"assignedTo":%q,"assigneeType":%q,"scopeType":"CUSTOMER"}`, id, role, to, kind)
	}
	const role1 = `{"kind":"admin#directory#role","etag":"ETAG","roleId":"1","roleName":"Users read","roleDescription":"Reads",
		"isSuperAdminRole":false,"isSystemRole":false,"rolePrivileges":[{"privilegeName":"USERS_RETRIEVE","serviceId":"00haapch16h1ysv"}]}`
	for path, want := range map[string]string{
		"customer/my_customer/domains/example.com": `{"kind":"admin#directory#domain","etag":"ETAG","domainName":"example.com","isPrimary":true,"verified":true,
			"creationTime":"1340608080000","domainAliases":[{"kind":"admin#directory#domainAlias","etag":"ETAG","domainAliasName":"example.net",
			"parentDomainName":"example.com","verified":true,"creationTime":"1340608080000"}]}`,
		"customer/my_customer/schemas/S1": `{"kind":"admin#directory#schema","etag":"ETAG","schemaId":"S1","schemaName":"AWS","displayName":"AWS","fields":[
			{"kind":"admin#directory#schema#fieldspec","etag":"ETAG","fieldId":"F1","fieldName":"role","displayName":"role","fieldType":"STRING","multiValued":true,"indexed":true,"readAccessType":"ALL_DOMAIN_USERS"},
			{"kind":"admin#directory#schema#fieldspec","etag":"ETAG","fieldId":"F2","fieldName":"level","displayName":"Level","fieldType":"INT64","multiValued":false,"indexed":false,"numericIndexingSpec":{},"readAccessType":"ALL_DOMAIN_USERS"}]}`,
		"customer/my_customer/roles/1":                         role1,
		"customer/my_customer/roles?maxResults=1&fields=items": `{"items":[` + role1 + `]}`,
		"customer/my_customer/roleassignments?userKey=" + adminEmail: `{"kind":"admin#directory#roleAssignments","etag":"ETAG","items":[` +
			assignment("7", "2", "101", "USER") + "," + assignment("9", "1", "101", "USER") + `]}`,
		"customer/my_customer/roleassignments?roleId=1": `{"kind":"admin#directory#roleAssignments","etag":"ETAG","items":[` +
			assignment("8", "1", "0g", "GROUP") + "," + assignment("9", "1", "101", "USER") + `]}`,
		"customer/my_customer/roleassignments?roleId=3": `{"kind":"admin#directory#roleAssignments","etag":"ETAG"}`,
	} {
		t.Run(path, func(t *testing.T) { sameJSON(t, want, decode(t, get(t, srv, path).Body)) })
	}
}

// TestWireBytes: what Google's Go client puts on the wire is understood.
func TestWireBytes(t *testing.T) {
	d := acme(t)
	if _, err := d.AddGroup(google.Group{Email: "a b+c@example.com", Name: "Odd", Members: []google.Member{{Email: "liz@example.com"}}}); err != nil {
		t.Fatal(err)
	}
	srv := google.New(d, google.Options{})
	for request, want := range map[string]string{
		"GET /admin/directory/v1/users?alt=json&customFieldMask=AWS&customer=my_customer&fields=nextPageToken%2Cusers%28id%2CprimaryEmail%29&maxResults=500&prettyPrint=false&projection=custom&query=orgUnitPath%3D%27%2FEng%27+isSuspended%3Dfalse": `{"users":[{"id":"110559830912345678901","primaryEmail":"liz@example.com"}]}`,
		"GET /admin/directory/v1/groups/a%20b%2Bc%40example.com/members?alt=json&fields=members%28email%29&includeDerivedMembership=true&maxResults=200&prettyPrint=false&roles=OWNER%2CMEMBER":                                                       `{"members":[{"email":"liz@example.com"}]}`,
	} {
		raw := request + " HTTP/1.1\r\nHost: admin.googleapis.com\r\nAuthorization: Bearer " + srv.Token(adminEmail, allScopes...) +
			"\r\nUser-Agent: google-api-go-client/0.5\r\nX-Goog-Api-Client: gl-go/1.26.8 gdcl/0.311.0\r\nAccept-Encoding: gzip\r\n\r\n"
		req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, req)
		if got := strings.TrimSpace(w.Body.String()); got != want {
			t.Errorf("%s:\n got %s\nwant %s", request, got, want)
		}
		if w.Header().Get("Content-Encoding") != "" {
			t.Error("compressed for a client that does not say gzip in its User-Agent")
		}
	}
}

func TestHeadersAndCompression(t *testing.T) {
	at := time.Date(2026, 11, 20, 7, 1, 2, 0, time.UTC)
	srv := google.New(acme(t), google.Options{Clock: func() time.Time { return at }})
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/admin/directory/v1/users/liz@example.com", nil)
	req.Header.Set("Authorization", "Bearer "+srv.Token(adminEmail, allScopes...))
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", "ssosync/1.0 (gzip)")
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, req)
	for k, want := range map[string]string{
		"Content-Type": "application/json; charset=UTF-8", "Server": "ESF", "Cache-Control": "private",
		"Content-Encoding": "gzip", "Vary": "Origin", "Date": "Fri, 20 Nov 2026 07:01:02 GMT",
	} {
		if got := w.Header().Get(k); got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil || !strings.Contains(string(plain), "\n  \"primaryEmail\": \"liz@example.com\"") {
		t.Errorf("%v: %s", err, plain)
	}
}

func TestFieldMasks(t *testing.T) {
	srv := google.New(acme(t), google.Options{})
	for _, c := range []struct{ path, want string }{
		{"users/liz@example.com?fields=primaryEmail,name/givenName", `{"name":{"givenName":"Liz"},"primaryEmail":"liz@example.com"}`},
		{"users/liz@example.com?fields=name(givenName,familyName),name/fullName", `{"name":{"familyName":"Smith","fullName":"Liz Smith","givenName":"Liz"}}`},
		{"users/liz@example.com?fields=name/givenName,name", `{"name":{"familyName":"Smith","fullName":"Liz Smith","givenName":"Liz"}}`},
		{"users/liz@example.com?fields=name,name/givenName", `{"name":{"familyName":"Smith","fullName":"Liz Smith","givenName":"Liz"}}`},
		{"users/liz@example.com?fields=emails/address", `{"emails":[{"address":"liz@example.com"},{"address":"lizzy@example.com"},{"address":"liz@example.com.test-google-a.com"}]}`},
		{"users/liz@example.com?fields=thumbnailPhotoUrl", `{}`},
		{"users/liz@example.com?fields=organizations(title)&projection=full", `{"organizations":[{"title":"Staff Engineer"}]}`},
		{"users/liz@example.com?fields=customSchemas/AWS/level&projection=full", `{"customSchemas":{"AWS":{"level":7}}}`},
		{"users/liz@example.com?fields=customSchemas", `{}`},
		{"users/liz@example.com?fields=customSchemas&projection=custom&customFieldMask=GCP", `{}`},
		{"users/liz@example.com?fields=customSchemas(AWS(level))&projection=custom&customFieldMask=GCP,AWS", `{"customSchemas":{"AWS":{"level":7}}}`},
		{"users?customer=my_customer&maxResults=2&fields=users/id,kind", `{"kind":"admin#directory#users","users":[{"id":"` + "ADMIN" + `"},{"id":"BOB"}]}`},
		{"groups?customer=my_customer&fields=groups(email,directMembersCount)", `{"groups":[{"directMembersCount":"0","email":"all@example.com"},{"directMembersCount":"5","email":"aws-dev@example.com"},{"directMembersCount":"0","email":"empty@example.org"},{"directMembersCount":"2","email":"ops@example.com"}]}`},
		{"groups/all@example.com/members?fields=members(id,email,type,role,status)", `{"members":[{"id":"C01abcd23","role":"MEMBER","type":"CUSTOMER"}]}`},
		{"groups/empty@example.org/members?fields=members(id),nextPageToken", `{}`},
		{"customer/my_customer/roles?fields=items/roleName", `{"items":[{"roleName":"Users read"},{"roleName":"Groups all"}]}`},
	} {
		f := srvFixture(t, srv, c.want)
		w := get(t, srv, c.path+sep(c.path)+"prettyPrint=false")
		if got := strings.TrimSpace(w.Body.String()); got != f {
			t.Errorf("%s:\n got %s\nwant %s", c.path, got, f)
		}
	}
	for mask, name := range map[string]string{
		"colour": "colour", "users(colour)": "colour", "users/name/colour": "colour", "users(id": "users(id", "users(id))": ")", "users()": "", "users(emails())": "", "id": "id", ",": "", "items": "items",
	} {
		got := refusal(t, get(t, srv, "users?customer=my_customer&fields="+mask))
		if want := "Bad Request: invalidParameter: Invalid field selection " + name; got != want {
			t.Errorf("%s: %s, want %s", mask, got, want)
		}
	}
}

func sep(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

// srvFixture puts the ids of accounts in the place of their names.
func srvFixture(t *testing.T, srv *google.Server, text string) string {
	t.Helper()
	for name, email := range map[string]string{"ADMIN": adminEmail, "BOB": "bob@example.com"} {
		text = strings.ReplaceAll(text, name, decode(t, get(t, srv, "users/"+email).Body)["id"].(string))
	}
	return text
}

func TestEtags(t *testing.T) {
	d := acme(t)
	srv := google.New(d, google.Options{})
	tag := func(path string) string {
		return decode(t, get(t, srv, path).Body)["etag"].(string)
	}
	ask := func(path, match string) int {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/admin/directory/v1/"+path, nil)
		req.Header.Set("Authorization", "Bearer "+srv.Token(adminEmail, allScopes...))
		req.Header.Set("If-None-Match", match)
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, req)
		if w.Code == http.StatusNotModified && w.Body.Len() > 0 {
			t.Errorf("%s: 304 with a body", path)
		}
		return w.Code
	}
	const user, group, list = "users/liz@example.com", "groups/ops@example.com", "users?customer=my_customer"
	oldUser, oldGroup, oldList := tag(user), tag(group), tag(list)
	if oldUser == oldGroup || oldUser[:44] != oldGroup[:44] {
		t.Errorf("tags share a prefix and nothing else: %s %s", oldUser, oldGroup)
	}
	if ask(user, oldUser) != http.StatusNotModified || ask(group, oldGroup) != http.StatusNotModified || ask(user, oldGroup) != http.StatusOK {
		t.Error("If-None-Match on get")
	}
	if ask(list, oldList) != http.StatusOK {
		t.Error("a list answered 304 unasked")
	}
	srv.Configure(func(o *google.Options) { o.Strict.ListNotModified = true })
	if ask(list, oldList) != http.StatusNotModified {
		t.Error("a list did not answer 304")
	}
	if err := d.Suspend("liz@example.com", true); err != nil {
		t.Fatal(err)
	}
	if ask(user, oldUser) != http.StatusOK || ask(list, oldList) != http.StatusOK {
		t.Error("a changed user has the old tag")
	}
	mustDo(t, d.RenameGroup("ops@example.com", "Operations", ""))
	if ask(group, oldGroup) != http.StatusOK {
		t.Error("a renamed group has the old tag")
	}
	for follows, want := range map[bool]bool{false: true, true: false} {
		srv.Configure(func(o *google.Options) { o.Strict.GroupEtagFollowsMembers = follows })
		before := tag(group)
		if err := d.AddMember("ops@example.com", google.Member{Email: fmt.Sprintf("x%v@partner.test", follows)}); err != nil {
			t.Fatal(err)
		}
		if same := tag(group) == before; same != want {
			t.Errorf("GroupEtagFollowsMembers=%v: same tag %v after a member was added", follows, same)
		}
	}
}
