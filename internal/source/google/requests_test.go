package google_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admin "google.golang.org/api/admin/directory/v1"
	"google.golang.org/api/option"

	"ssosync/internal/directory"
	"ssosync/internal/httpx"
	"ssosync/internal/source/google"
)

const (
	userMask  = "id,primaryEmail,aliases,nonEditableAliases,suspended,archived,isGuestUser,orgUnitPath"
	groupMask = "id,email,name,description,directMembersCount,aliases"
)

// We send what Google's own client sends, byte for byte.
func TestRequestsAreThoseOfTheOfficialClient(t *testing.T) {
	s := &server{
		users:   []map[string]any{user("u1", "amy@example.com"), user("u2", "bob@example.com")},
		groups:  []map[string]any{group("g 1/ü+@", "eng@example.com"), group("g2", "ops@example.com")},
		members: map[string][]map[string]any{"g 1/ü+@": {member("USER", "u1", ""), member("USER", "u2", "")}, "g2": {}},
		search:  func(string, map[string]any) bool { return true },
	}
	s.pageSize = func(string, string, int) int { return 1 }
	err := readAllOf(t, s, google.Options{
		Endpoint: "https://admin.example.com/some/prefix", CustomerID: "C01example",
		Needs: directory.Needs{
			AllAccounts: true, Paths: []string{"customSchemas.AWS.costCenter", "name.givenName"},
			UserQueries: []string{"orgUnitPath='/My OU' isSuspended=false"}, GroupQueries: []string{"email:aws-*"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, r := range s.requests {
		got[r.url.String()] = true
	}
	want := officialRequests(t)
	for _, u := range want {
		if !got[u] {
			t.Errorf("not sent: %s", u)
		}
		delete(got, u)
	}
	for u := range got {
		t.Errorf("sent: %s", u)
	}
}

func readAllOf(t *testing.T, s *server, o google.Options) error {
	t.Helper()
	return s.bubble(t, o, func(t *testing.T, src *google.Source) error {
		if _, err := src.Read(t.Context()); err != nil {
			return err
		}
		if _, _, err := src.Account(t.Context(), "u1"); err != nil {
			return err
		}
		if _, err := src.HasMember(t.Context(), "g 1/ü+@", "u1"); err != nil {
			return err
		}
		if _, err := src.GroupsOf(t.Context(), "u1"); err != nil {
			return err
		}
		if _, err := src.Groups(t.Context()); err != nil {
			return err
		}
		if _, _, err := src.AccountByAddress(t.Context(), "amy+x@example.com"); err != nil {
			return err
		}
		_, _, err := src.Group(t.Context(), "g2")
		return err
	})
}

// officialRequests has google.golang.org/api make the requests of the test.
func officialRequests(t *testing.T) []string {
	t.Helper()
	var urls []string
	record := httpx.Func(func(req *http.Request) (*http.Response, error) {
		urls = append(urls, req.URL.String())
		return respond(http.StatusOK, "{}"), nil
	})
	svc, err := admin.NewService(t.Context(), option.WithEndpoint("https://admin.example.com/some/prefix/"),
		option.WithHTTPClient(&http.Client{Transport: record}))
	if err != nil {
		t.Fatal(err)
	}
	const users = "nextPageToken,users(" + userMask + ",customSchemas,name/givenName)"
	const groups = "nextPageToken,groups(" + groupMask + ")"
	for _, token := range []string{"", "after-1"} {
		list := svc.Users.List().Customer("C01example").MaxResults(500).Projection("custom").CustomFieldMask("AWS").Fields(users)
		found := svc.Users.List().Customer("C01example").MaxResults(500).Query("orgUnitPath='/My OU' isSuspended=false").Fields("nextPageToken,users(id)")
		all := svc.Groups.List().Customer("C01example").MaxResults(200).Fields(groups)
		some := svc.Groups.List().Customer("C01example").MaxResults(200).Query("email:aws-*").Fields("nextPageToken,groups(id,email)")
		in := svc.Members.List("g 1/ü+@").MaxResults(200).Fields("nextPageToken,members(id,email,type)")
		if token != "" {
			list, found, all, some, in = list.PageToken(token), found.PageToken(token), all.PageToken(token), some.PageToken(token), in.PageToken(token)
		}
		_, err1 := list.Do()
		_, err2 := found.Do()
		_, err3 := all.Do()
		_, err4 := some.Do()
		_, err5 := in.Do()
		for _, err := range []error{err1, err2, err3, err4, err5} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := svc.Members.List("g2").MaxResults(200).Fields("nextPageToken,members(id,email,type)").Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Users.Get("u1").Projection("custom").CustomFieldMask("AWS").Fields(userMask + ",customSchemas,name/givenName").Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Users.Get("amy+x@example.com").Projection("custom").CustomFieldMask("AWS").Fields(userMask + ",customSchemas,name/givenName").Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Groups.List().UserKey("u1").MaxResults(200).Fields("nextPageToken,groups(id,email)").Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Members.HasMember("g 1/ü+@", "u1").Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Groups.Get("g2").Fields(groupMask).Do(); err != nil {
		t.Fatal(err)
	}
	return urls
}

// This is why the requests are made here: the official client's types cannot
// tell that somebody is active from that nothing was said.
func TestTheOfficialTypesDoNotTellFalseFromUnsaid(t *testing.T) {
	var said, unsaid admin.User
	if err := json.Unmarshal([]byte(`{"suspended":false,"archived":false}`), &said); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{}`), &unsaid); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(said, unsaid); diff != "" {
		t.Error("they do now; the generated client could take the place of api.go:", diff)
	}
}

func TestTheMaskAsksForWhatIsNeeded(t *testing.T) {
	for name, c := range map[string]struct {
		customer               string
		paths                  []string
		mask, projection, only string
	}{
		"nothing more":           {"C01example", nil, userMask, "", ""},
		"the customer":           {"", nil, userMask + ",customerId", "", ""},
		"fields":                 {"C01example", []string{"phones[type=work].value", "name.givenName", "name.familyName"}, userMask + ",name/familyName,name/givenName,phones", "", ""},
		"once":                   {"C01example", []string{"name.givenName", "name", "primaryEmail", "aliases[]"}, userMask + ",name", "", ""},
		"names that begin alike": {"C01example", []string{"ims", "ims2.x"}, userMask + ",ims,ims2/x", "", ""},
		"schemas":                {"C01example", []string{"customSchemas.B.x", "customSchemas.A.x", "customSchemas.B.y"}, userMask + ",customSchemas", "custom", "A,B"},
		"all schemas":            {"C01example", []string{"customSchemas", "customSchemas.A.x"}, userMask + ",customSchemas", "full", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			must(t)(s.read(t, google.Options{CustomerID: c.customer, Needs: directory.Needs{Paths: c.paths}}))
			for _, r := range s.requests {
				if r.op != "users.list" {
					continue
				}
				q := r.url.Query()
				got := []string{q.Get("fields"), q.Get("projection"), q.Get("customFieldMask")}
				if diff := cmp.Diff([]string{"nextPageToken,users(" + c.mask + ")", c.projection, c.only}, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	for want, o := range map[string]google.Options{
		"no login": {},
		`endpoint "admin.googleapis.com" is not an address`: {Tokens: &tokens{}, Endpoint: "admin.googleapis.com"},
		"endpoint \"\\x7f\"": {Tokens: &tokens{}, Endpoint: "\x7f"},
		`path "name..x"`:     {Tokens: &tokens{}, Needs: directory.Needs{Paths: []string{"name..x"}}},
	} {
		if _, err := google.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	// Everything but the login has a default.
	if _, err := google.New(google.Options{Tokens: &tokens{}}); err != nil {
		t.Error(err)
	}
}

func TestWeNameOurselves(t *testing.T) {
	for name, want := range map[string]string{
		"": "ssosync (gzip)", "ssosync/1.2": "ssosync/1.2 (gzip)", "ssosync/1.2 (gzip)": "ssosync/1.2 (gzip)",
	} {
		s := small()
		must(t)(s.read(t, google.Options{UserAgent: name}))
		for _, r := range s.requests {
			if got := r.header.Get("User-Agent"); got != want || r.url.Host != "admin.googleapis.com" {
				t.Errorf("%q to %s, want %q", got, r.url.Host, want)
			}
		}
	}
}
