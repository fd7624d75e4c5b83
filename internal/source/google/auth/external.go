package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// external is an identity of elsewhere as a credentials file describes it: read
// from a file, asked for at an address, or signed by AWS credentials. Google's
// library does the reading and the exchange.
type external struct {
	file          secret.String
	audience, sts string
	aws           bool
	Net
}

func (e external) For(scopes ...string) (Login, error) {
	// What serves the identity need not speak JSON.
	exchange, source := e.wire(httpx.Options{}), e.wire(httpx.Options{Classify: httpx.ByStatus, Attempts: 3})
	wire := httpx.Func(func(req *http.Request) (*http.Response, error) {
		if httpx.Op(req.Context()) == OpExchange {
			return exchange.RoundTrip(req)
		}
		return source.RoundTrip(req)
	})
	return loginFunc(func(ctx context.Context) (*oauth2.Token, error) {
		b := &bound{ctx: ctx, next: wire, clock: e.Clock, op: func(u *url.URL) string {
			if u.String() == e.sts {
				return OpExchange
			}
			return OpSubject
		}}
		token, err := libraryToken(b.context(ctx), []byte(e.file.Reveal()), google.ExternalAccount, scopes)
		if err == nil {
			return token, nil
		}
		return nil, e.explain(b, err)
	}), nil
}

// explain turns the library's error, which may hold a whole answer, into one of
// ours.
func (e external) explain(b *bound, err error) error {
	refused := b.last.status != 0 && !b.last.ok()
	switch {
	case refused && b.url == e.sts:
		return e.topic().explain(b.last)
	case e.aws && (refused || b.err != nil) && b.ctx.Err() == nil && b.url != e.sts:
		return &Error{
			Doing: doingExchange, Status: b.last.status,
			Cause:  "the credentials file has Google's library look for AWS credentials, which it finds in the environment and on EC2 only",
			Remedy: "use --google-workload-identity-provider with --google-workload-identity-from=aws, which finds them on ECS and EKS too, and needs no file",
		}
	case b.err != nil:
		return fmt.Errorf("%s: %w", doingExchange, b.err)
	case refused:
		return &Error{
			Doing: doingExchange, Status: b.last.status, Skew: b.last.skew,
			Cause:  "the source of the identity that the credentials file names refuses to give it",
			Remedy: "check credential_source in the credentials file, and what serves it",
		}
	case b.last.ok():
		return fmt.Errorf("%s: the answer of %s cannot be read", doingExchange, b.host())
	}
	return fmt.Errorf("%s: %s", doingExchange, httpx.Said(secret.Scrub(err.Error(), b.last.secrets...), longest))
}

func (b *bound) host() string {
	u, err := url.Parse(b.url)
	if err != nil {
		return "the server"
	}
	return u.Host
}

func (e external) topic() topic {
	resource, number := "PROVIDER", "PROJECT"
	if p, err := parseProvider(e.audience); err == nil { // of a workforce pool there is none
		resource, number = p.resource(), p.number
	}
	return topic{doing: doingExchange, rows: stsRefusals(), names: append(e.Profile().names(),
		"{audience}", httpx.Said(e.audience, longest), "{provider}", resource, "{number}", number, "{identity}", "the one of the credentials file")}
}

func (e external) Profile() Profile {
	p, err := parseProvider(e.audience)
	if err != nil {
		return Profile{Text: "an identity of elsewhere, by a credentials file", Scopes: []string{ScopeCloud}}
	}
	member := p.principals() + "/*"
	if e.aws {
		member = AWS{}.member("", p.principals())
	}
	return Profile{
		Text:   fmt.Sprintf("an identity of elsewhere, by a credentials file → workload identity pool %s, provider %s, of project %s", p.pool, p.name, p.number),
		Member: member, Scopes: []string{ScopeCloud},
	}
}
