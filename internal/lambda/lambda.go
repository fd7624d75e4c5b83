// Package lambda is ssosync as an AWS Lambda function: one event is one run,
// within the time that is left. It decides nothing about users and groups, keeps
// nothing of one event for the next but fetched secrets, for five minutes, and
// lets no event bring a secret, or say where one is sent.
//
// # Events
//
// Any event starts a run: what EventBridge, its Scheduler, SNS or SQS send, no
// event at all, or what is no JSON object. A job of CodePipeline is told how the
// run ended, whichever way; with time over in the middle of the work, it is told
// to come back. Any other object holds settings for this run, and a key that is
// not known is an error:
//
//	{
//	  "dry_run": true,
//	  "group_match": "name:aws-*", "user_match": ["…"],
//	  "only_groups": ["dev@example.com"],
//	  "accept": ["users"],
//	  "config": "tenants/a.yaml",
//	  "settings": {"endpoint": "https://scim.…", "access-token": "secretsmanager:tenant-a#token", "guards": {"users": "5%/3"}}
//	}
//
// only_groups leaves everybody and everything else alone: without it, what is
// not matched is out of scope, and loses access. The keys of settings are those
// of ssosync.yaml. A secret is given as a reference to Secrets Manager or
// Parameter Store only; an endpoint, if it is given as such, with its own
// access-token, and within AWS. The detail of an EventBridge event holds no
// settings. The UserParameters of a CodePipeline action do, if they are an
// object.
//
// # Answers
//
// A run that came to its end answers with a [Result]. One that failed or was
// refused is an error of the function, so that alarms on Errors see it, of the
// type Refused, Failed, Configuration, Locked, OutOfTime or Panic. Objects that
// failed or are in conflict are no such error, since repeating them at once does
// not help: status is partial, and the metrics count them.
//
// # Settings
//
// All variables of the command line hold, and those of awslabs/ssosync's
// function. What differs: logs are JSON unless LOG_FORMAT or else
// AWS_LAMBDA_LOG_FORMAT says otherwise; without SSOSYNC_STATE nothing is
// remembered; without LOG_LEVEL, AWS_LAMBDA_LOG_LEVEL holds. Leave the
// function's own ApplicationLogLevel at INFO: Lambda takes lines without a
// level, which metrics are, for INFO (Lambda developer guide: log-level
// filtering). The configuration is read anew for each event. Secrets are fetched
// again when they are older than five minutes, or were not taken by anybody.
package lambda

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"runtime/debug"
	"sync"

	awslambda "github.com/aws/aws-lambda-go/lambda"

	"ssosync/internal/httpx"
)

// An Env is everything that the function has to do with. Stdout and Environ are
// required; all else is the operating system's if it is not given.
type Env struct {
	Stdout  io.Writer // log lines and metrics; Lambda sends it to CloudWatch Logs
	Environ []string  // as os.Environ returns it

	ReadFile func(name string) ([]byte, error)
	// Base carries all requests but those of the runtime API.
	Base http.RoundTripper
}

// A Function answers events. It is safe for concurrent use.
type Function struct {
	env     Env
	version string
	vault   vault

	mu      sync.Mutex
	stopped bool
	running map[*context.CancelCauseFunc]bool
}

// New returns the function. It does nothing that takes time.
func New(env Env) *Function {
	if env.Base == nil {
		env.Base = httpx.NewTransport()
	}
	return &Function{env: env, version: version(), running: map[*context.CancelCauseFunc]bool{}}
}

// Start answers events of the Lambda runtime API, and never returns.
func Start(env Env) {
	limitMemory(env.Environ)
	f := New(env)
	log.SetFlags(0)
	log.SetOutput(f.runtimeLog())
	awslambda.StartWithOptions(f, awslambda.WithEnableSIGTERM(f.Stop))
}

// errStopped is why a run ends that did not end by itself.
var errStopped = errors.New("AWS Lambda shuts this function's environment down (SIGTERM)")

// Stop ends the runs that are under way, and all that come: they start nothing
// new, finish what is in flight, and say so.
func (f *Function) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	for stop := range f.running {
		(*stop)(errStopped)
	}
}

// stoppable returns a context that [Function.Stop] ends.
func (f *Function) stoppable(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancelCause(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running[&stop] = true
	if f.stopped {
		stop(errStopped)
	}
	return ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.running, &stop)
		stop(nil)
	}
}

// version is what Go wrote into the program, as cli has it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unversioned"
	}
	tag := info.Main.Version
	if tag == "(devel)" {
		tag = ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return cmp.Or(tag, s.Value)
		}
	}
	return cmp.Or(tag, "unversioned")
}
