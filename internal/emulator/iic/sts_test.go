package iic_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
)

const (
	syncRole = "arn:aws:iam::123456789012:role/automation/ssosync"
	caller   = "arn:aws:iam::123456789012:user/ada"
	lambda   = "arn:aws:sts::123456789012:assumed-role/lambda/fn"
)

// iamOptions is a server that two principals may call, and one role.
func iamOptions() iic.Options {
	return iic.Options{Account: "123456789012", IAM: iic.IAM{
		Callers: map[string]string{"AKIDEXAMPLE": caller, "ASIALAMBDA": lambda},
		Roles:   []iic.AssumableRole{{Arn: syncRole, ExternalID: "b7:x", Trusted: []string{caller}}},
	}}
}

func stsClient(s *iic.Server, keys aws.CredentialsProvider) *sts.Client {
	return sts.New(sts.Options{Region: "us-east-1", HTTPClient: &http.Client{Transport: inproc.Transport(s)}, Credentials: keys, RetryMaxAttempts: 1})
}

func static(key string) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(key, "secret", "")
}

// said is the code and the message of an error of the SDK, or "OK".
func said(err error) string {
	if err == nil {
		return "OK"
	}
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode() + ": " + e.ErrorMessage()
	}
	return err.Error()
}

// TestAssumeRole: the SDK's own provider takes a role with an external id, and the Identity Store demands it.
func TestAssumeRole(t *testing.T) {
	k := official(t, iamOptions())
	k.server.Update(func(o *iic.Options) { o.IAM.RequireRole = syncRole })
	mustSeed(t, k.server, iic.State{Users: []iic.User{iic.Person("ada@example.com", "Ada", "A", "1")}})
	listed := func(keys aws.CredentialsProvider) string {
		client := identitystore.New(identitystore.Options{Region: "us-east-1", HTTPClient: &http.Client{Transport: inproc.Transport(k.server)}, Credentials: keys, RetryMaxAttempts: 1})
		out, err := client.ListUsers(t.Context(), &identitystore.ListUsersInput{IdentityStoreId: k.store})
		if err == nil && len(out.Users) != 1 {
			t.Errorf("%d users", len(out.Users))
		}
		return said(err)
	}
	const denied = "AccessDeniedException: User: " + caller + " is not authorized to perform: identitystore:ListUsers on resource: arn:aws:identitystore::123456789012:identitystore/d-1234567890 because no identity-based policy allows the identitystore:ListUsers action, " +
		"User: " + caller + " is not authorized to perform: identitystore:ListUsers on resource: arn:aws:identitystore:::user/* because no identity-based policy allows the identitystore:ListUsers action"
	if got := listed(static("AKIDEXAMPLE")); got != denied {
		t.Errorf("without the role: %s", got)
	}
	assume := func(externalID string) aws.CredentialsProvider {
		return aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(stsClient(k.server, static("AKIDEXAMPLE")), syncRole, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName, o.ExternalID = "run-1", &externalID
		}))
	}
	keys := assume("b7:x")
	if got := listed(keys); got != "OK" {
		t.Errorf("with the role: %s", got)
	}
	who := must[*sts.GetCallerIdentityOutput](t)(stsClient(k.server, keys).GetCallerIdentity(t.Context(), nil))
	if *who.Arn != "arn:aws:sts::123456789012:assumed-role/ssosync/run-1" || *who.Account != "123456789012" || !strings.HasSuffix(*who.UserId, ":run-1") {
		t.Errorf("%v %v %v", *who.Arn, *who.Account, *who.UserId)
	}
	if _, err := assume("b7:y").Retrieve(t.Context()); !strings.Contains(said(err), "AccessDenied") {
		t.Errorf("another external id: %v", err)
	}
	creds := must[aws.Credentials](t)(keys.Retrieve(t.Context()))
	if got := listed(credentials.NewStaticCredentialsProvider(creds.AccessKeyID, creds.SecretAccessKey, "another")); got != "UnrecognizedClientException: The security token included in the request is invalid." {
		t.Errorf("another session token: %s", got)
	}
	if got := listed(static("AKIDOTHER")); !strings.HasPrefix(got, "UnrecognizedClientException: ") {
		t.Errorf("unknown key: %s", got)
	}
	id := must[*identitystore.CreateGroupOutput](t)(identitystore.New(identitystore.Options{
		Region: "us-east-1", HTTPClient: &http.Client{Transport: inproc.Transport(k.server)}, Credentials: keys, RetryMaxAttempts: 1,
	}).CreateGroup(t.Context(), &identitystore.CreateGroupInput{IdentityStoreId: k.store, DisplayName: new("crew")})).GroupId
	if g, _ := k.server.State().Group("crew"); g.ID != *id || g.CreatedBy != *who.Arn {
		t.Errorf("made by %s", g.CreatedBy)
	}
	k.server.ExpireSessions()
	if got := listed(keys); got != "ExpiredTokenException: The security token included in the request is expired" {
		t.Errorf("expired: %s", got)
	}
	if _, err := stsClient(k.server, keys).GetCallerIdentity(t.Context(), nil); said(err) != "ExpiredToken: The security token included in the request is expired" {
		t.Errorf("expired, STS: %v", err)
	}
}

