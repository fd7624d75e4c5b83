package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// The two methods of the IAM Service Account Credentials API (API reference:
// projects.serviceAccounts.signJwt, generateAccessToken). Google's impersonate
// package has them at fixed addresses, without retries, and with answers for
// errors.

// sign asks for the assertion of §2.1 of RFC 7523, signed by the account.
func (i impersonated) sign(ctx context.Context, bearer string, delegates []string) (string, answer, error) {
	now := time.Now().Add(-ago)
	payload, err := json.Marshal(map[string]any{
		"iss": i.ServiceAccount, "sub": i.Subject, "scope": strings.Join(i.Scopes, " "), "aud": i.tokenURL(),
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	if err != nil {
		return "", answer{}, fmt.Errorf("write the assertion: %w", err)
	}
	doc := map[string]any{"payload": string(payload)}
	if len(delegates) > 0 {
		doc["delegates"] = resources(delegates)
	}
	a, err := i.client.do(ctx, call{op: OpSign, url: i.iamURL(i.ServiceAccount, "signJwt"), bearer: bearer, doc: doc})
	if err != nil || !a.ok() {
		return "", a, err
	}
	var got struct {
		SignedJWT string `json:"signedJwt"`
	}
	if json.Unmarshal(a.body, &got) != nil || got.SignedJWT == "" {
		return "", a, fmt.Errorf("have %s sign: the answer has no signature", i.ServiceAccount)
	}
	return got.SignedJWT, a, nil
}

// ago is how much earlier an assertion says it was made, for clocks that are a
// little ahead of Google's.
const ago = 10 * time.Second

// generate asks for a token of the account.
func (i impersonated) generate(ctx context.Context, bearer string, scopes []string) (*oauth2.Token, answer, error) {
	doc := map[string]any{"scope": scopes, "lifetime": "3600s"}
	if len(i.Delegates) > 0 {
		doc["delegates"] = resources(i.Delegates)
	}
	a, err := i.client.do(ctx, call{op: OpGenerate, url: i.iamURL(i.ServiceAccount, "generateAccessToken"), bearer: bearer, doc: doc})
	if err != nil || !a.ok() {
		return nil, a, err
	}
	var got struct {
		AccessToken string    `json:"accessToken"`
		ExpireTime  time.Time `json:"expireTime"`
	}
	if json.Unmarshal(a.body, &got) != nil || !asBearer(got.AccessToken) {
		return nil, a, fmt.Errorf("get a token of %s: the answer has none", i.ServiceAccount)
	}
	return &oauth2.Token{AccessToken: got.AccessToken, Expiry: got.ExpireTime}, a, nil
}

// resources are the names of accounts in the IAM Credentials API.
func resources(accounts []string) []string {
	all := make([]string, len(accounts))
	for n, a := range accounts {
		all[n] = "projects/-/serviceAccounts/" + a
	}
	return all
}
