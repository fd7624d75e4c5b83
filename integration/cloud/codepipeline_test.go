//go:build unix

package cloud

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A pipeline answers the two operations of CodePipeline that moto lacks, and
// remembers them (CodePipeline API reference: PutJobSuccessResult,
// PutJobFailureResult).
type pipeline struct {
	*httptest.Server

	mu   sync.Mutex
	told []told
}

// A told is what CodePipeline was told of a job.
type told struct {
	Operation string `json:"-"`
	JobID     string `json:"jobId"`

	ContinuationToken string
	ExecutionDetails  struct{ Summary string }
	FailureDetails    struct{ Type, Message string }
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	p := &pipeline{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		said := told{Operation: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "CodePipeline_20150709.")}
		if err != nil || json.Unmarshal(body, &said) != nil || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.told = append(p.told, said)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *pipeline) all() []told {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.told)
}

// job is the event of an action (CodePipeline user guide: JSON event example).
func job(id, parameters string) string {
	quoted, _ := json.Marshal(parameters) // a text can be
	return `{"CodePipeline.job":{"id":"` + id + `","accountId":"123456789012","data":{
		"actionConfiguration":{"configuration":{"FunctionName":"ssosync","UserParameters":` + string(quoted) + `}},
		"inputArtifacts":[],"outputArtifacts":[],"artifactCredentials":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","secretAccessKey":"any","sessionToken":"any"}}}}`
}

// A job of CodePipeline is told how it ended, be it well, with a refusal or with
// a mistake in its parameters.
func TestCodePipeline(t *testing.T) {
	t.Parallel()
	w, p := newWorld(t), newPipeline(t)
	l := newLambda(t, w.dir, append(inTheCloud(w, newStore(t)), "AWS_ENDPOINT_URL_CODEPIPELINE="+p.URL))
	for _, test := range []struct{ id, parameters, operation, says string }{
		{"11111111-aaaa-bbbb-cccc-000000000001", `{"dry_run": true}`, "PutJobSuccessResult", "Nothing was changed (dry run)"},
		{"11111111-aaaa-bbbb-cccc-000000000002", "", "PutJobSuccessResult", "created"},
		{"11111111-aaaa-bbbb-cccc-000000000003", `{"group_match": "email:nobody@*"}`, "PutJobFailureResult", "Refused"},
		{"11111111-aaaa-bbbb-cccc-000000000004", `{"dry_runn": true}`, "PutJobFailureResult", "dry_runn"},
	} {
		l.invoke(job(test.id, test.parameters))
		all := p.all()
		if len(all) == 0 || all[len(all)-1].JobID != test.id {
			t.Fatalf("CodePipeline was not told of the job with the parameters %q: %+v\n%s", test.parameters, all, l.end())
		}
		got := all[len(all)-1]
		if said := got.ExecutionDetails.Summary + got.FailureDetails.Message; got.Operation != test.operation || !strings.Contains(said, test.says) {
			t.Errorf("the job with the parameters %q: %+v, want %s with %q", test.parameters, got, test.operation, test.says)
		}
	}
	if n := len(p.all()); n != 4 {
		t.Errorf("CodePipeline was told %d times of 4 jobs", n)
	}
}
