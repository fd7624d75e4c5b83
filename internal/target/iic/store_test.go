package iic_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
	"ssosync/internal/target/iic"
)

// A store answers the JSON 1.1 protocol with what is prepared, by operation and
// call; SCIM goes to the fake.
type store struct {
	mu      sync.Mutex
	answers map[string][]string // "400 {…}" or "{…}"; the last one stays
	calls   map[string]int
	inputs  []string
	hosts   map[string]bool
	scim    http.RoundTripper
}

func newStore(f *fake) *store {
	return &store{answers: map[string][]string{}, calls: map[string]int{}, hosts: map[string]bool{}, scim: f.transport()}
}

func (s *store) RoundTrip(r *http.Request) (*http.Response, error) {
	target := r.Header.Get("X-Amz-Target")
	if target == "" {
		return s.scim.RoundTrip(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, op, _ := strings.Cut(target, ".")
	in, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	n := s.calls[op]
	s.calls[op]++
	s.inputs = append(s.inputs, op+" "+string(in))
	s.hosts[r.URL.Host] = true
	prepared := s.answers[op]
	status, body := 200, prepared[min(n, len(prepared)-1)]
	if body[0] != '{' {
		if _, err := fmt.Sscan(body, &status); err != nil {
			return nil, err
		}
		body = body[4:]
	}
	h := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amzn-Requestid": {"req-3"}}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (s *store) options(change ...func(*iic.Options)) func(*iic.Options) {
	return func(o *iic.Options) {
		o.Base, o.Reader, o.IdentityStoreID = s, iic.ReaderIdentityStore, "d-1234567890"
		o.AWS = func(context.Context) (aws.Config, error) {
			creds := credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")
			creds.Value.AccountID = "111111111111"
			return aws.Config{Credentials: creds}, nil
		}
		for _, c := range change {
			c(o)
		}
	}
}

const (
	noUsers   = `{"Users":[]}`
	noGroups  = `{"Groups":[]}`
	noMembers = `{"GroupMemberships":[]}`
	// The shape of the Identity Store API reference: User.
	storedAnn = `{"UserId":"u1","UserName":"ann@example.com","ExternalIds":[{"Issuer":"https://other.example.com","Id":"x"},{"Issuer":"https://scim.aws.com/abc","Id":"g1"}],
"Name":{"GivenName":"Ann","FamilyName":"Lee","MiddleName":"B.","Formatted":"Ann\u00a0Lee","HonorificPrefix":"Dr","HonorificSuffix":"II"},"DisplayName":"Ann Lee","NickName":"A","ProfileUrl":"https://x.example.com",
"Emails":[{"Value":"old@example.com"},{"Value":"ann@example.com","Type":"work","Primary":true}],"PhoneNumbers":[{"Value":"555"}],"Roles":[{"Value":"dev"}],
"Addresses":[{"Formatted":"F","StreetAddress":"S","Locality":"L","Region":"R","PostalCode":"P","Country":"C"}],"Title":"T","UserType":"UT","PreferredLanguage":"en","Locale":"en-US","Timezone":"UTC",
"Extensions":{"aws:identitystore:enterprise":{"employeeNumber":"7","costCenter":"cc","organization":"o","division":"d","Department":"dep","manager":{"value":"u9"}}},
"UserStatus":"DISABLED","CreatedAt":1.7E9,"UpdatedAt":1760000000.5,"CreatedBy":"SCIM/x","Revision":"r7"}`
)

func TestTheIdentityStoreIsReadWhole(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		s := newStore(f)
		s.answers = map[string][]string{
			"ListUsers":  {`{"Users":[` + storedAnn + `],"NextToken":"n"}`, `{"Users":[{"UserId":"u2","UserName":"bo"}]}`},
			"ListGroups": {`{"Groups":[{"GroupId":"ga","DisplayName":"A","ExternalIds":[{"Issuer":"i","Id":"G"}],"Revision":"1"}],"NextToken":"n"}`, `{"Groups":[{"GroupId":"gb","DisplayName":"B"}]}`},
			"ListGroupMemberships": {
				`{"GroupMemberships":[{"MemberId":{"UserId":"u1"}},{"MemberId":{"UserId":"u2"}},{"MemberId":{"UserId":"deleted"}}],"NextToken":"n"}`,
				`{"GroupMemberships":[{"MemberId":{"UserId":"u1"}},{"MemberId":{"UserId":"u2"}}]}`,
			},
		}
		var meter httpx.Meter
		held, err := f.target(s.options(), func(o *iic.Options) { o.Meter = &meter }).Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, map[identity.Key]identity.User{"u1": {
			ExternalID: "g1", UserName: "ann@example.com", GivenName: "Ann", FamilyName: "Lee", DisplayName: "Ann Lee", Email: "ann@example.com", FormattedName: "Ann Lee",
			MiddleName: "B.", HonorificPrefix: "Dr", HonorificSuffix: "II", NickName: "A", ProfileURL: "https://x.example.com", Title: "T", UserType: "UT",
			PreferredLanguage: "en", Locale: "en-US", Timezone: "UTC", Phone: "555", AddressFormatted: "F", StreetAddress: "S", Locality: "L", Region: "R",
			PostalCode: "P", Country: "C", Role: "dev", EmployeeNumber: "7", CostCenter: "cc", Organization: "o", Division: "d", Department: "dep", Manager: "u9",
		}, "u2": {UserName: "bo", Active: true}}, held.Users)
		diff(t, map[identity.Key]identity.Group{"ga": {ExternalID: "G", Name: "A"}, "gb": {Name: "B"}}, held.Groups)
		diff(t, map[identity.Membership]bool{{Group: "ga", User: "u1"}: true, {Group: "ga", User: "u2"}: true, {Group: "gb", User: "u1"}: true, {Group: "gb", User: "u2"}: true}, held.Members)
		diff(t, identity.Record{ID: "u1", Revision: "r7", CreatedBy: "SCIM/x", UpdatedAt: "2025-10-09T08:53:20Z"}, held.Records.Users["u1"])
		diff(t, []string(nil), held.Blind)
		diff(t, map[string]int{"ListUsers": 2, "ListGroups": 2, "ListGroupMemberships": 3}, s.calls)
		diff(t, 0, len(f.ops))
		diff(t, map[string]bool{"identitystore.eu-west-1.amazonaws.com": true}, s.hosts)
		if in := strings.Join(s.inputs, "\n"); !strings.Contains(in, `"MaxResults":100`) || !strings.Contains(in, "aws:identitystore:enterprise") {
			t.Errorf("inputs:\n%s", in)
		}
		diff(t, "identitystore:ListGroupMemberships", meter.Counts()[0].Op)
	})
}

