package iic_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
)

func TestReadSurvivesShortAndEmptyPages(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		ids := f.seed(23)
		f.short = 7
		f.group("g", "g", ids...)
		held, err := f.target().Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, 23, len(held.Users))
		diff(t, 23, len(held.Members))
	})
}

func TestAnEndpointWithoutCursorsIsNoticed(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.legacy = true
		f.seed(3)
		_, err := f.target(func(o *iic.Options) { o.Reader = iic.ReaderSCIM }).Read(t.Context())
		if !errors.Is(err, iic.ErrNoCursor) {
			t.Errorf("got %v, want ErrNoCursor", err)
		}
		diff(t, map[string]int{"GET Users": 1}, f.counts)
		_, err = f.target().Read(t.Context())
		if !errors.Is(err, iic.ErrNoReader) || !strings.Contains(err.Error(), "give AWS credentials") {
			t.Errorf("got %v, want ErrNoReader", err)
		}
	})
}

// A cursor may be lost half-way, while we were told to slow down, say.
func TestACursorThatExpiresIsNotTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.seed(250)
		f.before = func(op string, n int) int {
			if op == "GET Users" && n == 3 {
				return 400
			}
			return 0
		}
		held, err := f.target().Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, 250, len(held.Users))
	})
	bubble(t, func(t *testing.T, f *fake) {
		f.seed(250)
		f.before = func(op string, n int) int {
			if op == "GET Users" && n%2 == 0 {
				return 400
			}
			return 0
		}
		if _, err := f.target().Read(t.Context()); !errors.Is(err, identity.ErrRejected) {
			t.Errorf("got %v, want ErrRejected", err)
		}
		diff(t, 6, f.counts["GET Users"])
	})
}

func TestAGroupWithoutMembersMayBeA404(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.emptyIs404 = true
		f.group("g", "g")
		f.group("h", "h")
		f.before = func(op string, n int) int {
			if op == "GET Groups/id" && n == 1 {
				return 404 // one of the two was deleted meanwhile
			}
			return 0
		}
		held, err := f.target().Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, 1, len(held.Groups))
		diff(t, 1, len(held.Records.Groups))
	})
}

func TestAPartialReadIsAnError(t *testing.T) {
	for _, op := range []string{"GET Users", "GET Groups"} {
		for _, nth := range []int{1, 2} {
			bubble(t, func(t *testing.T, f *fake) {
				ids := f.seed(150)
				for i := range 101 {
					f.group("g"+ids[i], ids[i], ids...)
				}
				f.before = func(o string, n int) int {
					if o == op && n >= nth {
						return 500
					}
					return 0
				}
				held, err := f.target().Read(t.Context())
				e, ok := errors.AsType[*iic.APIError](err)
				if !ok || e.Status != 500 || len(held.Users)+len(held.Groups) != 0 {
					t.Errorf("got %d users, %v", len(held.Users), err)
				}
			})
		}
	}
}

func TestReadNormalisesAsCanonicalDoes(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		id := f.seed(1)[0]
		f.users[id]["displayName"] = "Cafe\u0301\u00a0x\u200b "
		f.users[id]["emails"] = []any{map[string]any{"value": "other@example.com"}, map[string]any{"value": "u0@example.com", "primary": true}}
		f.users[id]["active"] = "True"
		f.group("g", " R\u00a0D ")
		held, err := f.target().Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := person(0)
		want.DisplayName = "Caf\u00e9 x"
		diff(t, want, held.Users[identity.Key(id)])
		diff(t, "R D", held.Groups["g"].Name)
	})
}

// Reads stay below the quota, and are side by side nevertheless.
func TestReadKeepsItsPace(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		ids := f.seed(2)
		for i := range 300 {
			f.group("g"+person(i).ExternalID, person(i).UserName, ids...)
		}
		var meter httpx.Meter
		start := time.Now()
		if _, err := f.target(func(o *iic.Options) { o.Meter = &meter }).Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 8*time.Second || took > 9*time.Second { // 301 at 36 per second
			t.Errorf("took %v", took)
		}
		diff(t, 301+3, meter.Total().Calls)
	})
}

// Once the endpoint is known to page by cursor, nothing waits for users.
func TestUsersAndGroupsAreReadTogether(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		base := f.transport()
		tg := f.target(func(o *iic.Options) {
			o.Base = httpx.Func(func(r *http.Request) (*http.Response, error) {
				time.Sleep(time.Second)
				return base.RoundTrip(r)
			})
		})
		for _, want := range []time.Duration{2 * time.Second, time.Second} {
			start := time.Now()
			if _, err := tg.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
			diff(t, want, time.Since(start))
		}
	})
}

// A user who was created while we read is seen in a group first.
func TestAMemberWhomTheListDoesNotHave(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		id := f.seed(1)[0]
		f.group("g", "g", id)
		base := f.transport()
		tg := f.target(func(o *iic.Options) {
			o.Base = httpx.Func(func(r *http.Request) (*http.Response, error) {
				if httpx.Op(r.Context()) == "scim:ListUsers" && !r.URL.Query().Has("filter") {
					return says(200, `{"Resources":[]}`, nil).RoundTrip(r)
				}
				return base.RoundTrip(r)
			})
		})
		held, err := tg.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, map[identity.Key]identity.User{identity.Key(id): person(0)}, held.Users)
		diff(t, 1, len(held.Members))
	})
}

func TestTheOtherTokenIsTried(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.token = "second-token"
		f.group("g", "g")
		var meter httpx.Meter
		tg := f.target(func(o *iic.Options) { o.Fallback, o.Meter = secret.New("second-token"), &meter })
		for range 2 {
			if _, err := tg.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		f.token = "third-token"
		n := meter.Total().Calls
		if err := tg.Ping(t.Context()); !errors.Is(err, iic.ErrUnauthorized) {
			t.Errorf("got %v, want ErrUnauthorized", err)
		}
		diff(t, 1, meter.Total().Calls-n) // there is no third token to try
	})
}

func TestTheTokenIsNeverShown(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		var log bytes.Buffer
		f.token = "another"
		tg := f.target(func(o *iic.Options) {
			o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			o.Fallback = secret.New("s3cret-too")
		})
		_, err := tg.Read(t.Context())
		f.token = "s3cret-too"
		_, _ = tg.Read(t.Context())
		_, _ = tg.CreateUser(t.Context(), ann)
		if err == nil || strings.Contains(err.Error()+log.String(), "s3cret") || !strings.Contains(log.String(), "scim:CreateUser") {
			t.Errorf("err is %v, log is\n%s", err, &log)
		}
	})
}

func TestAServerThatGoesRoundInCircles(t *testing.T) {
	for name, body := range map[string]string{
		"same cursor": `{"Resources":[],"nextCursor":"x"}`,
		"no id":       `{"Resources":[{"userName":"x"}]}`,
		"no JSON":     `<html>`,
		"nothing":     ``,
		"wrong type":  `{"Resources":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake) {
				tg := f.target(func(o *iic.Options) { o.Base = says(200, body, nil) })
				if _, err := tg.Read(t.Context()); err == nil {
					t.Error("no error")
				}
			})
		})
	}
}
