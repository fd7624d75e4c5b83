package console_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"ssosync/internal/config"
	"ssosync/internal/console"
	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

var token = "TOPSECRET" + strings.Repeat("q8Zr/Lp3=w", 50)

func TestSink(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"plain", "t=" + token + ".", "t=[redacted]."},
		{"its beginning", "t=" + token[:60], "t=[redacted]"},
		{"in JSON", `{"t":"` + token + `","n":1}`, `{"t":"[redacted]","n":1}`},
		{"nothing", `{"t":"all is well"}`, `{"t":"all is well"}`},
	} {
		var out strings.Builder
		s := console.NewSink(&out)
		s.Hide(secret.New(token), secret.New(""))
		if n, err := s.Write([]byte(tt.text)); n != len(tt.text) || err != nil || s.Err() != nil {
			t.Errorf("%s: %d %v %v", tt.name, n, err, s.Err())
		}
		if out.String() != tt.want || s.Mask(tt.text) != tt.want {
			t.Errorf("%s: %q", tt.name, out.String())
		}
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

// A run goes on when nobody listens, and the first error is remembered.
func TestABrokenSink(t *testing.T) {
	first := errors.New("first")
	s := console.NewSink(broken{first})
	if n, err := s.Write([]byte("x")); n != 1 || err != nil {
		t.Error(n, err)
	}
	var out strings.Builder
	s.Redirect(&out)
	_, _ = s.Write([]byte("y"))
	if !errors.Is(s.Err(), first) || out.String() != "y" {
		t.Error(s.Err(), out.String())
	}
}

// Whatever an answer says of its encoding, what is plain in it is masked.
func TestTransportWithAnEncoding(t *testing.T) {
	for _, encoding := range []string{"identity", "x", "br"} {
		s := console.NewSink(&strings.Builder{})
		next := httpx.Func(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Encoding": {encoding}}, Body: io.NopCloser(strings.NewReader("no " + token))}, nil
		})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := console.Transport(next, s).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if string(body) != "no [redacted]" || err != nil || resp.Body.Close() != nil {
			t.Errorf("%s: %q %v", encoding, body, err)
		}
	}
}

// A token that was sent is kept out of everything from then on, and of the
// answer that repeats it.
func TestTransport(t *testing.T) {
	for status, want := range map[int]string{http.StatusForbidden: "no [redacted], [redacted]", http.StatusOK: "no " + token + ", " + token[:30]} {
		var out strings.Builder
		s := console.NewSink(&out)
		next := httpx.Func(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("no " + token + ", " + token[:30]))}, nil
		})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("X-Amz-Security-Token", "session-"+token[10:])
		resp, err := console.Transport(next, s).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if string(body) != want || err != nil || resp.Body.Close() != nil {
			t.Errorf("%d: %q %v", status, body, err)
		}
		if s.Mask("session-"+token[10:]) != "[redacted]" {
			t.Error("the session token is shown")
		}
	}
}

func TestVariables(t *testing.T) {
	var out strings.Builder
	s := console.NewSink(&out)
	s.Hide(console.Variables([]string{
		"SCIM_ACCESS_TOKEN=" + token, "SCIM_TOKEN=secretsmanager:my-own-secret", "SSOSYNC_SCIM_ACCESS_TOKEN=SSOSyncSCIMAccessToken",
		"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI", "GOOGLE_ADMIN=admin@example.com", "SCIM_ACCESS_TOKEN_FALLBACK=exec:tool --password=hunter22",
	})...)
	_, _ = io.WriteString(s, token+" secretsmanager:my-own-secret SSOSyncSCIMAccessToken wJalrXUtnFEMI admin@example.com exec:tool --password=hunter22")
	if want := "[redacted] secretsmanager:my-own-secret SSOSyncSCIMAccessToken [redacted] admin@example.com [redacted]"; out.String() != want {
		t.Error(out.String())
	}
}

func TestSettings(t *testing.T) {
	const line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
	key, err := json.Marshal(map[string]string{"private_key": "-----BEGIN-----\n" + line + "\n-----END-----\n", "client_secret": "GOCSPX-client", "refresh_token": "1//refresh-token"})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	s := console.NewSink(&out)
	s.Hide(console.Settings(config.Config{
		AccessToken: secret.New(token), FallbackToken: secret.New("fallback-token"), GoogleAccessToken: secret.New("ya29.a-token"),
		ExternalID: secret.New("external-id"), AWSSecretAccessKey: secret.New("aws-secret-key"), AWSSessionToken: secret.New("aws-session"),
		GoogleCredentials: secret.New(string(key)),
	})...)
	for _, shown := range []string{token, "fallback-token", "ya29.a-token", "external-id", "aws-secret-key", "aws-session", line, "GOCSPX-client", "1//refresh-token"} {
		if s.Mask("<"+shown+">") != "<[redacted]>" {
			t.Errorf("%q is shown", shown)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{"error": "error", "warn": "warning", "info": "info", "debug": "debug"} {
		var out strings.Builder
		level := console.LevelOf(name)
		log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: level, ReplaceAttr: console.LogrusNames}))
		log.Log(t.Context(), level-1, "no")
		log.Log(t.Context(), level, "yes", "took", 1500*time.Millisecond)
		var l map[string]string
		if err := json.Unmarshal([]byte(out.String()), &l); err != nil || l["level"] != want || l["msg"] != "yes" || l["took"] != "1.5s" {
			t.Errorf("%s: %v %s", name, err, out.String())
		}
		if _, err := time.Parse(time.RFC3339, l["time"]); err != nil {
			t.Error(err)
		}
	}
	if console.LevelOf("panic") <= console.LevelOf("fatal") || console.LevelOf("fatal") <= slog.LevelError || console.LevelOf("trace") >= slog.LevelDebug || console.LevelOf("?") != slog.LevelInfo {
		t.Error("the levels of logrus are in no order")
	}
}