func TestWhatNobodyWantsIsNotRead(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		s := newStore(f)
		s.answers = map[string][]string{"ListUsers": {noUsers}, "ListGroups": {noGroups}}
		held, err := f.target(s.options(), func(o *iic.Options) { o.Attributes = []string{"email", "title"} }).Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, 6, len(held.Blind))
		if in := strings.Join(s.inputs, "\n"); strings.Contains(in, "Extensions") {
			t.Errorf("inputs:\n%s", in)
		}
	})
}

func TestSCIMWithoutCursorsIsReadByTheIdentityStore(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.legacy = true
		s := newStore(f)
		s.answers = map[string][]string{
			"ListInstances": {`{"Instances":[{"IdentityStoreId":"d-0000000001","Status":"ACTIVE"}]}`},
			"ListUsers":     {`{"Users":[{"UserId":"u2","UserName":"bo"}]}`}, "ListGroups": {noGroups},
		}
		var log bytes.Buffer
		held, err := f.target(s.options(), func(o *iic.Options) {
			o.Reader, o.IdentityStoreID = iic.ReaderAuto, ""
			o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		}).Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, 1, len(held.Users))
		if !strings.Contains(log.String(), `reader=identitystore why="list users: scim:ListUsers: the SCIM endpoint does not page`) || strings.Contains(log.String(), "SECRET") {
			t.Errorf("log:\n%s", &log)
		}
		diff(t, map[string]int{"GET Users": 1}, f.counts)
		diff(t, map[string]int{"ListInstances": 1, "ListUsers": 1, "ListGroups": 1}, s.calls)
		diff(t, map[string]bool{"sso.eu-west-1.amazonaws.com": true, "identitystore.eu-west-1.amazonaws.com": true}, s.hosts)
		if !strings.Contains(strings.Join(s.inputs, "\n"), "d-0000000001") {
			t.Errorf("inputs: %v", s.inputs)
		}
	})
}

func TestTheIdentityStoreIsAskedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		s := newStore(f)
		s.answers = map[string][]string{
			"ListUsers":  {`400 {"__type":"ThrottlingException","Message":"Rate exceeded","Reason":"KMS_THROTTLING","RetryAfterSeconds":50}`, `500 {"__type":"InternalServerException"}`, noUsers},
			"ListGroups": {`429 {"__type":"com.amazonaws.identitystore#ThrottlingException"}`, noGroups},
		}
		start := time.Now()
		if _, err := f.target(s.options()).Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 50*time.Second || took > 60*time.Second {
			t.Errorf("took %v", took)
		}
		diff(t, map[string]int{"ListUsers": 3, "ListGroups": 2}, s.calls)
	})
}

func TestErrorsOfTheIdentityStore(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		is           error
		says         string
	}{
		{"denied", `400 {"__type":"AccessDeniedException","Message":"no"}`, iic.ErrUnauthorized, "identitystore:ListUsers: 400 AccessDeniedException: no (request id req-3): the AWS identity needs identitystore:ListUsers"},
		{"key", `403 {"__type":"AccessDeniedException","Message":"no","Reason":"KMS_ACCESS_DENIED"}`, iic.ErrUnauthorized, "kms:Decrypt"},
		{"no store", `404 {"__type":"ResourceNotFoundException","Message":"no","ResourceType":"IDENTITY_STORE"}`, identity.ErrNotFound, "ResourceNotFoundException: no"},
		{"invalid", `400 {"__type":"com.amazonaws.identitystore#ValidationException","Message":"bad","Reason":"KMS_DISABLED"}`, identity.ErrRejected, "ValidationException (KMS_DISABLED): bad"},
		{"expired", `400 {"__type":"ExpiredTokenException","message":"old"}`, iic.ErrUnauthorized, "ExpiredTokenException: old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake) {
				s := newStore(f)
				s.answers = map[string][]string{"ListUsers": {c.answer}, "ListGroups": {noGroups}}
				_, err := f.target(s.options()).Read(t.Context())
				if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v", err)
				}
				diff(t, 1, s.calls["ListUsers"])
			})
		})
	}
}

func TestAGroupThatGoesWhileTheStoreIsRead(t *testing.T) {
	for kind, gone := range map[string]bool{"GROUP": true, "IDENTITY_STORE": false} {
		bubble(t, func(t *testing.T, f *fake) {
			s := newStore(f)
			s.answers = map[string][]string{
				"ListUsers": {noUsers}, "ListGroups": {`{"Groups":[{"GroupId":"g","DisplayName":"A"}]}`},
				"ListGroupMemberships": {`400 {"__type":"ResourceNotFoundException","ResourceType":"` + kind + `"}`},
			}
			held, err := f.target(s.options()).Read(t.Context())
			if gone != (err == nil) || len(held.Groups) != 0 {
				t.Errorf("%s: got %v, %v", kind, held.Groups, err)
			}
		})
	}
}

