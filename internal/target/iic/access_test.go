package iic_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
	"ssosync/internal/target/iic"
)

const (
	ourInstance = `{"Instances":[{"InstanceArn":"arn:aws:sso:::instance/ssoins-1","IdentityStoreId":"d-1234567890","OwnerAccountId":"111111111111","Status":"ACTIVE"}]}`
	noAccounts  = `{"AccountAssignments":[]}`
	noApps      = `{"ApplicationAssignments":[]}`
	denied      = `400 {"__type":"AccessDeniedException","Message":"User: arn:aws:iam::1:user/x is not authorized"}`
)

// assigned prepares a store in which nothing is assigned to anybody.
func assigned(f *fake, answers map[string][]string) *store {
	s := newStore(f)
	s.answers = map[string][]string{
		"ListInstances": {ourInstance}, "ListAccountAssignmentsForPrincipal": {noAccounts}, "ListApplicationAssignmentsForPrincipal": {noApps},
		"DescribePermissionSet": {`{"PermissionSet":{"Name":"Admin"}}`}, "DescribeApplication": {`{"Name":"Wiki"}`},
	}
	maps.Copy(s.answers, answers)
	return s
}

func row(account, set, principal string) string {
	return fmt.Sprintf(`{"AccountId":%q,"PermissionSetArn":%q,"PrincipalId":%q,"PrincipalType":"GROUP"}`, account, set, principal)
}

func TestAccess(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		s := assigned(f, map[string][]string{
			"ListAccountAssignmentsForPrincipal": {
				`{"AccountAssignments":[` + row("222222222222", "ps-b", "g1") + `,` + row("333333333333", "ps-a", "G1") + `],"NextToken":"n"}`,
				`{"AccountAssignments":[` + row("111111111111", "ps-a", "g1") + `,` + row("222222222222", "ps-b", "g1") + `,` + row("999999999999", "ps-z", "other") + `]}`,
			},
			"ListApplicationAssignmentsForPrincipal": {`{"ApplicationAssignments":[{"ApplicationArn":"app-2"},{"ApplicationArn":"app-1","PrincipalId":"g1"},{"ApplicationArn":"app-9","PrincipalId":"other"},{"ApplicationArn":"app-2"}]}`},
			"DescribePermissionSet":                  {`{"PermissionSet":{"Name":"ReadOnly"}}`, `{"PermissionSet":{"Name":"Admin"}}`},
		})
		var meter httpx.Meter
		tg := f.target(s.options(), func(o *iic.Options) { o.Meter, o.Reader = &meter, iic.ReaderSCIM })
		got, err := tg.Access(t.Context(), identity.KindGroup, "g1")
		if err != nil {
			t.Fatal(err)
		}
		diff(t, identity.Access{
			Assignments: []identity.Assignment{
				{PermissionSet: "Admin", Account: "222222222222"}, {PermissionSet: "ReadOnly", Account: "111111111111"}, {PermissionSet: "ReadOnly", Account: "333333333333"},
			},
			Applications: []string{"Wiki", "Wiki"},
		}, got)
		diff(t, []string{
			`ListInstances {"MaxResults":100}`,
			`ListAccountAssignmentsForPrincipal {"InstanceArn":"arn:aws:sso:::instance/ssoins-1","MaxResults":100,"PrincipalId":"g1","PrincipalType":"GROUP"}`,
			`ListAccountAssignmentsForPrincipal {"InstanceArn":"arn:aws:sso:::instance/ssoins-1","MaxResults":100,"NextToken":"n","PrincipalId":"g1","PrincipalType":"GROUP"}`,
			`DescribePermissionSet {"InstanceArn":"arn:aws:sso:::instance/ssoins-1","PermissionSetArn":"ps-a"}`,
			`DescribePermissionSet {"InstanceArn":"arn:aws:sso:::instance/ssoins-1","PermissionSetArn":"ps-b"}`,
			`ListApplicationAssignmentsForPrincipal {"InstanceArn":"arn:aws:sso:::instance/ssoins-1","MaxResults":100,"PrincipalId":"g1","PrincipalType":"GROUP"}`,
			`DescribeApplication {"ApplicationArn":"app-1"}`, `DescribeApplication {"ApplicationArn":"app-2"}`,
		}, sortedKeys(t, s.inputs))
		diff(t, map[string]bool{"sso.eu-west-1.amazonaws.com": true}, s.hosts)
		diff(t, 0, len(f.ops))
		diff(t, "sso-admin:DescribeApplication 2", fmt.Sprint(meter.Counts()[0].Op, " ", meter.Counts()[0].Calls))

		// Somebody else costs two calls: the names are known.
		if _, err = tg.Access(t.Context(), identity.KindUser, "u1"); err != nil {
			t.Fatal(err)
		}
		diff(t, 10, len(s.inputs))
		if in := strings.Join(s.inputs[8:], ""); strings.Count(in, `"PrincipalType":"USER"`) != 2 || strings.Count(in, `"PrincipalId":"u1"`) != 2 {
			t.Errorf("inputs: %s", in)
		}
	})
}

