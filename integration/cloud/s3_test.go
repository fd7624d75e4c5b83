//go:build unix

package cloud

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

const (
	bucket = "example-state"
	state  = "s3://" + bucket + "/ssosync"
)

// A store is a real S3 server, versitygw, with a bucket for state. It keeps
// objects as files, and serves its own credentials only.
type store struct {
	t       *testing.T
	dir     string
	at      string // host and port
	secret  string
	process *process
}

const accessKey = "AKIAEXAMPLEOFTESTS"

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{t: t, dir: directory(t), at: address(t), secret: secrets.give("s3-" + rand.Text())}
	s.begin()
	_, err := s.client().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)})
	must(t, err)
	return s
}

// begin starts the server: at first, or again after it was stopped.
func (s *store) begin() {
	s.t.Helper()
	for _, name := range []string{"objects", "sidecar", "accounts"} {
		must(s.t, os.MkdirAll(filepath.Join(s.dir, name), 0o700))
	}
	s.process = s3Gateway.launch(s.t, s.dir, []string{"ROOT_ACCESS_KEY=" + accessKey, "ROOT_SECRET_KEY=" + s.secret},
		"--port", s.at, "--quiet", "--iam-dir", filepath.Join(s.dir, "accounts"), "posix", "--sidecar", filepath.Join(s.dir, "sidecar"), filepath.Join(s.dir, "objects"))
	secrets.spare(filepath.Join(s.dir, "accounts")) // where the server keeps those of its users
	answers(s.t, s.process, s.at)
}

// environ makes it the S3 of whoever has these variables.
func (s *store) environ() []string {
	return []string{"AWS_ENDPOINT_URL_S3=http://" + s.at, "AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + s.secret, "SSOSYNC_STATE=" + state}
}

func (s *store) client() *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + s.at), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, s.secret, ""),
	})
}

// keys are those of all objects of the state: ssosync/TARGET/NAME.
func (s *store) keys() (keys []string) {
	s.t.Helper()
	page, err := s.client().ListObjectsV2(s.t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String("ssosync/")})
	must(s.t, err)
	for _, o := range page.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

// find returns the object of a name, nil if there is none.
func (s *store) find(name string) *object {
	s.t.Helper()
	keys := s.keys()
	i := slices.IndexFunc(keys, func(key string) bool { return strings.HasSuffix(key, "/"+name) })
	if i < 0 {
		return nil
	}
	return s.get(keys[i])
}

// lease is the lock of somebody, which must be there.
func (s *store) lease() *object {
	s.t.Helper()
	o := s.find("lock.json")
	if o == nil {
		s.t.Fatalf("nobody has the lock: there are %q", s.keys())
	}
	return o
}

// An object is one that was read.
type object struct {
	data    []byte
	written time.Time
}

// get reads an object, or returns nil if it is not there any more.
func (s *store) get(key string) *object {
	s.t.Helper()
	o, err := s.client().GetObject(s.t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if e, ok := errors.AsType[smithy.APIError](err); ok && e.ErrorCode() == "NoSuchKey" {
		return nil
	}
	must(s.t, err)
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	must(s.t, err)
	return &object{data, *o.LastModified}
}

// A record is a line of the journal, as far as the tests look at it.
type record struct {
	Type, Outcome string
	PID           int
}

// journal reads all segments.
func (s *store) journal() (records []record) {
	s.t.Helper()
	for _, key := range s.keys() {
		if !strings.Contains(key, "/journal.jsonl/") {
			continue
		}
		for line := range strings.Lines(string(s.get(key).data)) {
			var l struct{ Record record }
			must(s.t, json.Unmarshal([]byte(line), &l))
			records = append(records, l.Record)
		}
	}
	return records
}

// refuses says whether an error is that of a condition which does not hold.
func refuses(err error) bool {
	e, ok := errors.AsType[smithy.APIError](err)
	return ok && e.ErrorCode() == "PreconditionFailed"
}

// The server does what the lock rests on, or the other tests prove nothing.
func TestTheServerChecksConditions(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	put := func(match, none *string) (string, error) {
		out, err := s.client().PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String(bucket), Key: aws.String("ssosync/x"), Body: strings.NewReader(rand.Text()), IfMatch: match, IfNoneMatch: none,
		})
		if err != nil {
			return "", err
		}
		return *out.ETag, nil
	}
	remove := func(match string) error {
		_, err := s.client().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("ssosync/x"), IfMatch: aws.String(match)})
		return err
	}
	first, err := put(nil, aws.String("*"))
	must(t, err)
	if _, err = put(nil, aws.String("*")); !refuses(err) {
		t.Errorf("an object that is there is made again: %v", err)
	}
	second, err := put(&first, nil)
	must(t, err)
	if _, err = put(&first, nil); !refuses(err) {
		t.Errorf("an object that has changed is written over: %v", err)
	}
	if err = remove(first); !refuses(err) {
		t.Errorf("an object that has changed is deleted: %v", err)
	}
	must(t, remove(second))
	won := make(chan int)
	const racers = 8
	for range racers {
		go func() {
			n := 0
			if _, err := put(nil, aws.String("*")); err == nil {
				n = 1
			}
			won <- n
		}()
	}
	winners := 0
	for range racers {
		winners += <-won
	}
	if winners != 1 {
		t.Errorf("%d of %d who make an object at once have made it", winners, racers)
	}
}

// guest are the variables of an account of the server that has no rights.
func (s *store) guest() []string {
	s.t.Helper()
	const name = "AKIAEXAMPLEOFGUESTS"
	secret := secrets.give("guest-" + rand.Text())
	p := s3Gateway.launch(s.t, s.dir, nil, "admin", "--access", accessKey, "--secret", s.secret, "--endpoint-url", "http://"+s.at,
		"create-user", "--access", name, "--secret", secret, "--role", "user")
	p.exits(s.t, 0)
	return []string{"AWS_ACCESS_KEY_ID=" + name, "AWS_SECRET_ACCESS_KEY=" + secret}
}