func TestWhichInstance(t *testing.T) {
	type instance struct{ IdentityStoreId, OwnerAccountId, Status string } //nolint:revive // the service's names
	mine, theirs := "111111111111", "222222222222"
	for _, c := range []struct {
		name string
		in   []instance
		want string
		says []string
	}{
		{"one", []instance{{"d-1", mine, "ACTIVE"}}, "d-1", nil},
		{"none", nil, "", []string{"no instance", "eu-west-1"}},
		{"the active one", []instance{{"d-1", mine, "DELETE_IN_PROGRESS"}, {"d-2", mine, "ACTIVE"}}, "d-2", nil},
		{"none active", []instance{{"d-1", mine, "CREATE_FAILED"}}, "", []string{"d-1", "CREATE_FAILED"}},
		{"the organization's", []instance{{"d-1", mine, "ACTIVE"}, {"d-2", theirs, "ACTIVE"}}, "d-2", nil},
		{"two of others", []instance{{"d-1", theirs, "ACTIVE"}, {"d-2", theirs, "ACTIVE"}}, "", []string{"more than one", "d-1", "d-2", theirs}},
		{"two of mine", []instance{{"d-1", mine, "ACTIVE"}, {"d-2", mine, "ACTIVE"}}, "", []string{"more than one", "d-1", "d-2", mine}},
		{"no store", []instance{{"", mine, "ACTIVE"}}, "", []string{"has no identity store"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake) {
				b, err := json.Marshal(map[string]any{"Instances": c.in})
				if err != nil {
					t.Fatal(err)
				}
				s := newStore(f)
				s.answers = map[string][]string{"ListInstances": {string(b)}, "ListUsers": {noUsers}, "ListGroups": {noGroups}}
				_, err = f.target(s.options(func(o *iic.Options) { o.IdentityStoreID = "" })).Read(t.Context())
				if c.want != "" {
					if err != nil || !strings.Contains(strings.Join(s.inputs, "\n"), `"`+c.want+`"`) {
						t.Errorf("got %v, inputs %v", err, s.inputs)
					}
					return
				}
				for _, say := range c.says {
					if err == nil || !strings.Contains(err.Error(), say) || strings.Contains(err.Error(), "find the") {
						t.Errorf("got %v, want %q", err, say)
					}
				}
			})
		})
	}
}

func TestWithoutARegionOrCredentials(t *testing.T) {
	noRegion := func(o *iic.Options) { o.Endpoint = "https://scim.example.com/t/scim/v2" }
	for name, c := range map[string]struct {
		change func(*iic.Options)
		says   string
	}{
		"no region":   {noRegion, "set the region"},
		"no provider": {func(o *iic.Options) { o.AWS = func(context.Context) (aws.Config, error) { return aws.Config{}, nil } }, "no AWS credentials"},
		"bad profile": {func(o *iic.Options) {
			o.AWS = func(context.Context) (aws.Config, error) { return aws.Config{}, errors.New("no such profile") }
		}, "AWS configuration: no such profile"},
		"empty chain": {func(o *iic.Options) {
			o.AWS = func(context.Context) (aws.Config, error) {
				return aws.Config{Credentials: credentials.NewStaticCredentialsProvider("", "", "")}, nil
			}
		}, "AWS credentials: "},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake) {
				_, err := f.target(newStore(f).options(), c.change).Read(t.Context())
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want %q", err, c.says)
				}
			})
		})
	}
	bubble(t, func(t *testing.T, f *fake) {
		s := newStore(f)
		s.answers = map[string][]string{"ListUsers": {noUsers}, "ListGroups": {noGroups}}
		if _, err := f.target(s.options(), func(o *iic.Options) { o.Region = "ap-south-2" }).Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		diff(t, map[string]bool{"identitystore.ap-south-2.amazonaws.com": true}, s.hosts)
	})
}

func TestAnEndpointFromTheEnvironment(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_IDENTITYSTORE", "http://127.0.0.1:9")
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	bubble(t, func(t *testing.T, f *fake) {
		s := newStore(f)
		s.answers = map[string][]string{"ListUsers": {noUsers}, "ListGroups": {noGroups}}
		load := func(o *iic.Options) {
			o.AWS = func(ctx context.Context) (aws.Config, error) {
				return config.LoadDefaultConfig(ctx, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")))
			}
		}
		if _, err := f.target(s.options(), load).Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		diff(t, map[string]bool{"127.0.0.1:9": true}, s.hosts)
	})
}

// noMembers is what an empty group has.
func TestAnEmptyGroupOfTheStore(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		s := newStore(f)
		s.answers = map[string][]string{"ListUsers": {noUsers}, "ListGroups": {`{"Groups":[{"GroupId":"g","DisplayName":"A"}]}`}, "ListGroupMemberships": {noMembers}}
		held, err := f.target(s.options()).Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, 1, len(held.Groups))
	})
}