// sortedKeys puts the members of each input in order.
func sortedKeys(t *testing.T, inputs []string) []string {
	t.Helper()
	var out []string
	for _, in := range inputs {
		op, body, _ := strings.Cut(in, " ")
		var obj map[string]any
		if err := json.Unmarshal([]byte(body), &obj); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(obj)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, op+" "+string(b))
	}
	return out
}

// However many ask at once, nothing is looked up twice.
func TestAccessIsLookedUpOnce(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		s := assigned(f, map[string][]string{
			"ListAccountAssignmentsForPrincipal":     {`{"AccountAssignments":[` + row("1", "ps-a", "") + `,` + row("2", "ps-a", "") + `,` + row("2", "ps-b", "") + `]}`},
			"ListApplicationAssignmentsForPrincipal": {`{"ApplicationAssignments":[{"ApplicationArn":"app"}]}`},
			"DescribePermissionSet":                  {denied},
		})
		tg := f.target(s.options())
		start := time.Now()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				got, err := tg.Access(t.Context(), identity.KindUser, fmt.Sprint("u", i))
				if err != nil || len(got.Assignments) != 3 || got.Assignments[2].PermissionSet != "ps-b" || got.Applications[0] != "Wiki" {
					t.Errorf("got %+v, %v", got, err)
				}
			})
		}
		all.Wait()
		diff(t, map[string]int{
			"ListInstances": 1, "ListAccountAssignmentsForPrincipal": 100, "ListApplicationAssignmentsForPrincipal": 100,
			"DescribePermissionSet": 2, "DescribeApplication": 1,
		}, s.calls)
		if took := time.Since(start); took < 204*time.Second/20 || took > 204*time.Second/16 {
			t.Errorf("204 calls took %v: the quota is 20 a second for all of them together", took)
		}
	})
}

// A throttled operation slows down all of sso-admin.
func TestAThrottleOfAccessIsForAll(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		s := assigned(f, map[string][]string{"ListApplicationAssignmentsForPrincipal": {`400 {"__type":"ThrottlingException","Message":"Rate exceeded"}`, noApps}})
		tg := f.target(s.options())
		if _, err := tg.Access(t.Context(), identity.KindUser, "u"); err != nil {
			t.Fatal(err)
		}
		diff(t, 2, s.calls["ListApplicationAssignmentsForPrincipal"])
		start := time.Now()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := tg.Access(t.Context(), identity.KindUser, "u"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took := time.Since(start); took < 3*time.Second {
			t.Errorf("40 calls took %v at half the pace", took)
		}
	})
}

