package lookup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"ssosync/internal/secret"
	"ssosync/internal/secret/lookup"
)

// What no error may show.
const (
	secretKey    = "SECRETKEY-hunter2-SECRETKEY"
	sessionToken = "SESSION-hunter2-SESSION"
)

// A call is one request as AWS would see it.
type call struct {
	Host, Region, Target string
	Secret, Stage, Name  string
	Decrypt              bool
}

// A cloud answers the JSON 1.1 protocol with what is prepared, one after the
// other; the last answer stays. "400 {…}" has another status than 200, and "!"
// is for what is none.
type cloud struct {
	mu      sync.Mutex
	answers []string
	fail    error
	wait    chan struct{} // until it is closed
	calls   []call
	configs int
}

func (c *cloud) RoundTrip(r *http.Request) (*http.Response, error) {
	in, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var said struct {
		SecretId, VersionStage, Name string //nolint:revive // as AWS spells it
		WithDecryption               bool
	}
	if err := json.Unmarshal(in, &said); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		return nil, fmt.Errorf("not the protocol: %s %s: %w", r.Method, in, err)
	}
	scope := strings.Split(r.Header.Get("Authorization"), "/")
	c.mu.Lock()
	c.calls = append(c.calls, call{r.URL.Host, scope[2] + "/" + scope[3], r.Header.Get("X-Amz-Target"), said.SecretId, said.VersionStage, said.Name, said.WithDecryption})
	n := len(c.calls)
	c.mu.Unlock()
	if c.wait != nil {
		select {
		case <-c.wait:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if c.fail != nil {
		return nil, c.fail
	}
	status, body := 200, c.answers[min(n, len(c.answers))-1]
	if body[0] != '{' {
		if _, err := fmt.Sscan(body, &status); err != nil {
			return nil, err
		}
		body = body[4:]
	}
	h := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amzn-Requestid": {"req-3"}}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (c *cloud) config(region string) func(context.Context) (aws.Config, error) {
	return func(context.Context) (aws.Config, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.configs++
		creds := credentials.NewStaticCredentialsProvider("AKID", secretKey, sessionToken)
		creds.Value.AccountID = "210987654321"
		return aws.Config{Credentials: creds, Region: region}, nil
	}
}

func (c *cloud) resolver() *lookup.Resolver {
	return &lookup.Resolver{AWS: c.config("eu-central-1"), Base: c}
}

func answering(answers ...string) *cloud { return &cloud{answers: answers} }

// parsed reads a reference as a configuration does.
func parsed(text string) secret.Reference {
	ref, ok, err := secret.ParseReference(text)
	if err != nil || !ok {
		panic(fmt.Sprintf("%s: %v %v", text, ok, err))
	}
	return ref
}
