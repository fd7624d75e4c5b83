package google_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/source/google"
)

func TestReadEndsWithItsContext(t *testing.T) {
	for _, op := range []string{"users.list", "groups.list", "members.list", "users.get"} {
		t.Run(op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := many(9, member("USER", "u8", "u8@example.com"))
				s.delay = func(r request) time.Duration {
					if r.op == op {
						return 50 * time.Second
					}
					return 0
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				began := time.Now()
				snap, err := s.source(t, google.Options{}).Read(ctx)
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Second {
					t.Errorf("%v after %v", err, time.Since(began))
				}
				if diff := cmp.Diff(directory.Snapshot{}, snap); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// One failure ends the reading at once, whatever else is under way.
func TestReadEndsWithItsFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := many(9, member("USER", "u8", "u8@example.com"))
		s.delay = func(r request) time.Duration {
			if r.op == "members.list" {
				return 50 * time.Second
			}
			return time.Second
		}
		s.refuse("users.list", "", http.StatusBadRequest, "badRequest", "Bad Request")
		began := time.Now()
		if _, err := s.source(t, google.Options{}).Read(t.Context()); err == nil || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// A login that fails is told as it is.
func TestALoginThatFails(t *testing.T) {
	broken := errors.New("no such administrator")
	s := small()
	_, err := s.read(t, google.Options{Tokens: failing{broken}})
	if !errors.Is(err, broken) || len(s.requests) != 0 {
		t.Errorf("%d requests, %v", len(s.requests), err)
	}
}

type failing struct{ err error }

func (f failing) Token(context.Context, string) (string, error) { return "", f.err }