// Where a name cannot be had, the ARN stands.
func TestNamesThatCannotBeHad(t *testing.T) {
	const set, app = "arn:aws:sso:::permissionSet/ssoins-1/ps-1", "arn:aws:sso::1:application/ssoins-1/apl-1"
	for _, answer := range []string{
		denied, `400 {"__type":"ResourceNotFoundException"}`, `400 {"__type":"ValidationException"}`, `{}`, `{"PermissionSet":null,"Name":null}`,
		`{"PermissionSet":{"Name":""},"Name":""}`, `{"PermissionSet":{},"Name":" \n"}`, `500 {"__type":"InternalServerException"}`,
		`{"PermissionSet":{"Name":7},"Name":[]}`, `{"PermissionSet":"x","Name":{}}`,
	} {
		bubble(t, func(t *testing.T, f *fake) {
			s := assigned(f, map[string][]string{
				"ListAccountAssignmentsForPrincipal":     {`{"AccountAssignments":[` + row("1", set, "") + `]}`},
				"ListApplicationAssignmentsForPrincipal": {`{"ApplicationAssignments":[{"ApplicationArn":"` + app + `"}]}`},
				"DescribePermissionSet":                  {answer}, "DescribeApplication": {answer},
			})
			got, err := f.target(s.options()).Access(t.Context(), identity.KindUser, "u")
			if err != nil || len(got.Assignments) != 1 || got.Assignments[0].PermissionSet != set || len(got.Applications) != 1 || got.Applications[0] != app {
				t.Errorf("%s: got %+v, %v", answer, got, err)
			}
		})
	}
}

// Who runs out of time learns nothing about what is assigned, and keeps nobody
// else from it.
func TestAccessEndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		s := assigned(f, nil)
		tg := f.target(s.options(), func(o *iic.Options) {
			load := o.AWS
			o.AWS = func(ctx context.Context) (aws.Config, error) {
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
					return aws.Config{}, ctx.Err()
				}
				return load(ctx)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := tg.Access(ctx, identity.KindUser, "u"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, iic.ErrNoAccess) {
					t.Errorf("got %v", err)
				}
			})
		}
		synctest.Wait() // one of them looks, and the others wait for it
		all.Go(func() {
			if _, err := tg.Access(t.Context(), identity.KindUser, "u"); err != nil {
				t.Errorf("got %v", err)
			}
		})
		all.Wait()
		diff(t, map[string]int{"ListInstances": 1, "ListAccountAssignmentsForPrincipal": 1, "ListApplicationAssignmentsForPrincipal": 1}, s.calls)
	})
}

// The instance is that of our identity store, by its id or its ARN.
func TestTheInstanceOfOurStore(t *testing.T) {
	const two = `{"Instances":[{"InstanceArn":"arn-1","IdentityStoreId":"d-1","Status":"ACTIVE"},
{"InstanceArn":"arn-2","IdentityStoreId":"d-2","IdentityStoreArn":"arn:aws:identitystore::1:identitystore/d-2","Status":"ACTIVE","OwnerAccountId":"111111111111"}]}`
	for store, want := range map[string]string{"d-1": "arn-1", "d-2": "arn-2", "arn:aws:identitystore::1:identitystore/d-2": "arn-2", "": "arn-1"} {
		bubble(t, func(t *testing.T, f *fake) {
			s := assigned(f, map[string][]string{"ListInstances": {two}})
			_, err := f.target(s.options(), func(o *iic.Options) { o.IdentityStoreID = store }).Access(t.Context(), identity.KindUser, "u")
			if err != nil || !strings.Contains(s.inputs[1], `"InstanceArn":"`+want+`"`) {
				t.Errorf("%q: %v, %v", store, s.inputs, err)
			}
		})
	}
}

// Lists that are long, and have something new on each page, are read whole.
func TestLongListsOfAccess(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		const pages = 1005
		var accounts, apps []string
		for i := range pages {
			token := fmt.Sprintf(`"NextToken":"n%d",`, i)
			if i == pages-1 {
				token = ""
			}
			accounts = append(accounts, fmt.Sprintf(`{%s"AccountAssignments":[%s]}`, token, row(fmt.Sprintf("%012d", i), "ps", "")))
			apps = append(apps, fmt.Sprintf(`{%s"ApplicationAssignments":[{"ApplicationArn":"app-%d"}]}`, token, i))
		}
		s := assigned(f, map[string][]string{"ListAccountAssignmentsForPrincipal": accounts, "ListApplicationAssignmentsForPrincipal": apps})
		got, err := f.target(s.options()).Access(t.Context(), identity.KindUser, "u")
		if err != nil || len(got.Assignments) != pages || len(got.Applications) != pages {
			t.Errorf("%d and %d, %v", len(got.Assignments), len(got.Applications), err)
		}
	})
}