func TestAssumeRoleRefusals(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	const denied = "AccessDenied: User: " + caller + " is not authorized to perform: sts:AssumeRole on resource: " + syncRole
	for name, c := range map[string]struct {
		change func(*iic.Options)
		input  func(*sts.AssumeRoleInput)
		key    string
		want   string
		life   time.Duration
	}{
		"good":                   {want: "OK", life: time.Hour},
		"a quarter of an hour":   {input: func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(900) }, want: "OK", life: 15 * time.Minute},
		"below it":               {input: func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(899) }, want: "ValidationError: 1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200"},
		"longer than the role's": {input: func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(3601) }, want: "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		"as long as the role's":  {change: func(o *iic.Options) { o.IAM.Roles[0].MaxSession = 2 * time.Hour }, input: func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7200) }, want: "OK", life: 2 * time.Hour},
		"no external id":         {input: func(in *sts.AssumeRoleInput) { in.ExternalId = nil }, want: denied},
		"none asked for":         {change: func(o *iic.Options) { o.IAM.Roles[0].ExternalID = "" }, want: "OK", life: time.Hour},
		"external id of one":     {input: func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("x") }, want: "ValidationError: 1 validation error detected: Value at 'externalId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@:/-]{2,}"},
		"external id of 1225":    {input: func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String(strings.Repeat("x", 1225)) }, want: "ValidationError: 1 validation error detected: Value at 'externalId' failed to satisfy constraint: Member must have length less than or equal to 1224"},
		"no such role":           {change: func(o *iic.Options) { o.IAM.Roles = nil }, want: denied},
		"not trusted":            {change: func(o *iic.Options) { o.IAM.Roles[0].Trusted = []string{caller + "n"} }, want: denied},
		"trusted by none":        {change: func(o *iic.Options) { o.IAM.Roles[0].Trusted = []string{} }, want: denied},
		"everybody trusted":      {change: func(o *iic.Options) { o.IAM.Roles[0].Trusted = nil }, want: "OK", life: time.Hour},
		"account trusted":        {change: func(o *iic.Options) { o.IAM.Roles[0].Trusted = []string{"arn:aws:iam::123456789012:root"} }, want: "OK", life: time.Hour},
		"other account trusted":  {change: func(o *iic.Options) { o.IAM.Roles[0].Trusted = []string{"arn:aws:iam::999999999999:root"} }, want: denied},
		"caller's role trusted":  {key: "ASIALAMBDA", change: func(o *iic.Options) { o.IAM.Roles[0].Trusted = []string{"arn:aws:iam::123456789012:role/lambda"} }, want: "OK", life: time.Hour},
		"another role trusted":   {key: "ASIALAMBDA", want: strings.Replace(denied, caller, lambda, 1)},
		"not the caller's role": {
			key: "ASIALAMBDA", want: strings.Replace(denied, caller, lambda, 1),
			change: func(o *iic.Options) { o.IAM.Roles[0].Trusted = []string{"arn:aws:iam::123456789012:role/other"} },
		},
		"role of that name far away": {
			key: "ASIALAMBDA", want: strings.Replace(denied, caller, lambda, 1),
			change: func(o *iic.Options) { o.IAM.Roles[0].Trusted = []string{"arn:aws:iam::999999999999:role/lambda"} },
		},
		"no policy of the caller": {change: func(o *iic.Options) { o.IAM.Missing = []string{"sts:AssumeRole"} }, want: denied},
		"unknown key":             {key: "AKIDOTHER", want: "InvalidClientTokenId: The security token included in the request is invalid."},
		"no role ARN":             {input: func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("ssosync") }, want: "ValidationError: 1 validation error detected: Value at 'roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws(-[a-z]+)*:iam::\\d{12}:role/[\\w+=,.@/-]+"},
		"a session's name":        {input: func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("a b") }, want: "ValidationError: 1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}"},
	} {
		t.Run(name, func(t *testing.T) {
			o := iamOptions()
			o.Clock = func() time.Time { return now }
			if c.change != nil {
				c.change(&o)
			}
			in := &sts.AssumeRoleInput{RoleArn: aws.String(syncRole), RoleSessionName: aws.String("run"), ExternalId: aws.String("b7:x")}
			if c.input != nil {
				c.input(in)
			}
			key := "AKIDEXAMPLE"
			if c.key != "" {
				key = c.key
			}
			out, err := stsClient(iic.New(o), static(key)).AssumeRole(t.Context(), in)
			if got := said(err); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			if err == nil && out.Credentials.Expiration.Sub(now) != c.life {
				t.Errorf("good until %v", out.Credentials.Expiration)
			}
		})
	}
}

