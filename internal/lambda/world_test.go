package lambda_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
	"ssosync/internal/lambda"
)

// signingKey is made once: it takes a good part of a second.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// scimToken is as long as tokens are: what is shorter is the name of a secret.
var scimToken = "TOPSECRET" + strings.Repeat("q8Zr/Lp3=w", 50)

const (
	robot    = "sync@project.iam.gserviceaccount.com"
	scimHost = "scim.us-east-1.amazonaws.com"
	request  = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
)

// A world is both services, CodePipeline and Secrets Manager, and a function
// that meets them without a network.
type world struct {
	*testing.T
	dir             *google.Directory
	google          *google.Server
	aws             *iic.Server
	toGoogle, toAWS *fault.Handler
	jobs            *pipeline
	vault           *secrets
	env             map[string]string
	files           map[string]string // of the function's package
	out             bytes.Buffer
	f               *lambda.Function
	net             *inproc.Client
	base            http.RoundTripper // net, if not set
}

func newWorld(t *testing.T, dir *google.Directory, o iic.Options) *world {
	t.Helper()
	o.Tokens = []iic.Token{{Value: scimToken}}
	w := &world{T: t, dir: dir, google: google.New(dir, google.Options{}), aws: iic.New(o), jobs: &pipeline{}, vault: &secrets{of: map[string]string{}}}
	w.toGoogle, w.toAWS = fault.Wrap(w.google, google.Operation), fault.Wrap(w.aws, iic.Operation)
	key, err := dir.AddKey(robot, "https://oauth2.googleapis.com", signingKey())
	must(t, err)
	dir.Delegate(robot, "https://www.googleapis.com/auth/admin.directory.user.readonly", "https://www.googleapis.com/auth/admin.directory.group.readonly")
	w.env = map[string]string{
		"GOOGLE_CREDENTIALS": string(key), "GOOGLE_ADMIN": "admin@example.com",
		"SCIM_ENDPOINT": "https://" + scimHost + w.aws.BasePath(), "SCIM_ACCESS_TOKEN": scimToken,
		"AWS_LAMBDA_FUNCTION_NAME": "sync", "SSOSYNC_STATE": "",
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-key-of-the-role", "AWS_REGION": "us-east-1",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value) // the AWS SDK reads the process's own
		w.env[name] = value
	}
	w.net = inproc.Mux(map[string]http.Handler{
		"admin.googleapis.com": w.toGoogle, "oauth2.googleapis.com": w.toGoogle, scimHost: w.toAWS,
		"codepipeline.us-east-1.amazonaws.com": w.jobs, "secretsmanager.us-east-1.amazonaws.com": w.vault,
	})
	return w
}

// company is a small directory: three people, two groups.
func company(t *testing.T) *google.Directory {
	t.Helper()
	d := google.Company("example.com")
	d.Update(func(f *google.Fixture) {
		for _, name := range []string{"Ann", "Bo", "Cy"} {
			f.Users = append(f.Users, google.User{PrimaryEmail: strings.ToLower(name) + "@example.com", Name: google.Name{GivenName: name, FamilyName: "Ash"}})
		}
		f.Groups = append(
			f.Groups,
			google.Group{Email: "dev@example.com", Name: "Dev", Members: []google.Member{{Email: "ann@example.com"}, {Email: "bo@example.com"}}},
			google.Group{Email: "ops@example.com", Name: "Ops", Members: []google.Member{{Email: "cy@example.com"}}},
		)
	})
	return d
}

// with sets variables of the function: name, value, name, value. A function has
// those that it was started with.
func (w *world) with(settings ...string) *world {
	for i := 0; i < len(settings); i += 2 {
		w.env[settings[i]] = settings[i+1]
	}
	w.f = nil
	return w
}

func (w *world) function() *lambda.Function {
	if w.f == nil {
		var environ []string
		for _, name := range slices.Sorted(maps.Keys(w.env)) {
			environ = append(environ, name+"="+w.env[name])
		}
		base := w.base
		if base == nil {
			base = w.net
		}
		w.f = lambda.New(lambda.Env{Stdout: &w.out, Environ: environ, ReadFile: w.readFile, Base: base})
	}
	return w.f
}

