package bucket

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ssosync/internal/httpx"
)

func TestParseURL(t *testing.T) {
	for _, tt := range []struct{ in, bucket, prefix string }{
		{"s3://acme-state", "acme-state", ""},
		{"s3://acme-state/", "acme-state", ""},
		{"s3://acme-state/a", "acme-state", "a"},
		{"s3://acme-state/a/b.c/", "acme-state", "a/b.c"},
		{"s3://1.2-a/x=y/!-_.*'()", "1.2-a", "x=y/!-_.*'()"},
		{"s3://abc/" + strings.Repeat("x", 512), "abc", strings.Repeat("x", 512)},
		{"s3://" + strings.Repeat("x", 63), strings.Repeat("x", 63), ""},
	} {
		bucket, prefix, err := ParseURL(tt.in)
		if bucket != tt.bucket || prefix != tt.prefix || err != nil {
			t.Errorf("%s: %q, %q, %v", tt.in, bucket, prefix, err)
		}
	}
	for _, bad := range []string{
		"", "acme-state", "S3://acme-state", "s3:acme-state", "https://acme-state", "s3://", "s3:///x", "s3://ab", "s3://Acme", "s3://a_b",
		"s3://-ab", "s3://ab-", "s3://a..b", "s3://" + strings.Repeat("x", 64), "s3://abc//", "s3://abc/a//b", "s3://abc/./b", "s3://abc/..",
		"s3://abc/a b", "s3://abc/a?b", "s3://abc/a#b", "s3://abc/a%20b", "s3://abc/ü", "s3://abc/\n", "s3://key:secret@abc", "s3://abc:80",
		"s3://abc//a", "s3://abc/" + strings.Repeat("x", 513),
	} {
		if bucket, prefix, err := ParseURL(bad); !errors.Is(err, ErrSetup) || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%q: %q, %q, %v", bad, bucket, prefix, err)
		}
	}
}

// TestRemedies: each answer that somebody can do something about says what.
func TestRemedies(t *testing.T) {
	const arn = "s3:GetObject, s3:PutObject and s3:DeleteObject on arn:aws:s3:::acme-state/ssosync/*, and s3:ListBucket on arn:aws:s3:::acme-state for the s3:prefix ssosync/*"
	for _, tt := range []struct {
		status             int
		code, detail, says string
		is                 error
	}{
		{404, "NoSuchBucket", "", "aws s3 mb s3://acme-state", ErrSetup},
		{403, "AccessDenied", "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: s3:ListBucket", arn, ErrSetup},
		{403, "AccessDenied", "", "403 instead of 404", ErrSetup},
		{403, "AccessDenied", "User: x is not authorized to perform: kms:GenerateDataKey on resource: y", "needs kms:GenerateDataKey and kms:Decrypt", ErrSetup},
		{400, "KMS.DisabledException", "", "the key must be enabled", ErrSetup},
		{400, "KMS.ThrottlingException", "", "", ErrUnavailable},
		{301, "PermanentRedirect", "", "set AWS_REGION", ErrSetup},
		{400, "AuthorizationHeaderMalformed", "", "set AWS_REGION", ErrSetup},
		{403, "InvalidAccessKeyId", "", "not valid", ErrSetup},
		{403, "SignatureDoesNotMatch", "", "not valid", ErrSetup},
		{400, "ExpiredToken", "", "log in again", ErrSetup},
		{400, "InvalidToken", "", "log in again", ErrSetup},
		{403, "RequestTimeTooSkewed", "", "the clock of this machine", ErrSetup},
		{501, "NotImplemented", "", "conditional writes", ErrSetup},
		{401, "", "", "s3:GetObject", ErrSetup},
		{500, "InternalError", "", "", ErrUnavailable},
		{503, "SlowDown", "", "", ErrUnavailable},
		{503, "", "", "", ErrUnavailable},
		{429, "TooManyRequests", "", "", ErrUnavailable},
		{400, "RequestTimeout", "", "", ErrUnavailable},
		{307, "TemporaryRedirect", "", "", ErrUnavailable},
		{400, "InvalidRequest", "what", "", nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			f.becomes(func(*http.Request, string, int) *fault {
				return &fault{status: tt.status, code: tt.code, detail: tt.detail}
			})
			_, err := Open(t.Context(), options(f))
			e, ok := errors.AsType[*APIError](err)
			if !ok || e.Code != tt.code && tt.code != "" || e.Status != tt.status || e.RequestID != "4442587FB7D0A2F9" || e.Op != "s3:ListBucket" {
				t.Fatalf("%d %s: %v", tt.status, tt.code, err)
			}
			if !strings.Contains(e.Remedy(), tt.says) || (tt.says == "") != (e.Remedy() == "") || !strings.HasSuffix(err.Error(), e.Remedy()) {
				t.Errorf("%d %s: %v", tt.status, tt.code, err)
			}
			for _, is := range []error{ErrSetup, ErrUnavailable, ErrChanged} {
				if errors.Is(err, is) != errors.Is(tt.is, is) {
					t.Errorf("%d %s is %v", tt.status, tt.code, is)
				}
			}
			sent, want := len(f.ops), 1
			switch {
			case errors.Is(tt.is, ErrUnavailable):
				want = attempts
			case tt.code == "RequestTimeTooSkewed":
				want = 2
			}
			if sent != want {
				t.Errorf("%d %s: sent %d times, want %d", tt.status, tt.code, sent, want)
			}
		})
	}
}

