package auth_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"ssosync/internal/source/google/auth"
)

// A loginFunc is a login that counts its calls.
type loginFunc func(ctx context.Context, n int) (*oauth2.Token, error)

type counted struct {
	mu sync.Mutex
	n  int
	f  loginFunc
}

func (c *counted) Login(ctx context.Context) (*oauth2.Token, error) {
	c.mu.Lock()
	c.n++
	n := c.n
	c.mu.Unlock()
	return c.f(ctx, n)
}

func hourly(_ context.Context, n int) (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: "t" + strconv.Itoa(n), Expiry: time.Now().Add(time.Hour)}, nil
}

func TestATokenIsKeptUntilAMinuteBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := auth.NewTokens(&counted{f: hourly})
		for _, step := range []struct {
			wait    time.Duration
			refused string
			want    string
		}{
			{0, "", "t1"},
			{58 * time.Minute, "", "t1"},
			{61 * time.Second, "", "t2"}, // 59 seconds are left of the first
			{0, "t1", "t2"},              // refused, but renewed since
			{0, "t2", "t3"},
			{0, "", "t3"},
		} {
			time.Sleep(step.wait)
			got, err := tokens.Token(t.Context(), step.refused)
			if err != nil || got != step.want {
				t.Fatalf("after %v, refusing %q: %q, %v; want %q", step.wait, step.refused, got, err, step.want)
			}
		}
	})
}

func TestTokensWithoutAnEndAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := auth.NewTokens(&counted{f: func(_ context.Context, n int) (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: "t" + strconv.Itoa(n)}, nil
		}})
		for range 3 {
			if got, err := tokens.Token(t.Context(), ""); err != nil || got != "t1" {
				t.Fatal(got, err)
			}
			time.Sleep(48 * time.Hour)
		}
	})
}

func TestManyAskOneLogsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		login := &counted{f: func(ctx context.Context, n int) (*oauth2.Token, error) {
			time.Sleep(time.Second)
			return hourly(ctx, n)
		}}
		tokens := auth.NewTokens(login)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if got, err := tokens.Token(t.Context(), ""); err != nil || got != "t1" {
					t.Error(got, err)
				}
			})
		}
		wg.Wait()
		for range 20 { // all are refused at the same time: one new login
			wg.Go(func() {
				if got, err := tokens.Token(t.Context(), "t1"); err != nil || got != "t2" {
					t.Error(got, err)
				}
			})
		}
		wg.Wait()
		if login.n != 2 {
			t.Errorf("%d logins, want 2", login.n)
		}
	})
}

func TestWaitingForALoginEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := auth.NewTokens(&counted{f: func(ctx context.Context, n int) (*oauth2.Token, error) {
			time.Sleep(time.Hour)
			return hourly(ctx, n)
		}})
		var other sync.WaitGroup
		defer other.Wait()
		other.Go(func() { _, _ = tokens.Token(t.Context(), "") })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := tokens.Token(ctx, ""); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestAFailedLoginIsNotKept(t *testing.T) {
	broken := errors.New("broken")
	tokens := auth.NewTokens(&counted{f: func(ctx context.Context, n int) (*oauth2.Token, error) {
		switch n {
		case 1:
			return nil, broken
		case 2:
			return &oauth2.Token{}, nil
		}
		return hourly(ctx, n)
	}})
	if _, err := tokens.Token(t.Context(), ""); !errors.Is(err, broken) {
		t.Error(err)
	}
	if got, err := tokens.Token(t.Context(), ""); err == nil {
		t.Errorf("an empty token was handed out: %q", got)
	}
	if got, err := tokens.Token(t.Context(), ""); err != nil || got != "t3" {
		t.Error(got, err)
	}
}
