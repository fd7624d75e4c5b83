package google

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// githubTokenLife is how long an ID token of a job is good (GitHub
// documentation: OpenID Connect reference, example).
const githubTokenLife = 5 * time.Minute

// githubOIDC answers ACTIONS_ID_TOKEN_REQUEST_URL: an ID token of the job for
// the parameter audience, by default the URL of the repository's owner (GitHub
// documentation: OpenID Connect reference).
func githubOIDC(c *call) (*reply, error) {
	job := c.view.f.GitHub
	switch {
	case job.Repository == "":
		return plainReply(http.StatusNotFound, "text/html; charset=utf-8", htmlNotFound), nil
	case !job.knows(c.r):
		return &reply{status: http.StatusUnauthorized, body: map[string]any{"message": "The request is not authorized: the bearer token of the job is missing or wrong."}}, nil
	}
	key, err := c.s.systemKey(GitHubIssuer)
	if err == nil && job.Forged {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		return nil, err
	}
	payload, err := json.Marshal(job.claims(c.q.Get("audience"), c.now))
	if err != nil {
		return nil, err
	}
	signed, err := signPayload(string(payload), systemKeyID(GitHubIssuer), key)
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: map[string]any{"value": signed}}, nil
}

// knows says whether the request comes from the job.
func (g GitHub) knows(r *http.Request) bool {
	token, err := bearer(r)
	return err == nil && (g.RequestToken == "" || token == g.RequestToken)
}

func (g GitHub) claims(audience string, now time.Time) map[string]any {
	owner, _, _ := strings.Cut(g.Repository, "/")
	ref := cmp.Or(g.Ref, "refs/heads/main")
	issued := now.Add(-time.Duration(g.AgeSeconds) * time.Second)
	claims := map[string]any{
		"iss": cmp.Or(g.Issuer, GitHubIssuer), "aud": cmp.Or(g.Audience, audience, "https://github.com/"+owner),
		"sub": "repo:" + g.Repository + ":ref:" + ref, "repository": g.Repository, "repository_owner": owner, "ref": ref, "ref_type": "branch",
		"jti": "6c8f4d2e-" + number(12, g.Repository, issued.String()), "event_name": "schedule", "runner_environment": "github-hosted", "workflow": "sync",
		"iat": issued.Unix(), "nbf": issued.Add(-10 * time.Minute).Unix(), "exp": issued.Add(githubTokenLife).Unix(),
	}
	if g.Environment != "" {
		claims["sub"], claims["environment"] = "repo:"+g.Repository+":environment:"+g.Environment, g.Environment
	}
	return claims
}