func TestPartitions(t *testing.T) {
	for region, want := range map[string]string{"cn-north-1": "arn:aws-cn:s3:::acme-state/*", "us-gov-west-1": "arn:aws-us-gov:s3:::acme-state/*"} {
		f := newFake()
		f.region = region
		f.becomes(only("ListObjectsV2", 1, fault{status: 403, code: "AccessDenied"}))
		o := options(f)
		o.Prefix = ""
		if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", region, err)
		}
	}
}

// TestTheRegionOfTheBucket is followed, and remembered, wherever we were sent.
func TestTheRegionOfTheBucket(t *testing.T) {
	for _, region := range []string{"", "us-east-1", "eu-central-1"} {
		f := newFake()
		o := options(f)
		o.AWS = keyed(region)
		b, err := Open(t.Context(), o)
		must(t, err)
		must(t, b.Write("ledger.json", []byte("x")))
		want := 3 // list, look, write
		if region != "eu-central-1" {
			want++
		}
		if len(f.ops) != want {
			t.Errorf("from %q: %v", region, f.ops)
		}
		if !f.hosts["acme-state.s3.eu-central-1.amazonaws.com"] {
			t.Errorf("from %q: %v", region, f.hosts)
		}
	}
	for _, evil := range []string{"evil.example.com/", "x", "eu-central-1.evil", "EU-CENTRAL-1", strings.Repeat("a-", 40)} {
		f := newFake()
		f.becomes(func(*http.Request, string, int) *fault {
			return &fault{status: 301, code: "PermanentRedirect", header: http.Header{"X-Amz-Bucket-Region": {evil}}}
		})
		if _, err := Open(t.Context(), options(f)); !errors.Is(err, ErrSetup) || len(f.ops) != 1 || len(f.hosts) != 1 {
			t.Errorf("%s: %v, sent to %v", evil, err, f.hosts)
		}
	}
	f := newFake()
	n := 0
	f.becomes(func(*http.Request, string, int) *fault {
		n++
		return &fault{status: 301, code: "PermanentRedirect", header: http.Header{"X-Amz-Bucket-Region": {fmt.Sprintf("eu-west-%d", n)}}}
	})
	if _, err := Open(t.Context(), options(f)); !errors.Is(err, ErrSetup) || len(f.ops) != attempts {
		t.Errorf("sent about %d times: %v", len(f.ops), err)
	}
}

func TestTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.ahead = 5 * time.Hour
		f.becomes(func(req *http.Request, _ string, _ int) *fault {
			at, err := time.Parse("20060102T150405Z", req.Header.Get("X-Amz-Date"))
			if err != nil || time.Now().Add(f.ahead).Sub(at).Abs() > 15*time.Minute {
				return &fault{status: 403, code: "RequestTimeTooSkewed"}
			}
			return nil
		})
		b := open(t, f)
		must(t, b.Write("ledger.json", []byte("x")))
		if len(f.ops) != 4 {
			t.Errorf("sent %v", f.ops)
		}
	})
}