// Whatever AWS says, what is shown of it is tame.
func TestAccessIsTame(t *testing.T) {
	wild := `\u001b[2J\u202e\nssosync: all is well ` + strings.Repeat("x", 100_000)
	bubble(t, func(t *testing.T, f *fake) {
		s := assigned(f, map[string][]string{
			"ListAccountAssignmentsForPrincipal":     {`{"AccountAssignments":[{"AccountId":"` + wild + `","PermissionSetArn":"` + wild + `"}]}`},
			"ListApplicationAssignmentsForPrincipal": {`{"ApplicationAssignments":[{"ApplicationArn":"` + wild + `"},{"ApplicationArn":"b"}]}`},
			"DescribePermissionSet":                  {denied},
			"DescribeApplication":                    {denied, `{"Name":"` + wild + `"}`},
		})
		got, err := f.target(s.options()).Access(t.Context(), identity.KindUser, "u")
		if err != nil {
			t.Fatal(err)
		}
		all := append([]string{got.Assignments[0].Account, got.Assignments[0].PermissionSet}, got.Applications...)
		for _, text := range all {
			if !tame(text) || text == "" {
				t.Errorf("%.900q", text)
			}
		}
		s = assigned(f, map[string][]string{"ListInstances": {`400 {"__type":"AccessDeniedException","Message":"` + wild + `"}`}})
		if _, err := f.target(s.options()).Access(t.Context(), identity.KindUser, "u"); err == nil || !tame(err.Error()) {
			t.Errorf("%.900q", fmt.Sprint(err))
		}
	})
}

// Whatever an answer holds, what is read is complete and in order, or an error.
func FuzzAccess(f *testing.F) {
	for _, body := range []string{
		`{}`, noAccounts, ourInstance, `{"AccountAssignments":[` + row("1", "ps", "u") + `,` + row("0", "ps", "u") + `]}`, `{"ApplicationAssignments":[{"ApplicationArn":"a"}],"Name":"x"}`,
		`{"AccountAssignments":null,"NextToken":7}`, `{"PermissionSet":{"Name":"x"}}`, `{"__type":"AccessDeniedException"}`,
	} {
		f.Add(200, 1, body)
		f.Add(400, 0, body)
	}
	ops := []string{"ListInstances", "ListAccountAssignmentsForPrincipal", "ListApplicationAssignmentsForPrincipal", "DescribePermissionSet", "DescribeApplication"}
	f.Fuzz(func(t *testing.T, status, op int, body string) {
		if status < 200 || status > 599 || status == 429 || status == 408 || status >= 500 || len(body) == 0 {
			return
		}
		bubble(t, func(t *testing.T, fk *fake) {
			s := assigned(fk, map[string][]string{
				"ListAccountAssignmentsForPrincipal":     {`{"AccountAssignments":[` + row("1", "ps", "u") + `]}`},
				"ListApplicationAssignmentsForPrincipal": {`{"ApplicationAssignments":[{"ApplicationArn":"a"}]}`},
			})
			s.answers[ops[uint(op)%5]] = []string{fmt.Sprint(status, " ", body)}
			if body[0] == '{' && status == 200 {
				s.answers[ops[uint(op)%5]] = []string{body}
			}
			got, err := fk.target(s.options()).Access(t.Context(), identity.KindUser, "u")
			if err != nil {
				if len(got.Assignments)+len(got.Applications) > 0 {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			for i, a := range got.Assignments {
				if a.Account == "" || a.PermissionSet == "" || i > 0 && got.Assignments[i-1] == a {
					t.Errorf("%+v", got)
				}
			}
		})
	})
}
