//go:build unix

package deploy

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const machine = "deploy/stepfunctions/ssosync.asl.json"

func TestStateMachineIsOne(t *testing.T) {
	t.Parallel()
	file := filepath.Join(root, machine)
	if out := output(t, exec.CommandContext(t.Context(), tool(t, "statelint", pip), file)); strings.TrimSpace(out) != "" {
		t.Error(out)
	}
	validator := tool(t, "asl-validator", npm)
	if out := output(t, exec.CommandContext(t.Context(), validator, "--json-path", file)); !strings.Contains(out, "is valid") {
		t.Error(out)
	}
}

// The function's answers are given; what the machine makes of them is moto's
// interpretation of the States Language, not ours.
func TestStateMachineRepeatsUntilDone(t *testing.T) {
	const (
		done    = `{"status":"success","done":true}`
		stopped = `{"status":"partial","done":false}`
		failing = `{"status":"partial","done":true}`
	)
	cloud := startMoto(t)
	role := cloud.role(t)
	arn := cloud.function(t, role)
	definition := strings.Replace(read(t, machine), `"Seconds": 5`, `"Seconds": 1`, 1)
	definition = strings.Replace(definition, `"NumericGreaterThanEquals": 20`, `"NumericGreaterThanEquals": 4`, 1)
	var created struct{ StateMachineArn string }
	cloud.states(t, "CreateStateMachine", map[string]any{"name": "ssosync", "definition": definition, "roleArn": role}, &created)

	for _, tt := range []struct {
		name    string
		tenants []string
		answers []string
		status  string
		want    []string // status and rounds of each tenant, sorted
	}{
		{"at once", []string{"a"}, []string{done}, "SUCCEEDED", []string{"success 1"}},
		{"in three rounds", []string{"a"}, []string{stopped, stopped, done}, "SUCCEEDED", []string{"success 3"}},
		{"some objects fail", []string{"a"}, []string{failing}, "SUCCEEDED", []string{"partial 1"}},
		{"many tenants", []string{"a", "b", "c"}, []string{done, done, done}, "SUCCEEDED", []string{"success 1", "success 1", "success 1"}},
		{"one fails", []string{"a"}, []string{`{}`}, "FAILED", []string{"failed 0"}},
		{"never done", []string{"a"}, slices.Repeat([]string{stopped}, 4), "FAILED", []string{"unfinished 4"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cloud.answer(t, tt.answers)
			got := cloud.execute(t, created.StateMachineArn, arn, tt.tenants)
			if got.Status != tt.status {
				t.Errorf("the execution %s: %s %s", got.Status, got.Error, got.Cause)
			}
			if diff := cmp.Diff(tt.want, got.tenants(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An execution is how one ended.
type execution struct{ Status, Output, Error, Cause string }

func (e execution) tenants(t *testing.T) (all []string) {
	t.Helper()
	text := e.Output
	if e.Status == "FAILED" {
		text = e.Cause
	}
	var list []struct {
		Name, Status string
		Rounds       int
	}
	must(t, json.Unmarshal([]byte(text), &list))
	for _, tenant := range list {
		all = append(all, fmt.Sprint(tenant.Status, " ", tenant.Rounds))
	}
	slices.Sort(all)
	return all
}

// A moto is a server that stands in for AWS: https://docs.getmoto.org.
type moto struct{ url string }

func startMoto(t *testing.T) moto {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	host, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	must(t, l.Close())
	cmd := exec.CommandContext(t.Context(), tool(t, "moto_server", pip), "-H", host, "-p", port)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	m := moto{"http://" + net.JoinHostPort(host, port)}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", net.JoinHostPort(host, port)); err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal("moto_server does not listen")
		}
	}
	m.post(t, "/moto-api/config", "", map[string]any{
		"lambda": map[string]any{"use_docker": false}, "stepfunctions": map[string]any{"execute_state_machine": true},
	}, nil)
	return m
}

// post sends JSON as some service's client would. A signature is looked for
// only for the name of the service in it.
func (m moto) post(t *testing.T, path, service string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	must(t, err)
	m.send(t, path, service, "application/json", "", string(body), out)
}

func (m moto) send(t *testing.T, path, service, form, target, body string, out any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.url+path, strings.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", form)
	if service != "" {
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261126/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	}
	if target != "" {
		req.Header.Set("X-Amz-Target", target)
	}
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	var raw json.RawMessage
	err = json.NewDecoder(res.Body).Decode(&raw)
	if res.StatusCode >= 300 {
		t.Fatalf("moto: %s%s: %s: %s", path, target, res.Status, raw)
	}
	if out != nil {
		must(t, err)
		must(t, json.Unmarshal(raw, out))
	}
}

func (m moto) states(t *testing.T, operation string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	must(t, err)
	m.send(t, "/", "states", "application/x-amz-json-1.0", "AWSStepFunctions."+operation, string(body), out)
}

// role makes what both the function and the machine run as.
func (m moto) role(t *testing.T) string {
	t.Helper()
	m.send(t, "/", "iam", "application/x-www-form-urlencoded", "",
		"Action=CreateRole&Version=2010-05-08&RoleName=ssosync&AssumeRolePolicyDocument=%7B%7D", nil)
	return "arn:aws:iam::123456789012:role/ssosync"
}

// function makes one whose code is of no account: it answers what it is told to.
func (m moto) function(t *testing.T, role string) string {
	t.Helper()
	const emptyZip = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="
	var made struct{ FunctionArn string }
	m.post(t, "/2015-03-31/functions", "lambda", map[string]any{
		"FunctionName": "ssosync", "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": role, "Code": map[string]any{"ZipFile": emptyZip},
	}, &made)
	return made.FunctionArn
}

func (m moto) answer(t *testing.T, answers []string) {
	t.Helper()
	m.post(t, "/moto-api/static/lambda-simple/response", "", map[string]any{"results": answers, "region": "us-east-1"}, nil)
}

func (m moto) execute(t *testing.T, arn, function string, names []string) (e execution) {
	t.Helper()
	tenants := []any{}
	for _, name := range names {
		tenants = append(tenants, map[string]any{"name": name, "function": function, "payload": map[string]any{"config": name + ".yaml"}})
	}
	input, err := json.Marshal(map[string]any{"tenants": tenants})
	must(t, err)
	var begun struct{ ExecutionArn string }
	name := strings.ReplaceAll(filepath.Base(t.Name()), "_", "-")
	m.states(t, "StartExecution", map[string]any{"stateMachineArn": arn, "name": name, "input": string(input)}, &begun)
	for end := time.Now().Add(time.Minute); e.Status == "" || e.Status == "RUNNING"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the execution does not end: %+v", e)
		}
		m.states(t, "DescribeExecution", map[string]any{"executionArn": begun.ExecutionArn}, &e)
	}
	return e
}
