package google

import (
	"fmt"
	"net/http"
	"strings"

	"ssosync/internal/httpx"
)

// The operations, in the vendor's words.
const (
	opUsersList   = "users.list"
	opUsersGet    = "users.get"
	opGroupsList  = "groups.list"
	opGroupsGet   = "groups.get"
	opMembersList = "members.list"
	opHasMember   = "members.hasMember"
)

// allOps is the bucket that every request is spent from, beside that of its
// own operation: Google counts the queries of a user, whatever they ask.
const allOps = "directory"

const (
	defaultPerSecond = 35
	defaultInFlight  = 16
	// burstSeconds is how long a pause may be caught up with at once. The
	// quota is counted per minute: 35/s and four seconds more are 2240 of the
	// 2400, so that a small directory never waits.
	burstSeconds = 4
	// listings is how many of the requests in flight are left to the two long
	// chains of pages, people and groups, so that a thousand groups waiting
	// for their turn do not hold them up.
	listings = 2
)

// transport puts the layers together, the outermost first: log in, name
// ourselves, retry page by page at each operation's own pace, keep all of them
// together below the quota.
func transport(o Options) http.RoundTripper {
	base := o.Base
	if base == nil {
		base = httpx.NewTransport()
	}
	pacer := httpx.NewPacer(limits(o.PerSecond, o.InFlight))
	base = httpx.Chain(base, spend(pacer))
	resilient := func(byOp httpx.Classify) http.RoundTripper {
		return httpx.Resilient(base, httpx.Options{
			Classify: telling(pacer, byOp), Pacer: pacer, Meter: o.Meter, Log: o.Log,
		})
	}
	users, groups := resilient(classifyUsers), resilient(classifyGroups)
	byOp := httpx.Func(func(req *http.Request) (*http.Response, error) {
		if strings.HasPrefix(httpx.Op(req.Context()), "users.") {
			return users.RoundTrip(req)
		}
		return groups.RoundTrip(req)
	})
	return httpx.Chain(byOp, authorize(o.Tokens), httpx.UserAgent(userAgent(o.UserAgent)), countFor(o.QuotaProject))
}

// countFor names the project that a request is counted for, if there is one.
func countFor(project string) httpx.Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		if project == "" {
			return next
		}
		return httpx.Func(func(req *http.Request) (*http.Response, error) {
			req = req.Clone(req.Context())
			req.Header.Set("X-Goog-User-Project", project)
			return next.RoundTrip(req)
		})
	}
}

func limits(perSecond float64, inFlight int) func(op string) httpx.Limit {
	if perSecond <= 0 {
		perSecond = defaultPerSecond
	}
	if inFlight <= 0 {
		inFlight = defaultInFlight
	}
	rate := httpx.Limit{PerSecond: perSecond, Burst: max(1, int(perSecond*burstSeconds))}
	return func(op string) httpx.Limit {
		l := rate
		if op != allOps {
			l.InFlight = max(1, inFlight-listings)
		}
		return l
	}
}

// spend takes one from the bucket of all operations per attempt. It sits below
// the operations' own limits: only what is about to be sent queues here, and
// the pages of a listing wait behind a few member listings, not behind all.
func spend(pacer *httpx.Pacer) httpx.Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return httpx.Func(func(req *http.Request) (*http.Response, error) {
			if err := pacer.Take(req.Context(), allOps, 1); err != nil {
				return nil, err
			}
			return next.RoundTrip(req)
		})
	}
}

// telling has a throttled answer to one operation slow down all.
func telling(pacer *httpx.Pacer, classify httpx.Classify) httpx.Classify {
	return func(status int, body []byte, err error) httpx.Verdict {
		v := classify(status, body, err)
		if v == httpx.Throttled {
			pacer.Throttled(allOps)
		}
		return v
	}
}

// authorize sends requests with a token, and once more with another one if the
// API refuses it: a token may be revoked before its time.
func authorize(tokens Tokens) httpx.Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		send := func(req *http.Request, token string) (*http.Response, error) {
			req = req.Clone(req.Context())
			req.Header.Set("Authorization", "Bearer "+token)
			return next.RoundTrip(req)
		}
		return httpx.Func(func(req *http.Request) (*http.Response, error) {
			token, err := tokens.Token(req.Context(), "")
			if err != nil {
				return nil, fmt.Errorf("log in: %w", err)
			}
			resp, err := send(req, token)
			if err != nil || resp.StatusCode != http.StatusUnauthorized {
				return resp, err
			}
			_ = resp.Body.Close() // it is a refusal and is not read
			if token, err = tokens.Token(req.Context(), token); err != nil {
				return nil, fmt.Errorf("log in again: %w", err)
			}
			return send(req, token)
		})
	}
}

// userAgent makes sure that the name contains "gzip", without which Google
// does not compress (Directory API guide: performance tips).
func userAgent(name string) string {
	if name == "" {
		name = "ssosync"
	}
	if !strings.Contains(name, "gzip") {
		name += " (gzip)"
	}
	return name
}
