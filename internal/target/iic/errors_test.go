package iic_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
)

// says answers everything alike.
func says(status int, body string, header http.Header) http.RoundTripper {
	return httpx.Func(func(r *http.Request) (*http.Response, error) {
		if header == nil {
			header = http.Header{}
		}
		return &http.Response{StatusCode: status, Header: header.Clone(), Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
}

func TestErrorsKeepWhatTheServiceSays(t *testing.T) {
	scim := func(status, detail string) string {
		return `{"schema":["urn:ietf:params:scim:api:messages:2.0:Error"],"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"` + detail +
			`","status":"` + status + `","exceptionRequestId":"81abca44","timeStamp":"2022-03-18 10:57:08.014"}`
	}
	for _, c := range []struct {
		name   string
		status int
		body   string
		header http.Header
		want   iic.APIError
		is     error
		says   string
		remedy bool
	}{
		{
			"validation", 400, scim("400", "Request is unparsable, syntactically incorrect, or violates schema."), nil,
			iic.APIError{Op: "scim:PatchUser", Status: 400, Code: "ValidationException", Detail: "Request is unparsable, syntactically incorrect, or violates schema.", RequestID: "81abca44"},
			identity.ErrRejected, "scim:PatchUser: 400 ValidationException: Request is unparsable, syntactically incorrect, or violates schema. (request id 81abca44)", false,
		},
		{
			"conflict", 409, scim("409", "Refused to create a new, duplicate resource."),
			http.Header{"X-Amzn-Requestid": {"r1"}},
			iic.APIError{Op: "scim:PatchUser", Status: 409, Code: "ConflictException", Detail: "Refused to create a new, duplicate resource.", RequestID: "r1"},
			identity.ErrConflict, "(request id r1)", false,
		},
		{"not found", 404, scim("404", "x"), nil, iic.APIError{Op: "scim:PatchUser", Status: 404, Code: "ResourceNotFoundException", Detail: "x", RequestID: "81abca44"}, identity.ErrNotFound, "", false},
		{
			"token", 401, `{"message":"Unauthorized"}`,
			http.Header{"X-Amzn-Errortype": {"UnauthorizedException:http://internal.amazon.com/"}},
			iic.APIError{Op: "scim:PatchUser", Status: 401, Code: "UnauthorizedException", Detail: "Unauthorized"},
			iic.ErrUnauthorized, "has expired", true,
		},
		{"network", 403, "<html>\n<b>Forbidden</b> Bearer s3cret-token\n", nil, iic.APIError{Op: "scim:PatchUser", Status: 403, Code: "AccessDeniedException", Detail: "<html> <b>Forbidden</b> Bearer [redacted]"}, iic.ErrUnauthorized, "ScimAllowSourceIps", true},
		{"empty", 422, "", nil, iic.APIError{Op: "scim:PatchUser", Status: 422, Code: "ValidationException"}, identity.ErrRejected, "", false},
		{"redirect", 302, "", http.Header{"Location": {"https://elsewhere.example.com/"}}, iic.APIError{Op: "scim:PatchUser", Status: 302, Code: "Found"}, nil, "", false},
		{"odd types", 500, `{"detail":7,"message":["x"],"__type":{}}`, nil, iic.APIError{Op: "scim:PatchUser", Status: 500, Code: "InternalServerException"}, nil, "", false},
		{"typed", 400, `{"__type":"com.amazon.x#ConflictException","message":"m"}`, nil, iic.APIError{Op: "scim:PatchUser", Status: 400, Code: "ConflictException", Detail: "m"}, identity.ErrConflict, "", false},
		{"throttled", 429, "slow down", nil, iic.APIError{Op: "scim:PatchUser", Status: 429, Code: "ThrottlingException", Detail: "slow down"}, nil, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake) {
				tg := f.target(func(o *iic.Options) { o.Base = says(c.status, c.body, c.header) })
				after := ann
				after.Active = false
				err := tg.UpdateUser(t.Context(), "u", ann, after)
				e, ok := errors.AsType[*iic.APIError](err)
				if !ok {
					t.Fatalf("got %v", err)
				}
				diff(t, c.want, *e)
				for _, kind := range []error{identity.ErrRejected, identity.ErrConflict, identity.ErrNotFound, iic.ErrUnauthorized} {
					if errors.Is(err, kind) != errors.Is(c.is, kind) {
						t.Errorf("is %q: %v", kind, errors.Is(err, kind))
					}
				}
				if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), iic.Remedy(err)) || (iic.Remedy(err) != "") != c.remedy {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestAnUnknownURLIsExplained(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		_, err := f.target(func(o *iic.Options) { o.Base = says(404, "", nil) }).Read(t.Context())
		if iic.Remedy(err) == "" || iic.Remedy(io.EOF) != "" {
			t.Errorf("got %v", err)
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*iic.Options)
		says   string
	}{
		"fine":            {func(*iic.Options) {}, ""},
		"local":           {func(o *iic.Options) { o.Endpoint = "http://127.0.0.1:8080/t/scim/v2" }, ""},
		"local name":      {func(o *iic.Options) { o.Endpoint = " http://localhost:8080/t/scim/v2// " }, ""},
		"no token":        {func(o *iic.Options) { o.Token = secret.New("") }, "empty"},
		"pasted token":    {func(o *iic.Options) { o.Token = secret.New("s3cret\n") }, "white space"},
		"no endpoint":     {func(o *iic.Options) { o.Endpoint = "" }, "https://"},
		"plain http":      {func(o *iic.Options) { o.Endpoint = "http://scim.eu-west-1.amazonaws.com/t/scim/v2" }, "https://"},
		"no path":         {func(o *iic.Options) { o.Endpoint = "https://scim.eu-west-1.amazonaws.com/" }, "path"},
		"no tenant":       {func(o *iic.Options) { o.Endpoint = "https://scim.eu-west-1.amazonaws.com/scim/v2" }, "path"},
		"password":        {func(o *iic.Options) { o.Endpoint = "https://a:s3cret@x/t/scim/v2" }, "does not belong"},
		"query":           {func(o *iic.Options) { o.Endpoint = "https://x/t/scim/v2?x=s3cret" }, "does not belong"},
		"no URL":          {func(o *iic.Options) { o.Endpoint = "https://s3cret\x7f" }, "no URL"},
		"no host":         {func(o *iic.Options) { o.Endpoint = "https:///t/scim/v2" }, "no host"},
		"unknown reader":  {func(o *iic.Options) { o.Reader = "ldap" }, `reader "ldap"`},
		"reader, no AWS":  {func(o *iic.Options) { o.Reader = iic.ReaderIdentityStore }, "needs AWS credentials"},
		"pasted fallback": {func(o *iic.Options) { o.Fallback = secret.New("s3 cret") }, "white space"},
	} {
		t.Run(name, func(t *testing.T) {
			o := iic.Options{Endpoint: endpoint, Token: secret.New("s3cret")}
			c.change(&o)
			_, err := iic.New(o)
			switch {
			case (err != nil) != (c.says != ""):
				t.Errorf("got %v", err)
			case err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cret")):
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestRegion(t *testing.T) {
	for host, want := range map[string]string{
		"scim.us-east-1.amazonaws.com":     "us-east-1",
		"scim.mx-central-1.api.aws":        "mx-central-1",
		"scim.us-gov-west-1.amazonaws.com": "us-gov-west-1",
		"scim.cn-north-1.amazonaws.com.cn": "cn-north-1",
		"scim.eusc-de-east-1.amazonaws.eu": "eusc-de-east-1",
		"SCIM.AP-Southeast-7.api.aws:443":  "ap-southeast-7",
		"scim.example.com":                 "",
		"proxy.eu-west-1.example.com":      "",
		"localhost:1":                      "",
	} {
		tg, err := iic.New(iic.Options{Endpoint: "https://" + host + "/t/scim/v2", Token: secret.New("x")})
		if err != nil {
			t.Fatal(err)
		}
		diff(t, want, tg.Region())
	}
}
