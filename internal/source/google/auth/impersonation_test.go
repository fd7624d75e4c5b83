package auth_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/source/google/auth"
)

const scopes = "https://www.googleapis.com/auth/admin.directory.user.readonly https://www.googleapis.com/auth/admin.directory.group.readonly"

func TestTheAccountSigns(t *testing.T) {
	for _, endpoint := range []string{"", "http://127.0.0.1:8080", "https://google.example.com/prefix", "http://localhost:8080/"} {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t)
			base := strings.TrimSuffix(endpoint, "/")
			c.base = base
			i := c.keyless(role("eu-central-1"))
			i.Endpoint, i.Caller = endpoint, auth.Federation{Provider: resource, From: role("eu-central-1"), Net: i.Net}
			tokens, err := i.NewTokens()
			c.get(tokens, err, directoryToken)
			if want := []string{"sts", "sign", "token"}; !slices.Equal(c.asked, want) {
				t.Errorf("asked %v", c.asked)
			}
			if got := c.reqs["sign"].Header.Get("Authorization"); got != "Bearer "+federatedToken {
				t.Errorf("Authorization %q", got)
			}
			if c.docs["sign"]["delegates"] != nil || c.reqs["token"].Header.Get("Authorization") != "" {
				t.Error("too much was sent")
			}
			iat, exp := int64(c.claims["iat"].(float64)), int64(c.claims["exp"].(float64))
			if now := time.Now().Unix(); iat > now || iat < now-300 || exp-iat != 3600 {
				t.Errorf("iat %d, exp %d, now %d", iat, exp, now)
			}
			delete(c.claims, "iat")
			delete(c.claims, "exp")
			aud := "https://oauth2.googleapis.com/token"
			if base != "" {
				aud = base + "/token"
			}
			if diff := cmp.Diff(map[string]any{"iss": account, "sub": "amy@example.com", "scope": scopes, "aud": aud}, c.claims); diff != "" {
				t.Error(diff)
			}
			var ops []string
			for _, n := range c.meter.Counts() {
				ops = append(ops, n.Op)
			}
			slices.Sort(ops)
			if want := []string{auth.OpSign, auth.OpExchange, auth.OpToken}; !slices.Equal(ops, want) {
				t.Errorf("counted as %v", ops)
			}
			wants(t, c.log.String(), "op=iam.signJwt", "op=sts.token", "op=token")
		})
	}
}

// A token is renewed through all hops when its hour is over.
func TestKeylessTokensAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		tokens, err := c.keyless(workflow()).NewTokens()
		c.get(tokens, err, directoryToken)
		time.Sleep(58 * time.Minute)
		c.get(tokens, nil, directoryToken)
		if len(c.asked) != 4 {
			t.Errorf("asked %v", c.asked)
		}
		time.Sleep(time.Minute)
		c.get(tokens, nil, directoryToken)
		if len(c.asked) != 8 {
			t.Errorf("asked %v", c.asked)
		}
	})
}

func TestTheAccountActsAsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		i := c.keyless(workflow())
		i.Subject, i.Delegates = "", []string{"first@sync-example.iam.gserviceaccount.com"}
		tokens, err := i.NewTokens()
		c.get(tokens, err, accountToken)
		want := map[string]any{
			"lifetime": "3600s", "scope": []any{auth.ScopeUsers, auth.ScopeGroups},
			"delegates": []any{"projects/-/serviceAccounts/first@sync-example.iam.gserviceaccount.com"},
		}
		if diff := cmp.Diff(want, c.docs["generate"]); diff != "" {
			t.Error(diff)
		}
		time.Sleep(58 * time.Minute)
		c.get(tokens, nil, accountToken)
		if !slices.Equal(c.asked, []string{"github", "sts", "generate"}) {
			t.Errorf("asked %v", c.asked)
		}
		time.Sleep(2 * time.Minute)
		c.get(tokens, nil, accountToken)
		if len(c.asked) != 6 {
			t.Errorf("asked %v", c.asked)
		}
	})
}

