package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// GitHub is the identity of a workflow of GitHub Actions, which GitHub proves
// by an OpenID Connect token (GitHub docs: OpenID Connect reference).
type GitHub struct {
	URL        string        // ACTIONS_ID_TOKEN_REQUEST_URL
	Token      secret.String // ACTIONS_ID_TOKEN_REQUEST_TOKEN
	Repository string        // GITHUB_REPOSITORY, as in "example/sync"; only for messages
	// Audience is what the provider allows as audience; "" means its own name,
	// https://iam.googleapis.com/projects/…, which it allows unless told otherwise.
	Audience string
}

// GitHubFrom takes the identity from the environment of a workflow, such as
// [os.Getenv] gives it.
func GitHubFrom(getenv func(name string) string) GitHub {
	return GitHub{
		URL: getenv("ACTIONS_ID_TOKEN_REQUEST_URL"), Token: secret.New(getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")),
		Repository: getenv("GITHUB_REPOSITORY"),
	}
}

const kindJWT = "urn:ietf:params:oauth:token-type:jwt"

const remedyWorkflow = `give the workflow, or its job, the permission to ask for one: "permissions: id-token: write" (and "contents: read" if it checks out code)`

func (g GitHub) check() error {
	switch {
	case g.URL == "" || g.Token.Empty():
		return refuse("ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set: this is no workflow of GitHub Actions, or it may not ask for an identity token", remedyWorkflow)
	case !isAddress(g.URL) || !asBearer(g.Token.Reveal()):
		return errors.New("ACTIONS_ID_TOKEN_REQUEST_URL or ACTIONS_ID_TOKEN_REQUEST_TOKEN is not as GitHub sets it")
	}
	return nil
}

func (g GitHub) subject(ctx context.Context, c *client, p provider) (token, kind string, err error) {
	at, err := url.Parse(g.URL)
	if err != nil {
		return "", "", errors.New("ACTIONS_ID_TOKEN_REQUEST_URL is no address")
	}
	audience := g.Audience
	if audience == "" {
		audience = "https:" + p.audience()
	}
	q := at.Query()
	q.Set("audience", audience)
	at.RawQuery = q.Encode()
	a, err := c.do(ctx, call{op: OpIdentity, url: at.String(), bearer: g.Token.Reveal(), header: http.Header{"Accept": {"application/json"}}})
	if err != nil {
		return "", "", err
	}
	const doing = "ask GitHub for an identity token"
	if !a.ok() {
		t := topic{doing: doing, rows: []refusal{
			{500, "", "", "GitHub has a fault", remedyLater},
			{0, "", "", "GitHub does not give one to this workflow", remedyWorkflow},
		}}
		return "", "", t.explain(a)
	}
	var doc struct {
		Value string `json:"value"`
	}
	if json.Unmarshal(a.body, &doc) != nil || doc.Value == "" {
		return "", "", fmt.Errorf("%s: the answer has none", doing)
	}
	return doc.Value, kindJWT, nil
}

func (g GitHub) kind() string { return "GitHub workflow" }

func (g GitHub) known() string {
	if !regexp.MustCompile(`^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$`).MatchString(g.Repository) {
		return ""
	}
	return "of " + g.Repository
}

func (g GitHub) ask(context.Context) string { return g.known() }

// member is right for the mapping attribute.repository=assertion.repository,
// which all guides use.
func (g GitHub) member(who, principals string) string {
	if who == "" {
		return principals + "/attribute.repository/OWNER/REPOSITORY"
	}
	return principals + "/attribute.repository/" + httpx.Said(g.Repository, longest)
}