func (w *world) readFile(name string) ([]byte, error) {
	if text, ok := w.files[name]; ok {
		if text == "panic" {
			panic("the disk is on fire, and so is " + scimToken)
		}
		return []byte(text), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// An answer is what the caller of a function gets.
type answer struct {
	Status, Message, Run, Target, Resume string
	Code                                 int
	Done, DryRun                         bool
	Summary                              map[string]map[string]int

	errorType, errorMessage string
	exits                   bool // the process
	text                    string
}

// invoke sends an event to the function; within is how long it may take.
func (w *world) invoke(event string, within ...time.Duration) answer {
	w.Helper()
	w.out.Reset()
	ctx := lambdacontext.NewContext(w.Context(), &lambdacontext.LambdaContext{AwsRequestID: request})
	most := time.Hour
	if len(within) > 0 {
		most = within[0]
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	data, err := w.function().Invoke(ctx, []byte(event))
	var a answer
	if err != nil {
		e, ok := errors.AsType[messages.InvokeResponse_Error](err)
		if !ok || data != nil {
			w.Fatalf("an answer %q with an error without a type: %v", data, err)
		}
		a.errorType, a.errorMessage, a.exits, a.text = e.Type, e.Message, e.ShouldExit, e.Message
		return a
	}
	if err := json.Unmarshal(data, &a); err != nil {
		w.Fatalf("%v: %s", err, data)
	}
	a.text = string(data)
	return a
}

// mustSync invokes, and all must go well.
func (w *world) mustSync(event string) answer {
	w.Helper()
	a := w.invoke(event)
	if a.Status != "success" || a.Code != 0 || !a.Done || a.errorType != "" {
		w.Fatalf("%+v\n%s", a, w.out.String())
	}
	return a
}

// inAWS says what is in Identity Center: active users, and groups with members.
func (w *world) inAWS() string {
	state := w.aws.State()
	var lines []string
	for _, u := range state.Users {
		if u.Active {
			lines = append(lines, u.UserName)
		}
	}
	for _, g := range state.Groups {
		lines = append(lines, g.DisplayName+":"+strings.Join(state.Members(g.DisplayName), ","))
	}
	slices.Sort(lines)
	return strings.ReplaceAll(strings.Join(lines, " "), "@example.com", "")
}

const (
	nothing    = ""
	everything = "Dev:ann,bo Ops:cy ann bo cy"
)

func (w *world) holds(want string) {
	w.Helper()
	if got := w.inAWS(); got != want {
		w.Errorf("AWS has %q, want %q", got, want)
	}
}

// calls counts the requests to both sides.
func (w *world) calls() (n int) {
	for _, c := range []map[string]int{w.aws.Calls(), w.google.Calls()} {
		for _, k := range c {
			n += k
		}
	}
	return n
}

// A pipeline is CodePipeline, as far as a job is concerned. It was written from
// its API reference.
type pipeline struct {
	mu   sync.Mutex
	told []string // "success ID summary", "continue ID TOKEN", "failure ID TYPE message"
	down bool
}

func (p *pipeline) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var in struct {
		JobID             string `json:"jobId"`
		ContinuationToken string `json:"continuationToken"`
		ExecutionDetails  struct{ Summary, ExternalExecutionID string }
		FailureDetails    struct{ Type, Message, ExternalExecutionID string }
	}
	body, _ := io.ReadAll(r.Body)
	if json.Unmarshal(body, &in) != nil || p.down {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"InvalidJobStateException","message":"the job has ended `+r.Header.Get("X-Amz-Security-Token")+`"}`)
		return
	}
	switch r.Header.Get("X-Amz-Target") {
	case "CodePipeline_20150709.PutJobSuccessResult":
		if in.ContinuationToken != "" {
			p.told = append(p.told, fmt.Sprint("continue ", in.JobID, " ", in.ContinuationToken))
		} else {
			p.told = append(p.told, fmt.Sprint("success ", in.JobID, " ", in.ExecutionDetails.Summary))
		}
	case "CodePipeline_20150709.PutJobFailureResult":
		p.told = append(p.told, fmt.Sprint("failure ", in.JobID, " ", in.FailureDetails.Type, " ", in.FailureDetails.Message))
	default:
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, _ = io.WriteString(w, "{}")
}

// secrets is Secrets Manager, as far as reading goes.
type secrets struct {
	mu    sync.Mutex
	of    map[string]string
	asked int
}

func (s *secrets) set(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[name] = value
}

func (s *secrets) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *secrets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	var in struct {
		SecretID string `json:"SecretId"`
	}
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	value, ok := s.of[in.SecretID]
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}`)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"Name": in.SecretID, "SecretString": value, "VersionId": "v", "CreatedDate": 1.7e9})
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