func TestWithoutAnAnswer(t *testing.T) {
	wrapped := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, tt := range []struct {
		err  error
		is   error
		says string
	}{
		{wrapped(syscall.ECONNREFUSED), ErrUnavailable, "connection refused"},
		{&net.DNSError{Err: "no such host", Name: "acme-state.s3.example.com", IsNotFound: true}, ErrSetup, "AWS_ENDPOINT_URL_S3"},
		{&net.DNSError{Err: "server misbehaving", IsTemporary: true}, ErrUnavailable, "misbehaving"},
		{x509.UnknownAuthorityError{}, ErrSetup, "AWS_ENDPOINT_URL_S3"},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := options(newFake())
			o.Base = httpx.Func(func(*http.Request) (*http.Response, error) { return nil, tt.err })
			_, err := Open(t.Context(), o)
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) || errors.Is(err, ErrSetup) == errors.Is(err, ErrUnavailable) ||
				strings.Contains(err.Error(), "operation error") {
				t.Errorf("%v: %v", tt.err, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.becomes(func(*http.Request, string, int) *fault { return &fault{hang: true} })
		began := time.Now()
		_, err := Open(t.Context(), options(f))
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "no answer within") || time.Since(began) != within {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		f.becomes(nil)
		b := open(t, f)
		f.becomes(func(*http.Request, string, int) *fault { return &fault{hang: true} })
		began = time.Now()
		if err := b.put1(); !errors.Is(err, ErrUnavailable) || time.Since(began) != within+lookWithin {
			t.Errorf("a write after %v: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := Open(ctx, options(f)); err == nil || time.Since(began) != within+lookWithin+time.Second {
			t.Errorf("the end of the context: %v", err)
		}
	})
}

func (b *Bucket) put1() error {
	_, err := b.put(b.ctx, root+"x", []byte("x"), "")
	return err
}

// TestNoTLS: nothing leaves this machine without TLS.
func TestNoTLS(t *testing.T) {
	for endpoint, ok := range map[string]bool{"http://s3.example.com": false, "http://127.0.0.1:9000": true, "http://localhost:9000": true, "https://s3.example.com": true} {
		f := newFake()
		o := options(f)
		o.AWS = func(ctx context.Context) (aws.Config, error) {
			cfg, err := keyed(f.region)(ctx)
			cfg.BaseEndpoint = &endpoint
			return cfg, err
		}
		_, err := Open(t.Context(), o)
		if (err == nil) != ok || !ok && (!errors.Is(err, ErrSetup) || len(f.ops) != 0) {
			t.Errorf("%s: %v, sent %v", endpoint, err, f.ops)
		}
	}
}

type keyless struct{ err error }

func (k keyless) Retrieve(context.Context) (aws.Credentials, error) { return aws.Credentials{}, k.err }

func TestNoCredentials(t *testing.T) {
	quoted := errors.New("credential_process printed " + hidden)
	for name, get := range map[string]func(context.Context) (aws.Config, error){
		"no function":      nil,
		"no configuration": func(context.Context) (aws.Config, error) { return aws.Config{}, errors.New("there is no profile") },
		"no provider":      func(context.Context) (aws.Config, error) { return aws.Config{}, nil },
		"a provider that has none": func(context.Context) (aws.Config, error) {
			return aws.Config{Credentials: keyless{quoted}}, nil
		},
	} {
		f := newFake()
		o := options(f)
		o.AWS = get
		_, err := Open(t.Context(), o)
		if !errors.Is(err, ErrSetup) || len(f.ops) != 0 || strings.Contains(err.Error(), hidden) || !strings.Contains(err.Error(), "AWS") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, tt := range []struct{ err, is error }{{quoted, ErrSetup}, {&url.Error{Op: "Get", URL: "http://169.254.169.254/" + hidden, Err: syscall.ECONNRESET}, ErrUnavailable}} {
		synctest.Test(t, func(t *testing.T) {
			b := open(t, newFake())
			b.credentials = keyless{tt.err}
			_, err := b.Read("ledger.json")
			if !errors.Is(err, tt.is) || strings.Contains(err.Error(), hidden) {
				t.Errorf("they cannot be renewed: %v", err)
			}
		})
	}
	for _, o := range []Options{{Bucket: "A", Target: target}, {Bucket: "abc", Target: ""}, {Bucket: "abc", Target: "../x"}, {Bucket: "abc", Prefix: "/x", Target: target}} {
		o.AWS = keyed("eu-central-1")
		if _, err := Open(t.Context(), o); !errors.Is(err, ErrSetup) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestNothingSecretIsSaid, whatever goes wrong, and everything is signed.
func TestNothingSecretIsSaid(t *testing.T) {
	var log bytes.Buffer
	f := newFake()
	o := options(f)
	o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b, err := Open(t.Context(), o)
	must(t, err)
	must(t, b.Write("ledger.json", []byte("people-"+hidden)))
	f.becomes(only("GetObject", 1, fault{status: 403, code: "Bad\n" + hidden, detail: "\x1b[2J" + strings.Repeat("x", 9999)}))
	_, err = b.Read("ledger.json")
	if err == nil || strings.ContainsAny(err.Error(), "\n\x1b") || len(err.Error()) > 2000 || strings.Contains(err.Error(), hidden) {
		t.Errorf("it says %q", err)
	}
	if f.plain != 0 {
		t.Errorf("%d requests were not signed", f.plain)
	}
	lines := strings.Count(log.String(), "\n")
	if strings.Contains(log.String(), hidden) || lines != len(f.ops) || !strings.Contains(log.String(), "op=s3:PutObject key="+root+"ledger.json status=200") ||
		!strings.Contains(log.String(), "status=403") {
		t.Errorf("%d lines for %d requests: %s", lines, len(f.ops), log.String())
	}
}

// TestTheRunIsToldToStop: what is left to be written still is.
func TestTheRunIsToldToStop(t *testing.T) {
	f := newFake()
	ctx, cancel := context.WithCancel(t.Context())
	b, err := Open(ctx, options(f))
	must(t, err)
	l, err := b.Lock(ctx, ada)
	must(t, err)
	cancel()
	log, err := b.OpenLog(journalName)
	must(t, err)
	must(t, errors.Join(log.Append([]byte("x")), log.Sync(), b.Write("ledger.json", []byte("x")), l.Release()))
	if b.Path() != "s3://acme-state/ssosync/"+target {
		t.Error(b.Path())
	}
	if _, err := Open(ctx, options(f)); !errors.Is(err, context.Canceled) {
		t.Errorf("opened by one who has been told to stop: %v", err)
	}
}
