package google

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The kinds of subject token that the security token service takes (RFC 8693
// §3; IAM guide: workload identity federation with AWS).
const (
	awsToken = "urn:ietf:params:aws:token-type:aws4_request"
	jwtToken = "urn:ietf:params:oauth:token-type:jwt"
	idToken  = "urn:ietf:params:oauth:token-type:id_token"

	accessToken = "urn:ietf:params:oauth:token-type:access_token"
)

// stsToken answers the security token service: an identity of somebody else's
// for a federated token (RFC 8693; STS reference: token).
func stsToken(c *call) (*reply, error) {
	if c.view.f.Project.STSAPIOff {
		return nil, apiOff("sts.googleapis.com", "Security Token Service API", c.view.f.Project.Number).plainly()
	}
	form, err := stsForm(c.r)
	if err != nil {
		return nil, err
	}
	p, err := c.provider(form.Get("audience"))
	if err != nil {
		return nil, err
	}
	if len(strings.Fields(form.Get("scope"))) == 0 {
		return nil, refuse(http.StatusBadRequest, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
	}
	who, err := c.federated(p, form.Get("subject_token_type"), form.Get("subject_token"))
	if err != nil {
		return nil, err
	}
	who.kind, who.scopes, who.expires = kindFederated, strings.Fields(form.Get("scope")), c.now.Add(tokenLife)
	return &reply{status: http.StatusOK, body: map[string]any{
		"access_token": c.s.issue(who), "issued_token_type": accessToken,
		"token_type": "Bearer", "expires_in": int(tokenLife.Seconds()),
	}}, nil
}

// stsForm reads the parameters, from a form as the client libraries send them
// or from the JSON of the reference.
func stsForm(r *http.Request) (url.Values, error) {
	form := url.Values{}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		body := map[string]string{}
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			return nil, refuse(http.StatusBadRequest, "invalid_request", "Bad Request")
		}
		for _, name := range []string{"grant_type", "audience", "scope", "requested_token_type", "subject_token", "subject_token_type"} {
			first, rest, _ := strings.Cut(name, "_")
			second, third, _ := strings.Cut(rest, "_")
			form.Set(name, body[first+title(second)+title(third)])
		}
	} else if err := r.ParseForm(); err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "Bad Request")
	} else {
		form = r.PostForm
	}
	if form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange" || form.Get("requested_token_type") != accessToken {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "Invalid grant_type or requested_token_type.")
	}
	return form, nil
}

// provider finds the one that an audience names.
func (c *call) provider(audience string) (Provider, error) {
	if !strings.HasPrefix(audience, "//iam.googleapis.com/") || !strings.Contains(audience, "/providers/") {
		return Provider{}, refuse(http.StatusBadRequest, "invalid_request",
			"Invalid value for \"audience\". This value should be the full resource name of the Identity Provider. "+
				"See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.")
	}
	i := slices.IndexFunc(c.view.f.Providers, func(p Provider) bool { return p.Audience == audience && !p.Disabled })
	if i < 0 {
		return Provider{}, refuse(http.StatusBadRequest, "invalid_target",
			"The target service indicated by the \"audience\" parameters is invalid. "+
				"This might either be because the pool or provider is disabled or deleted or because it doesn't exist.")
	}
	return c.view.f.Providers[i], nil
}

// federated says who the subject token is, by the provider's kind.
func (c *call) federated(p Provider, kind, subjectToken string) (*session, error) {
	isOIDC := p.Issuer != ""
	switch {
	case isOIDC && (kind == jwtToken || kind == idToken):
		return c.oidcCaller(p, subjectToken)
	case !isOIDC && kind == awsToken:
		arn, err := c.awsCaller(p, subjectToken)
		if err != nil {
			return nil, err
		}
		return p.mapped(arn, map[string]string{"aws_role": roleARN(arn), "account": p.AccountID})
	default:
		return nil, refuse(http.StatusBadRequest, "invalid_request", "Invalid subject_token_type: "+kind)
	}
}

// mapped is a session of a subject under the names that IAM policies may give
// it (IAM guide: principal identifiers, workload identity pool).
func (p Provider) mapped(subject string, attributes map[string]string) (*session, error) {
	if len(subject) > 127 {
		return nil, invalidGrant("The size of mapped attribute google.subject exceeds the 127 bytes limit. " +
			"Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes.")
	}
	pool, _, _ := strings.Cut(strings.TrimPrefix(p.Audience, "//iam.googleapis.com/"), "/providers/")
	set := "principalSet://iam.googleapis.com/" + pool
	who := &session{email: subject, members: []string{set + "/*", "principal://iam.googleapis.com/" + pool + "/subject/" + subject}}
	for name, value := range attributes {
		if value != "" {
			who.members = append(who.members, set+"/attribute."+name+"/"+value)
		}
	}
	return who, nil
}

// unconditional is the refusal by an attribute condition.
func unconditional() *oauthError {
	return refuse(http.StatusUnauthorized, "unauthorized_client", "The given credential is rejected by the attribute condition.")
}