// Who may only get tokens of the account has it sign for itself.
func TestTheLongWayRound(t *testing.T) {
	c := newCloud(t)
	c.signers = []string{accountToken}
	i := c.keyless(workflow())
	i.Delegates = []string{"first@sync-example.iam.gserviceaccount.com"}
	tokens, err := i.NewTokens()
	c.get(tokens, err, directoryToken)
	if want := []string{"github", "sts", "sign", "generate", "sign", "token"}; !slices.Equal(c.asked, want) {
		t.Errorf("asked %v", c.asked)
	}
	if diff := cmp.Diff([]any{auth.ScopeCloud}, c.docs["generate"]["scope"]); diff != "" || c.docs["generate"]["delegates"] == nil {
		t.Error(diff, c.docs["generate"])
	}
	if c.docs["sign"]["delegates"] != nil {
		t.Error("the account needs nobody to sign for itself")
	}
}

const (
	member      = `--member="principalSet://iam.googleapis.com/` + pool + `/attribute.aws_role/arn:aws:sts::123456789012:assumed-role/sync"`
	bind        = "gcloud iam service-accounts add-iam-policy-binding " + account + " --role="
	mayCreate   = bind + "roles/iam.serviceAccountTokenCreator " + member
	mayUse      = bind + "roles/iam.workloadIdentityUser " + member
	mayItself   = bind + `roles/iam.serviceAccountTokenCreator --member="serviceAccount:` + account + `"`
	iamDisabled = `{"error":{"code":403,"message":"IAM Service Account Credentials API has not been used in project 42 before or it is disabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"service":"iamcredentials.googleapis.com","consumer":"projects/42"}}]}}`
)

func TestImpersonationIsExplained(t *testing.T) {
	rpc := func(status int, word, message string) answer {
		return answer{status: status, body: `{"error":{"code":` + "0" + `,"message":"` + message + `","status":"` + word + `"}}`}
	}
	for name, row := range map[string]struct {
		subject          string
		signers, getters []string
		script           map[string]answer
		cause, remedy    []string
		asked            string // the last
	}{
		"neither": {
			"amy@example.com", nil, nil, nil,
			[]string{"may neither sign for " + account, "iam.serviceAccounts.signJwt", "iam.serviceAccounts.getAccessToken", "AWS role " + roleARN},
			[]string{mayCreate, mayUse, mayItself},
			"generate",
		},
		"not for itself": {
			"amy@example.com", nil,
			[]string{federatedToken},
			nil,
			[]string{account + " may not sign for itself"},
			[]string{mayItself, mayCreate},
			"sign",
		},
		"no tokens": {
			"",
			[]string{federatedToken},
			nil, nil,
			[]string{"may not get tokens of " + account, "iam.serviceAccounts.getAccessToken"},
			[]string{mayUse},
			"generate",
		},
		"in other words": {
			"", nil, nil,
			map[string]answer{"generate": rpc(403, "PERMISSION_DENIED", "The caller does not have permission")},
			[]string{"may not get tokens of " + account},
			[]string{mayUse},
			"generate",
		},
		"sign disabled": {
			"amy@example.com", nil, nil,
			map[string]answer{"sign": {status: 403, body: iamDisabled}},
			[]string{"iamcredentials.googleapis.com is not enabled"},
			[]string{"gcloud services enable iamcredentials.googleapis.com --project=42"},
			"sign",
		},
		"sign disabled, in a word": {
			"amy@example.com", nil, nil,
			map[string]answer{"sign": {status: 403, body: strings.Replace(iamDisabled, "has not been used in", "is off in", 1)}},
			[]string{"iamcredentials.googleapis.com is not enabled"},
			[]string{"gcloud services enable iamcredentials.googleapis.com --project=42"},
			"sign",
		},
		"disabled in a project of no name": {
			"amy@example.com", nil, nil,
			map[string]answer{"sign": {status: 403, body: strings.Replace(iamDisabled, "projects/42", "projects/$(id)", 1)}},
			[]string{"iamcredentials.googleapis.com is not enabled"},
			[]string{"gcloud services enable iamcredentials.googleapis.com --project=sync-example"},
			"sign",
		},
		"sign disabled, in words": {
			"amy@example.com", nil, nil,
			map[string]answer{"sign": rpc(403, "PERMISSION_DENIED", "IAM API has not been used in project 42 before")},
			[]string{"is not enabled"},
			[]string{"gcloud services enable iamcredentials.googleapis.com --project=sync-example"},
			"sign",
		},
		"generate disabled": {
			"", nil, nil,
			map[string]answer{"generate": {status: 403, body: iamDisabled}},
			[]string{"is not enabled"},
			[]string{"gcloud services enable iamcredentials.googleapis.com --project=42"},
			"generate",
		},
		"generate disabled on the way": {
			"amy@example.com", nil, nil,
			map[string]answer{"generate": {status: 403, body: iamDisabled}},
			[]string{"is not enabled"},
			[]string{"gcloud services enable iamcredentials.googleapis.com --project=42"},
			"generate",
		},
		"unknown": {
			"amy@example.com", nil, nil,
			map[string]answer{"sign": rpc(404, "NOT_FOUND", "Not found; Gaia id not found for email")},
			[]string{"no service account " + account},
			[]string{"gcloud iam service-accounts list"},
			"sign",
		},
		"bad": {
			"amy@example.com", nil, nil,
			map[string]answer{"sign": rpc(400, "FAILED_PRECONDITION", "disabled")},
			[]string{"it is disabled"},
			[]string{"gcloud iam service-accounts describe " + account},
			"sign",
		},
		"401": {
			"amy@example.com", nil, nil,
			map[string]answer{"sign": rpc(401, "UNAUTHENTICATED", "invalid authentication credentials")},
			[]string{"does not accept the token of the caller"},
			[]string{"timedatectl"},
			"sign",
		},
		"new": {
			"amy@example.com", nil, nil,
			map[string]answer{"sign": rpc(418, "TEAPOT", "?")},
			[]string{"not one that is known"},
			[]string{mayCreate},
			"sign",
		},
		"no delegation": {
			"amy@example.com",
			[]string{federatedToken},
			nil,
			map[string]answer{"token": stsError(401, "unauthorized_client", "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.")},
			[]string{"not granted domain-wide delegation"},
			[]string{
				"gcloud iam service-accounts describe " + account + " --format='value(uniqueId)'", strings.ReplaceAll(scopes, " ", ","),
				"https://admin.google.com/ac/owl/domainwidedelegation", "24 hours",
			},
			"token",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.signers, c.getters = row.signers, row.getters
			for service, a := range row.script {
				c.script[service] = []answer{a}
			}
			i := c.keyless(role("eu-central-1"))
			i.Subject = row.subject
			e := c.refused(i)
			wants(t, e.Cause, row.cause...)
			wants(t, e.Remedy, row.remedy...)
			if last := c.asked[len(c.asked)-1]; last != row.asked || e.Status < 400 {
				t.Errorf("asked %v, status %d", c.asked, e.Status)
			}
		})
	}
}

