package iic_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ssosync/internal/identity"
	"ssosync/internal/target/iic"
)

// What a person has to do first is a sentence, and holds for everybody.
func TestNoAccess(t *testing.T) {
	for name, c := range map[string]struct {
		answers map[string][]string
		change  func(*iic.Options)
		says    string
	}{
		"accounts":     {map[string][]string{"ListAccountAssignmentsForPrincipal": {denied}}, nil, "needs sso:ListAccountAssignmentsForPrincipal, and must belong to the management account of an organization instance"},
		"applications": {map[string][]string{"ListApplicationAssignmentsForPrincipal": {denied}}, nil, "needs sso:ListApplicationAssignmentsForPrincipal, and"},
		"instances":    {map[string][]string{"ListInstances": {denied}}, nil, "needs sso:ListInstances, and"},
		"key":          {map[string][]string{"ListAccountAssignmentsForPrincipal": {`400 {"__type":"AccessDeniedException","Reason":"KMS_ACCESS_DENIED"}`}}, nil, "kms:Decrypt"},
		"account instance": {
			map[string][]string{"ListAccountAssignmentsForPrincipal": {`400 {"__type":"ValidationException","Message":"The operation is not supported for this instance"}`}},
			nil,
			"organization instance of IAM Identity Center only, not to others and not for account instances (sso-admin:ListAccountAssignmentsForPrincipal: 400 ValidationException: The operation is not supported for this instance",
		},
		"expired":        {map[string][]string{"ListInstances": {`400 {"__type":"ExpiredTokenException","message":"old"}`}}, nil, "does not accept the credentials"},
		"no instance":    {map[string][]string{"ListInstances": {`{"Instances":[]}`}}, func(o *iic.Options) { o.IdentityStoreID = "" }, "no instance of IAM Identity Center in eu-west-1"},
		"another store":  {nil, func(o *iic.Options) { o.IdentityStoreID = "d-0000000009" }, "has the identity store d-0000000009"},
		"no ARN":         {map[string][]string{"ListInstances": {`{"Instances":[{"IdentityStoreId":"d-1234567890"}]}`}}, nil, "has no ARN"},
		"two instances":  {map[string][]string{"ListInstances": {`{"Instances":[{"IdentityStoreId":"d-1"},{"IdentityStoreId":"d-2"}]}`}}, func(o *iic.Options) { o.IdentityStoreID = "" }, "more than one instance"},
		"no credentials": {nil, func(o *iic.Options) { o.AWS = nil }, "no AWS credentials"},
		"empty":          {nil, func(o *iic.Options) { o.AWS = func(context.Context) (aws.Config, error) { return aws.Config{}, nil } }, "no AWS credentials; set AWS_ACCESS_KEY_ID"},
		"no region":      {nil, func(o *iic.Options) { o.Endpoint = "https://scim.example.com/t/scim/v2" }, "set the region"},
		"bad profile": {nil, func(o *iic.Options) {
			o.AWS = func(context.Context) (aws.Config, error) { return aws.Config{}, errors.New("no such profile") }
		}, "no such profile"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake) {
				s := assigned(f, c.answers)
				tg := f.target(s.options(), func(o *iic.Options) {
					o.Reader = iic.ReaderSCIM
					if c.change != nil {
						c.change(o)
					}
				})
				got, err := tg.Access(t.Context(), identity.KindGroup, "g")
				if !errors.Is(err, iic.ErrNoAccess) || !strings.Contains(err.Error(), c.says) || !tame(err.Error()) || strings.Contains(err.Error(), "--read=scim") {
					t.Errorf("got %v", err)
				}
				if got.Assignments != nil || got.Applications != nil {
					t.Errorf("and yet: %+v", got)
				}
				n := len(s.inputs)
				_, again := tg.Access(t.Context(), identity.KindUser, "u")
				if again == nil || again.Error() != err.Error() || len(s.inputs) != n {
					t.Errorf("then %v, %d more calls", again, len(s.inputs)-n)
				}
			})
		})
	}
}

