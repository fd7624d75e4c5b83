package lambda

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"ssosync/internal/directory"
	"ssosync/internal/guard"
	"ssosync/internal/httpx"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/state"
	"ssosync/internal/wire"
)

// The statuses of a [Result].
const (
	statusSuccess = "success" // done, or nothing to do
	statusPartial = "partial" // some objects failed or are in conflict, or the time was over
	statusRefused = "refused"
	statusFailed  = "failed"
)

// The codes of a [Result] are the exit codes of the command line.
const (
	codeOK            = 0
	codeFailed        = 1
	codePartial       = 3
	codeRefused       = 4
	codeConfiguration = 5
	codeLocked        = 7
	codeInterrupted   = 130
)

// The types of errors that the function ends with.
const (
	typeRefused       = "Refused"
	typeFailed        = "Failed"
	typeConfiguration = "Configuration"
	typeLocked        = "Locked"
	typeOutOfTime     = "OutOfTime" // before anything was changed
	typePanic         = "Panic"
)

// A Result is what a run answers.
type Result struct {
	Status string `json:"status"` // success or partial; as an error also refused and failed
	Code   int    `json:"code"`   // the exit code of the command line
	// Done is false if the same event, sent again, would go on at once.
	Done   bool   `json:"done"`
	DryRun bool   `json:"dryRun"`
	Run    string `json:"run"`    // its id in the journal, "" if there is none
	Target string `json:"target"` // the host of the SCIM endpoint
	// Message says in one line what happened.
	Message string `json:"message"`
	// Resume says how to go on, "" if there is nothing to go on with.
	Resume  string                `json:"resume"`
	Summary report.CountsDocument `json:"summary"`

	errorType string // "" if it is no error of the function
	remedy    string
}

// maxMessage is how long a message may be, in bytes. CodePipeline takes 5,000
// characters, and Step Functions 256 KiB for all of an answer.
const maxMessage = 1500

// result says what came of a run, without secrets.
func (i *invocation) result(o outcome) Result {
	r := Result{Code: codeOf(o.err), Status: statusSuccess, Done: true, DryRun: o.cfg.DryRun, Run: o.rep.Run, Target: host(o.cfg.Endpoint)}
	if !o.rep.Started.IsZero() {
		r.Summary = report.NewDocument(o.rep).Counts
		r.Message = report.Line(o.rep)
	}
	stopped := errors.Is(o.err, report.ErrIncomplete) || errors.Is(o.err, report.ErrInterrupted)
	switch {
	case o.err == nil:
	case stopped && changed(o.rep):
		r.Status, r.Done = statusPartial, false
		r.Resume = "invoke the function again with the same event: it goes on with what is left, and does nothing twice"
	case stopped:
		r.Status, r.Done, r.errorType = statusFailed, false, typeOutOfTime
	case r.Code == codePartial:
		r.Status = statusPartial
	case r.Code == codeRefused:
		r.Status, r.errorType = statusRefused, typeRefused
	default:
		r.Status, r.errorType = statusFailed, typeOf(o.err)
	}
	if o.err != nil {
		r.remedy = remedyOf(o.err, changed(o.rep))
		if r.errorType != "" {
			r.Message = cmp.Or(r.Message, o.err.Error())
		}
	}
	r.Message = httpx.Said(i.out.Mask(cmp.Or(r.Message, o.errText())), maxMessage)
	return r
}

func (o outcome) errText() string {
	if o.err == nil {
		return ""
	}
	return o.err.Error()
}

// errorMessage is the message of the error that the function ends with.
func (r Result) errorMessage() string {
	text := r.Message
	if r.remedy != "" {
		text += "; " + r.remedy
	}
	if r.Run != "" {
		text += " (run " + r.Run + ")"
	}
	return text
}

// changed reports whether a run has changed anything, so that the next one has
// less to do.
func changed(rep report.Report) bool { return len(rep.Results) > len(rep.Failed()) }

// host returns the name of a server, for people and metrics: the rest of the URL
// names the tenant.
func host(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return "unknown"
	}
	return httpx.Said(strings.ToLower(u.Hostname()), 255)
}

// codeOf is the exit code that the command line would end with.
func codeOf(err error) int {
	switch {
	case err == nil:
		return codeOK
	case errors.Is(err, report.ErrIncomplete):
		return codePartial
	case errors.Is(err, report.ErrInterrupted):
		return codeInterrupted
	case isA[*state.HeldError](err), errors.Is(err, reconcile.ErrLockLost):
		return codeLocked
	case isA[*configurationError](err), wire.NeedsPerson(err):
		return codeConfiguration
	case isA[*guard.RefusedError](err), errors.Is(err, directory.ErrEmpty):
		return codeRefused
	case isA[*report.PartialError](err):
		return codePartial
	}
	return codeFailed
}

// typeOf is the type of an error of the function.
func typeOf(err error) string {
	switch {
	case isA[*panicError](err):
		return typePanic
	case codeOf(err) == codeConfiguration:
		return typeConfiguration
	case codeOf(err) == codeLocked:
		return typeLocked
	}
	return typeFailed
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// remedyOf is what to do about errors that do not say it themselves.
func remedyOf(err error, changed bool) string {
	if e, ok := errors.AsType[*guard.RefusedError](err); ok {
		return acceptance(e)
	}
	switch {
	case errors.Is(err, report.ErrIncomplete) && !changed, errors.Is(err, context.DeadlineExceeded) && !changed:
		return "give the function a longer timeout, up to 15 minutes, or more memory, with which it is faster"
	case errors.Is(err, report.ErrInterrupted):
		return "invoke the function again"
	case errors.Is(err, directory.ErrEmpty):
		return "nothing was changed; look whether the administrator and the customer id are right, and whether Google's console still shows people and groups"
	case isA[*panicError](err):
		return "please report it, with the stack from the log"
	}
	return ""
}

// acceptance is how a refused run may pass, if it may.
func acceptance(e *guard.RefusedError) string {
	var names []string
	for _, r := range e.Refusals {
		if name := `"` + r.Guard + `"`; r.Acceptable && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "nobody can accept this, since it is not proven: what is sure was done all the same; invoke the function again later"
	}
	return `look at what is withheld; if it is meant, invoke the function once with {"accept":[` + strings.Join(names, ",") + `]}`
}
