package google_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ssosync/internal/emulator/google"
)

// outcome is "OK" or the refusal.
func outcome(t *testing.T, srv *google.Server, token, path string) string {
	t.Helper()
	w := getAs(t, srv, token, path)
	if w.Code == http.StatusOK {
		return "OK"
	}
	return refusal(t, w)
}

const (
	notAuthorized  = "Forbidden: forbidden: Not Authorized to access this resource/api"
	noDomain       = "Not Found: notFound: Domain not found."
	invalidInput   = "Bad Request: invalid: Invalid Input"
	badCredentials = "Unauthorized: authError: Invalid Credentials"
)

// TestAdminRoles: what a caller may read depends on its roles.
func TestAdminRoles(t *testing.T) {
	const list, groups = "users?customer=C01abcd23", "groups?customer=C01abcd23"
	d := acme(t)
	d.AddServiceAccount(google.ServiceAccount{Email: robot})
	srv := google.New(d, google.Options{})
	both := func(who string) [2]string {
		token := srv.Token(who, allScopes...)
		return [2]string{outcome(t, srv, token, list), outcome(t, srv, token, groups)}
	}
	check := func(what, who string, want [2]string) {
		t.Helper()
		if got := both(who); got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	check("super administrator", adminEmail, [2]string{"OK", "OK"})
	check("plain user", "liz@example.com", [2]string{notAuthorized, notAuthorized})
	check("service account without role", robot, [2]string{notAuthorized, notAuthorized})

	mustDo(t, d.Assign("Users read", "liz@example.com"))
	check("user who reads users", "liz@example.com", [2]string{"OK", notAuthorized})
	mustDo(t, d.Assign("Groups all", "ops@example.com"))
	check("… and is in a group that manages groups", "liz@example.com", [2]string{"OK", "OK"})
	mustDo(t, d.Suspend("liz@example.com", true))
	check("… but is suspended", "liz@example.com", [2]string{notAuthorized, notAuthorized})

	mustDo(t, d.Assign("Users read", robot))
	mustDo(t, d.Assign("Groups all", robot))
	check("service account with roles", robot, [2]string{"OK", "OK"})
	srv.Configure(func(o *google.Options) { o.Strict.ManagementRolesOnly = true })
	check("… where reading is not enough", robot, [2]string{notAuthorized, "OK"})

	d.Update(func(f *google.Fixture) { f.Users[0].NeverLoggedIn = true })
	check("administrator who never accepted the terms", adminEmail, [2]string{notAuthorized, notAuthorized})
	d.Update(func(f *google.Fixture) { f.ServiceAccounts[0].Disabled = true })
	check("disabled service account", robot, [2]string{notAuthorized, notAuthorized})
}

// TestPublicView: without any role a user may see what the domain may.
func TestPublicView(t *testing.T) {
	srv := google.New(acme(t), google.Options{})
	token := srv.Token("liz@example.com", allScopes...)
	w := getAs(t, srv, token, "users/bob@example.com?viewType=domain_public")
	body := decode(t, w.Body)
	if body["primaryEmail"] != "bob@example.com" {
		t.Errorf("public view: %v", body)
	}
	for _, k := range []string{"suspended", "archived", "isAdmin", "orgUnitPath", "customerId"} {
		if _, there := body[k]; there {
			t.Errorf("the public view shows %s", k)
		}
	}
	if got := outcome(t, srv, token, "groups?customer=my_customer&viewType=domain_public"); got != notAuthorized {
		t.Errorf("groups have no public view: %s", got)
	}
}

func TestTenant(t *testing.T) {
	d := acme(t)
	d.AddServiceAccount(google.ServiceAccount{Email: robot})
	mustDo(t, d.Assign("Users read", robot))
	mustDo(t, d.Assign("Groups all", robot))
	srv := google.New(d, google.Options{})
	user, account := srv.Token(adminEmail, allScopes...), srv.Token(robot, allScopes...)
	check := func(token, path, want string) {
		t.Helper()
		if got := outcome(t, srv, token, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	check(user, "users?customer=my_customer", "OK")
	check(user, "users?domain=example.org", "OK")
	check(user, "users?domain=EXAMPLE.NET", "OK")
	check(user, "users", "Bad Request: badRequest: Bad Request")
	check(user, "users?customer=example.com", "Bad Request: badRequest: Bad Request")
	check(user, "users?customer=C0zzzzzzz", noDomain)
	check(user, "users?domain=partner.test", noDomain)
	check(user, "groups?domain=partner.test", noDomain)
	check(user, "groups", "OK")
	check(account, "users?customer=C01abcd23", "OK")
	check(account, "users?customer=my_customer", invalidInput)
	check(account, "groups?customer=my_customer", invalidInput)
	check(account, "groups", invalidInput)
	check(account, "groups?userKey=liz@example.com", "OK")
	check(account, "customers/my_customer", invalidInput)
	srv.Configure(func(o *google.Options) { o.Strict.MyCustomerNotFound, o.Strict.ForeignForbidden = true, true })
	check(account, "users?customer=my_customer", noDomain)
	check(user, "users?customer=C0zzzzzzz", notAuthorized)
	check(user, "users?domain=partner.test", notAuthorized)
}

// TestKeysOfTheWrongKind: what production says to keys that are not ours.
func TestKeysOfTheWrongKind(t *testing.T) {
	d := acme(t)
	srv := google.New(d, google.Options{})
	f := d.Fixture()
	var externalGroup string
	for _, m := range f.Groups[0].Members {
		if m.Email == "team@partner.test" {
			externalGroup = m.ID
		}
	}
	for path, want := range map[string]string{
		"users/guest@partner.test":                              notAuthorized,
		"users/ops@example.com":                                 "Bad Request: badRequest: Type not supported: userKey",
		"users/nobody@example.com":                              "Not Found: notFound: Resource Not Found: userKey",
		"users/199999999999999999999":                           "Not Found: notFound: Resource Not Found: userKey",
		"groups/nobody@example.com":                             "Not Found: notFound: Resource Not Found: groupKey",
		"groups/nobody@example.com/members":                     "Not Found: notFound: Resource Not Found: groupKey",
		"groups/team@partner.test/members":                      notAuthorized,
		"groups/" + externalGroup + "/members":                  notAuthorized,
		"groups/ops@example.com/members/bob@example.com":        "Not Found: notFound: Resource Not Found: memberKey",
		"groups/ops@example.com/hasMember/bob@example.com":      "OK",
		"groups/all@example.com/hasMember/bob@example.com":      "OK",
		"groups/ops@example.com/hasMember/guest@partner.test":   "Bad Request: invalid: Invalid Input: memberKey",
		"groups/ops@example.com/hasMember/none@example.com":     "Not Found: notFound: Resource Not Found: memberKey",
		"groups/aws-dev@example.com/members/guest@partner.test": "OK",
		"groups/aws-dev@example.com/members/ops@example.com":    "OK",
		"groups/all@example.com/members/C01abcd23":              "OK",
		"customer/my_customer/orgunits/Nowhere":                 "Not Found: notFound: Org unit not found",
		"customer/my_customer/schemas/GCP":                      "Not Found: notFound: Resource Not Found: schemaKey",
		"customer/my_customer/roles/99":                         "Not Found: notFound: Resource Not Found: roleId",
		"customer/my_customer/domains/partner.test":             noDomain,
		"users?customer=my_customer&orderBy=age":                "Bad Request: invalidParameter: Invalid string value: 'age'. Allowed values: [email, familyName, givenName]",
		"users?customer=my_customer&maxResults=many":            "Bad Request: invalidParameter: Invalid integer value: 'many'.",
		"users?customer=my_customer&alt=xml":                    "Bad Request: invalidParameter: Invalid string value: 'xml'. Allowed values: [json]",
	} {
		if got := outcome(t, srv, srv.Token(adminEmail, allScopes...), path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	// Nested and everyone count for hasMember, others do not.
	for path, want := range map[string]bool{
		"groups/ops@example.com/hasMember/bob@example.com":     false,
		"groups/all@example.com/hasMember/bob@example.com":     true,
		"groups/aws-dev@example.com/hasMember/" + adminEmail:   true,
		"groups/ops@example.com/hasMember/lizzy@example.com":   true,
		"groups/empty@example.org/hasMember/lizzy@example.com": false,
	} {
		if got := decode(t, get(t, srv, path).Body)["isMember"]; got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

// TestTokensEnd: by time, by count, by order, with their owner.
func TestTokensEnd(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	d := acme(t)
	srv := google.New(d, google.Options{Clock: func() time.Time { return now }})
	const path = "users?customer=my_customer"
	check := func(what, token, want string) {
		t.Helper()
		if got := outcome(t, srv, token, path); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	token := srv.Token(adminEmail, allScopes...)
	check("no token", "", "Unauthorized: required: Login Required.")
	check("made up", "ya29.nothing", badCredentials)
	now = now.Add(3598 * time.Second)
	check("after 3598 s", token, "OK")
	now = now.Add(time.Second)
	check("after 3599 s", token, badCredentials)

	srv.Configure(func(o *google.Options) { o.RevokeTokenAfter = 2 })
	token = srv.Token(adminEmail, allScopes...)
	for i, want := range []string{"OK", "OK", badCredentials, badCredentials} {
		if got := outcome(t, srv, token, path); got != want {
			t.Errorf("use %d: %s, want %s", i+1, got, want)
		}
	}
	srv.Configure(func(o *google.Options) { o.RevokeTokenAfter = 0 })

	token = srv.Token(adminEmail, allScopes...)
	srv.RevokeTokens()
	check("revoked", token, badCredentials)
	token = srv.Token("liz@example.com", allScopes...)
	mustDo(t, d.DeleteUser("liz@example.com"))
	check("owner deleted", token, badCredentials)
}

func TestAPISwitches(t *testing.T) {
	d := acme(t)
	srv := google.New(d, google.Options{})
	d.Update(func(f *google.Fixture) { f.Project.AdminAPIOff, f.Project.Number = true, "4711" })
	w := get(t, srv, "users?customer=my_customer")
	if got := refusal(t, w); !strings.HasPrefix(got, "Forbidden: accessNotConfigured: Admin SDK API has not been used in project 4711 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/admin.googleapis.com/overview?project=4711 then retry") {
		t.Error(got)
	}
	for _, part := range []string{"SERVICE_DISABLED", "google.rpc.Help", `"usageLimits"`} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("no %s in %s", part, w.Body)
		}
	}
	d.Update(func(f *google.Fixture) { f.Project.AdminAPIOff, f.Customer.APIBlocked = false, true })
	if got := refusal(t, get(t, srv, "users?customer=my_customer")); got != "Forbidden: domainCannotUseApis: domain cannot use apis" {
		t.Error(got)
	}
}

func TestServiceAccountStatus(t *testing.T) {
	srv := google.New(acme(t), google.Options{})
	status := func() any {
		return decode(t, get(t, srv, "groups/aws-dev@example.com/members/"+robot).Body)["status"]
	}
	if got := status(); got != nil {
		t.Errorf("status %v, want none", got)
	}
	srv.Configure(func(o *google.Options) { o.Strict.ServiceAccountStatus = true })
	if got := status(); got != "ACTIVE" {
		t.Errorf("status %v, want ACTIVE", got)
	}
}