func TestThrottledSigning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		for range 8 {
			c.script["sign"] = append(c.script["sign"], answer{status: 429, body: "{}"})
		}
		e := c.refused(c.keyless(workflow()))
		if e.Status != 429 || !strings.Contains(e.Cause, "quota") {
			t.Error(e)
		}
		for range 8 {
			c.script["sign"] = append(c.script["sign"], answer{status: 503, body: "{}"})
		}
		if e := c.refused(c.keyless(workflow())); e.Status != 503 || e.Remedy != "try again later" {
			t.Error(e)
		}
	})
}

func TestImpersonationNeedsBoth(t *testing.T) {
	c := newCloud(t)
	good := c.keyless(workflow())
	for name, spoil := range map[string]func(*auth.Impersonation){
		"no caller":   func(i *auth.Impersonation) { i.Caller = nil },
		"no account":  func(i *auth.Impersonation) { i.ServiceAccount = "" },
		"no address":  func(i *auth.Impersonation) { i.ServiceAccount = "sync" },
		"a path":      func(i *auth.Impersonation) { i.ServiceAccount = "../x@example.com" },
		"a command":   func(i *auth.Impersonation) { i.ServiceAccount = "x$(id)@example.com" },
		"no delegate": func(i *auth.Impersonation) { i.Delegates = []string{"x"} },
		"plain http":  func(i *auth.Impersonation) { i.Endpoint = "http://google.example.com" },
		"a user":      func(i *auth.Impersonation) { i.Endpoint = "https://u:p@google.example.com" },
		"the caller's": func(i *auth.Impersonation) {
			f := c.federation(workflow())
			f.Endpoint = "http://x.example.com"
			i.Caller = f
		},
		"another address": func(i *auth.Impersonation) { i.ServiceAccount = "x@example.com:signJwt" },
	} {
		i := good
		spoil(&i)
		if _, err := i.NewTokens(); err == nil {
			t.Errorf("%s: no error", name)
		}
		if i.Profile().Text == "" {
			t.Errorf("%s: no description", name)
		}
	}
}