// What concerns one principal, or passes, is no such sentence.
func TestAccessThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		op, answer string
		is         error
		says       string
	}{
		"gone":           {"ListAccountAssignmentsForPrincipal", `400 {"__type":"ResourceNotFoundException","Message":"no such principal"}`, identity.ErrNotFound, "no such principal"},
		"down":           {"ListApplicationAssignmentsForPrincipal", `500 {"__type":"InternalServerException"}`, nil, "InternalServerException"},
		"throttled":      {"ListAccountAssignmentsForPrincipal", `400 {"__type":"ThrottlingException","Message":"Rate exceeded"}`, nil, "ThrottlingException"},
		"no set":         {"ListAccountAssignmentsForPrincipal", `{"AccountAssignments":[{"AccountId":"1"}]}`, nil, "no permission set"},
		"no account":     {"ListAccountAssignmentsForPrincipal", `{"AccountAssignments":[{"PermissionSetArn":"x"}]}`, nil, "no account"},
		"no application": {"ListApplicationAssignmentsForPrincipal", `{"ApplicationAssignments":[{}]}`, nil, "no application"},
		"one token":      {"ListAccountAssignmentsForPrincipal", `{"NextToken":"n"}`, nil, "never ends"},
		"one token, too": {"ListApplicationAssignmentsForPrincipal", `{"NextToken":"n","ApplicationAssignments":[{"ApplicationArn":"a"}]}`, nil, "never ends"},
		"a number":       {"ListAccountAssignmentsForPrincipal", `{"AccountAssignments":7}`, nil, "ListAccountAssignmentsForPrincipal"},
		"no JSON":        {"ListApplicationAssignmentsForPrincipal", `{"ApplicationAssignments":[`, nil, "ListApplicationAssignmentsForPrincipal"},
		"no error":       {"ListInstances", `404 {"x":1}`, nil, "ListInstances"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake) {
				s := assigned(f, map[string][]string{c.op: {c.answer}})
				tg := f.target(s.options())
				got, err := tg.Access(t.Context(), identity.KindUser, "u1")
				if err == nil || errors.Is(err, iic.ErrNoAccess) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "user u1") ||
					c.is != nil && !errors.Is(err, c.is) || got.Assignments != nil || got.Applications != nil {
					t.Errorf("got %+v, %v", got, err)
				}
				if c.op == "ListInstances" {
					return
				}
				s.answers[c.op] = []string{`{}`} // the next one may be luckier
				if _, err := tg.Access(t.Context(), identity.KindUser, "u2"); err != nil {
					t.Errorf("then %v", err)
				}
			})
		})
	}
	bubble(t, func(t *testing.T, f *fake) {
		s := assigned(f, nil)
		for id, kind := range map[string]identity.Kind{"": identity.KindUser, "x": "role"} {
			if _, err := f.target(s.options()).Access(t.Context(), kind, id); err == nil {
				t.Errorf("%s %q: no error", kind, id)
			}
		}
		diff(t, 0, len(s.inputs))
	})
}

// Away from AWS, the look-up of credentials may never end.
func TestNobodyWaitsForCredentials(t *testing.T) {
	hang := func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	for name, load := range map[string]func(context.Context) (aws.Config, error){
		"configuration": func(ctx context.Context) (aws.Config, error) { return aws.Config{}, hang(ctx) },
		"credentials": func(context.Context) (aws.Config, error) {
			return aws.Config{Credentials: aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
				time.Sleep(10 * time.Second) // it heeds no context
				return aws.Credentials{}, errors.New("no EC2 IMDS role found")
			}))}, nil
		},
	} {
		bubble(t, func(t *testing.T, f *fake) {
			s := assigned(f, map[string][]string{"ListUsers": {noUsers}, "ListGroups": {noGroups}})
			tg := f.target(s.options(), func(o *iic.Options) { o.AWS = load })
			start := time.Now()
			_, err := tg.Access(t.Context(), identity.KindUser, "u")
			if took := time.Since(start); took != 2*time.Second || !errors.Is(err, iic.ErrNoAccess) || errors.Is(err, context.DeadlineExceeded) ||
				!strings.Contains(err.Error(), "longer than 2s") {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			// A reading that goes nowhere without them waits, but not for ever.
			start = time.Now()
			_, err = tg.Read(t.Context())
			if took := time.Since(start); took > time.Minute || !errors.Is(err, iic.ErrSetup) || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			// When the caller's own time is up, the error says so.
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err = tg.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
			time.Sleep(10 * time.Second) // for the look-up that was left behind
		})
	}
}
