//go:build unix

package cloud

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A cloud is moto (https://docs.getmoto.org): one process for all tests, since
// it takes seconds to begin. What a test puts into it has names of its own.
type cloud struct {
	once    sync.Once
	failed  error
	process *process
	dir     string
}

var amazon cloud

func (c *cloud) begin() error {
	path, err := moto.path()
	if err != nil {
		return err
	}
	if c.dir, err = os.MkdirTemp(scratch, "moto-"); err != nil {
		return err
	}
	secrets.spare(c.dir) // the recording has the secrets that it was given
	environ := []string{"HOME=" + c.dir, "PATH=" + os.Getenv("PATH"), "MOTO_ENABLE_RECORDING=1", "MOTO_RECORDER_FILEPATH=" + c.recording()}
	c.process = command(c.dir, environ, path, "-H", "127.0.0.1", "-p", "0")
	return c.process.Start()
}

func (c *cloud) stop() {
	if c.process != nil {
		c.process.kill()
	}
}

var listens = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// url is where moto listens.
func (c *cloud) url(t *testing.T) (url string) {
	t.Helper()
	c.once.Do(func() { c.failed = c.begin() })
	must(t, c.failed)
	eventually(t, "moto listens", func() bool {
		m := listens.FindStringSubmatch(c.process.err.String())
		if m != nil {
			url = m[1]
		}
		return m != nil
	})
	return url
}

// environ makes it AWS for whoever has these variables, but for what the other
// servers stand for.
func (c *cloud) environ(t *testing.T) (environ []string) {
	t.Helper()
	for _, service := range []string{"SECRETS_MANAGER", "SSM", "STS"} {
		environ = append(environ, "AWS_ENDPOINT_URL_"+service+"="+c.url(t))
	}
	return environ
}

// sdk reaches moto as an account (moto: multi-account support).
func (c *cloud) sdk(t *testing.T, account string) aws.Config {
	t.Helper()
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(c.url(t)), Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "any", ""),
		APIOptions: []func(*middleware.Stack) error{smithyhttp.SetHeaderValue("X-Moto-Account-Id", account)},
	}
}

func (c *cloud) recording() string { return filepath.Join(c.dir, "recording") }

// A request is one that moto has recorded (moto: recorder).
type request struct {
	Headers map[string]string
	Body    string
}

// asked returns what moto was asked for, where the body contains all the texts.
func (c *cloud) asked(t *testing.T, texts ...string) (found []request) {
	t.Helper()
	data, err := os.ReadFile(c.recording())
	must(t, err)
next:
	for line := range strings.Lines(string(data)) {
		var r request
		if json.Unmarshal([]byte(line), &r) != nil {
			continue // it is being written
		}
		body, err := base64.StdEncoding.DecodeString(r.Body)
		must(t, err)
		r.Body = string(body)
		for _, text := range texts {
			if !strings.Contains(r.Body, text) {
				continue next
			}
		}
		found = append(found, r)
	}
	return found
}