// TestRoleChaining: one session leads to the next, for an hour at most.
func TestRoleChaining(t *testing.T) {
	o := iamOptions()
	const next = "arn:aws:iam::123456789012:role/reader"
	o.IAM.Roles = append(o.IAM.Roles, iic.AssumableRole{Arn: next, Trusted: []string{syncRole}, MaxSession: 4 * time.Hour})
	s := iic.New(o)
	first := aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(stsClient(s, static("AKIDEXAMPLE")), syncRole, func(o *stscreds.AssumeRoleOptions) { o.ExternalID = aws.String("b7:x") }))
	for seconds, want := range map[int32]string{3600: "OK", 3601: "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"} {
		_, err := stsClient(s, first).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(next), RoleSessionName: aws.String("run"), DurationSeconds: &seconds})
		if got := said(err); got != want {
			t.Errorf("%d: %s", seconds, got)
		}
	}
}

// TestSTSRaw: the bytes of a refusal, and what is no request.
func TestSTSRaw(t *testing.T) {
	s := iic.New(iic.Options{})
	send := func(path, authorization, contentType, body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://sts.amazonaws.com"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		res, err := inproc.Transport(s).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(raw)
	}
	const form, signed = "application/x-www-form-urlencoded; charset=utf-8", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261120/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0"
	question := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}.Encode()
	for _, c := range []struct {
		path, authorization, body string
		status                    int
		part                      string
	}{
		{"/", signed, question, 200, "<Arn>arn:aws:iam::111122223333:user/AKIDEXAMPLE</Arn>"},
		{"", signed, question, 200, "<Account>111122223333</Account>"},
		{"/", "", question, 403, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code>`},
		{"/", signed, "Action=GetCallerIdentity", 400, "<Code>InvalidAction</Code>"},
		{"/", signed, "Action=GetSessionToken&Version=2011-06-15", 400, "<Message>Could not find operation GetSessionToken for version 2011-06-15</Message>"},
		{"/x", signed, question, 401, `"detail"`},
		{"/", signed, "Version=2011-06-15", 401, `"detail"`},
	} {
		if status, body := send(c.path, c.authorization, form, c.body); status != c.status || !strings.Contains(body, c.part) {
			t.Errorf("%+v: %d %s", c, status, body)
		}
	}
	if status, _ := send("/", signed, "text/plain", question); status != 401 {
		t.Errorf("no form: %d", status)
	}
	if calls := s.Calls(); calls["sts:GetCallerIdentity"] != 4 {
		t.Errorf("%v", calls)
	}
}

// TestFaultsOfSTS: faults have the form of its protocol.
func TestFaultsOfSTS(t *testing.T) {
	s := iic.New(iamOptions())
	for kind, want := range map[iic.FaultKind]string{
		iic.Throttled: "Throttling: Rate exceeded", iic.InternalError: "InternalFailure: Internal server error",
		iic.Forbidden: "AccessDenied: not authorized", iic.Unauthorized: "ExpiredToken: The security token included in the request is expired",
	} {
		end := s.Inject(iic.Fault{Kind: kind, Where: iic.Where{Op: "sts:GetCallerIdentity"}})
		if _, err := stsClient(s, static("AKIDEXAMPLE")).GetCallerIdentity(t.Context(), nil); said(err) != want {
			t.Errorf("%s: %v", kind, err)
		}
		end()
	}
}

// TestMissingActions: each action of both APIs, in IAM's words.
func TestMissingActions(t *testing.T) {
	k := official(t, iamOptions())
	list := func(ctx context.Context) error {
		_, err := k.admin.ListInstances(ctx, &ssoadmin.ListInstancesInput{})
		return err
	}
	k.server.Update(func(o *iic.Options) {
		o.IAM.Missing = []string{"sso:ListInstances", "identitystore:DescribeIdentityStore", "identitystore:ListGroupMemberships"}
	})
	if got := said(list(t.Context())); got != "AccessDeniedException: User: "+caller+" is not authorized to perform: sso:ListInstances on resource: arn:aws:sso:::instance/* because no identity-based policy allows the sso:ListInstances action" {
		t.Error(got)
	}
	_, err := k.ids.DescribeIdentityStore(t.Context(), &identitystore.DescribeIdentityStoreInput{IdentityStoreId: k.store})
	if got := said(err); got != "AccessDeniedException: User: "+caller+" is not authorized to perform: identitystore:DescribeIdentityStore on resource: arn:aws:identitystore::123456789012:identitystore/d-1234567890 because no identity-based policy allows the identitystore:DescribeIdentityStore action" {
		t.Error(got)
	}
	_, err = k.ids.ListGroupMemberships(t.Context(), &identitystore.ListGroupMembershipsInput{IdentityStoreId: k.store, GroupId: new("x")})
	if got := said(err); !strings.Contains(got, "on resource: arn:aws:identitystore:::membership/* because") {
		t.Error(got)
	}
	if _, err := k.ids.ListUsers(t.Context(), &identitystore.ListUsersInput{IdentityStoreId: k.store}); err != nil {
		t.Errorf("another action: %v", err)
	}
}
