package lookup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"ssosync/internal/secret/lookup"
)

const (
	smARN  = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ssosync-AbCdEf"
	ssmARN = "arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/ssosync/token"
)

func TestSecretsManager(t *testing.T) {
	const answer = `{"ARN":"a","Name":"n","CreatedDate":1.7644608E9,"VersionId":"v","VersionStages":["AWSCURRENT"],"SecretString":"tok\n"}`
	for ref, c := range map[string]struct {
		answer string
		call   call
		from   string
		text   string
	}{
		"secretsmanager:ssosync/token": {answer, call{Host: "secretsmanager.eu-central-1.amazonaws.com", Region: "eu-central-1/secretsmanager", Secret: "ssosync/token"}, "secretsmanager:ssosync/token in eu-central-1", "tok"},
		smARN:                          {answer, call{Host: "secretsmanager.eu-west-1.amazonaws.com", Region: "eu-west-1/secretsmanager", Secret: smARN}, smARN, "tok"},
		smARN + ":AWSPREVIOUS":         {answer, call{Host: "secretsmanager.eu-west-1.amazonaws.com", Region: "eu-west-1/secretsmanager", Secret: smARN, Stage: "AWSPREVIOUS"}, smARN + ":AWSPREVIOUS", "tok"},
		"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a": {
			answer,
			call{Host: "secretsmanager.cn-north-1.amazonaws.com.cn", Region: "cn-north-1/secretsmanager", Secret: "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a"},
			"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a", "tok",
		},
		"arn:aws-eusc:secretsmanager:eusc-de-east-1:123456789012:secret:a": {
			answer,
			call{Host: "secretsmanager.eusc-de-east-1.amazonaws.eu", Region: "eusc-de-east-1/secretsmanager", Secret: "arn:aws-eusc:secretsmanager:eusc-de-east-1:123456789012:secret:a"},
			"arn:aws-eusc:secretsmanager:eusc-de-east-1:123456789012:secret:a", "tok",
		},
		"secretsmanager:binary": {
			`{"CreatedDate":1.7644608E9,"SecretBinary":"e30NCg=="}`,
			call{Host: "secretsmanager.eu-central-1.amazonaws.com", Region: "eu-central-1/secretsmanager", Secret: "binary"},
			"secretsmanager:binary in eu-central-1", "{}",
		},
	} {
		cloud := answering(c.answer)
		c.call.Target = "secretsmanager.GetSecretValue"
		got, err := cloud.resolver().Resolve(t.Context(), parsed(ref))
		if err != nil || got.Text.Reveal() != c.text || got.From != c.from || !got.Changed.Equal(time.Unix(1764460800, 0)) {
			t.Errorf("%s: %q %+v %v", ref, got.Text.Reveal(), got, err)
		}
		if diff := cmp.Diff([]call{c.call}, cloud.calls); diff != "" {
			t.Errorf("%s: %s", ref, diff)
		}
	}
}

func TestParameterStore(t *testing.T) {
	const answer = `{"Parameter":{"ARN":"a","DataType":"text","LastModifiedDate":1.7644608E9,"Name":"n","Type":"SecureString","Value":"tok\r\n","Version":3}}`
	for ref, c := range map[string]struct {
		call call
		from string
	}{
		"ssm:/ssosync/token:3": {call{Host: "ssm.eu-central-1.amazonaws.com", Region: "eu-central-1/ssm", Name: "/ssosync/token:3"}, "ssm:/ssosync/token:3 in eu-central-1"},
		ssmARN:                 {call{Host: "ssm.us-gov-west-1.amazonaws.com", Region: "us-gov-west-1/ssm", Name: ssmARN}, ssmARN},
	} {
		cloud := answering(answer)
		c.call.Target, c.call.Decrypt = "AmazonSSM.GetParameter", true
		got, err := cloud.resolver().Resolve(t.Context(), parsed(ref))
		if err != nil || got.Text.Reveal() != "tok" || got.From != c.from || !got.Changed.Equal(time.Unix(1764460800, 0)) {
			t.Errorf("%s: %q %+v %v", ref, got.Text.Reveal(), got, err)
		}
		if diff := cmp.Diff([]call{c.call}, cloud.calls); diff != "" {
			t.Errorf("%s: %s", ref, diff)
		}
	}
}

// Two members are one call, another stage, Region or service is another, and the
// configuration is asked for once; also if many want something at the same time.
func TestEachSecretIsFetchedOnce(t *testing.T) {
	cloud := answering(`{"SecretString":"{\"a\":\"1\",\"b\":\"2\"}","Parameter":{"Value":"{\"a\":\"1\",\"b\":\"2\"}"}}`)
	r := cloud.resolver()
	refs := []string{
		"secretsmanager:s#a", "secretsmanager:s#b", "secretsmanager:s", "secretsmanager:s:AWSPREVIOUS#a", smARN + "#a", smARN + "#b",
		strings.Replace(smARN, "eu-west-1", "eu-west-3", 1) + "#a", "ssm:s#a", "ssm:s#b",
	}
	var all sync.WaitGroup
	for range 3 {
		for _, ref := range refs {
			all.Go(func() {
				if got, err := r.Resolve(t.Context(), parsed(ref)); err != nil || strings.HasSuffix(ref, "#b") != (got.Text.Reveal() == "2") {
					t.Errorf("%s: %q %v", ref, got.Text.Reveal(), err)
				}
			})
		}
	}
	all.Wait()
	if len(cloud.calls) != 5 || cloud.configs != 1 {
		t.Errorf("%d calls, %d configurations: %+v", len(cloud.calls), cloud.configs, cloud.calls)
	}
}

// What was answered is an answer, also if it is no.
func TestARefusalIsRemembered(t *testing.T) {
	cloud := answering(`400 {"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}`, `{"SecretString":"{}"}`)
	r := cloud.resolver()
	for _, ref := range []string{"secretsmanager:s#a", "secretsmanager:s#b"} {
		if _, err := r.Resolve(t.Context(), parsed(ref)); err == nil || !strings.HasPrefix(err.Error(), "look up "+ref+": there is no secret s in eu-central-1") {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if len(cloud.calls) != 1 {
		t.Errorf("%d calls", len(cloud.calls))
	}
}

func TestNobodyAsksForAWSInVain(t *testing.T) {
	cloud := answering("{}")
	r := cloud.resolver()
	r.Getenv = func(string) (string, bool) { return "v", true }
	if _, err := r.Resolve(t.Context(), parsed("env:A")); err != nil || cloud.configs != 0 {
		t.Errorf("%v, %d", err, cloud.configs)
	}
}

func TestWhatPassesIsTriedAgain(t *testing.T) {
	for name, first := range map[string]string{
		"throttled": `400 {"__type":"ThrottlingException","message":"Rate exceeded"}`,
		"full name": `400 {"__type":"com.amazonaws.ssm#ThrottlingException"}`,
		"too many":  `400 {"__type":"TooManyRequestsException"}`,
		"internal":  `500 {"__type":"InternalServiceError","message":"An error occurred on the server side."}`,
		"proxy":     `502 <html>`,
	} {
		synctest.Test(t, func(t *testing.T) {
			cloud := answering(first, first, first, `{"SecretString":"tok"}`)
			began := time.Now()
			got, err := cloud.resolver().Resolve(t.Context(), parsed("secretsmanager:s"))
			if err != nil || got.Text.Reveal() != "tok" || len(cloud.calls) != 4 || time.Since(began) > 4*time.Second {
				t.Errorf("%s: %q %v after %v and %d calls", name, got.Text.Reveal(), err, time.Since(began), len(cloud.calls))
			}
			if diff := cmp.Diff(cloud.calls[0], cloud.calls[3]); diff != "" {
				t.Errorf("%s: another question: %s", name, diff)
			}
			cloud = answering(first)
			if _, err = cloud.resolver().Resolve(t.Context(), parsed("ssm:s")); err == nil || len(cloud.calls) != 4 || isSetup(err) {
				t.Errorf("%s: %v after %d calls", name, err, len(cloud.calls))
			}
		})
	}
}

// Neither a service nor credentials that never come hold us up for longer.
func TestALookUpIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, change := range map[string]func(*lookup.Resolver, *cloud){
			"service":       func(*lookup.Resolver, *cloud) {},
			"configuration": func(r *lookup.Resolver, _ *cloud) { r.AWS = never },
			"credentials": func(r *lookup.Resolver, _ *cloud) {
				r.AWS = func(context.Context) (aws.Config, error) {
					return aws.Config{Region: "eu-west-1", Credentials: aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
						_, err := never(ctx)
						return aws.Credentials{}, err
					})}, nil
				}
			},
			"server that wants patience": func(_ *lookup.Resolver, c *cloud) {
				c.wait, c.answers = nil, []string{`503 {"__type":"InternalServerError"}`}
			},
		} {
			cloud := &cloud{wait: make(chan struct{})}
			r := cloud.resolver()
			change(r, cloud)
			began := time.Now()
			_, err := r.Resolve(t.Context(), parsed("secretsmanager:s"))
			if took := time.Since(began); err == nil || took > 30*time.Second || isSetup(err) {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			if cloud.wait == nil {
				continue
			}
			if !strings.Contains(err.Error(), "look up secretsmanager:s: it took longer than 30s; is there a way from here") {
				t.Errorf("%s: %v", name, err)
			}
			// the rest of the configuration does not wait as long again
			began = time.Now()
			if _, err = r.Resolve(t.Context(), parsed("secretsmanager:s#a")); err == nil || !strings.Contains(err.Error(), "longer than 30s") || time.Since(began) > 0 {
				t.Errorf("%s, again: %v after %v", name, err, time.Since(began))
			}
		}
	})
}

func never(ctx context.Context) (aws.Config, error) {
	<-ctx.Done()
	return aws.Config{}, ctx.Err()
}

// Who gives up gets the context's error, and spoils nothing for the others.
func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := answering(`{"SecretString":"tok"}`)
		cloud.wait = make(chan struct{})
		r := cloud.resolver()
		first, cancel := context.WithCancel(t.Context())
		second, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := r.Resolve(first, parsed("secretsmanager:s")); !isCause(err, context.Canceled) {
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			if _, err := r.Resolve(second, parsed("secretsmanager:s")); !isCause(err, context.DeadlineExceeded) {
				t.Errorf("the second: %v", err)
			}
		})
		all.Go(func() {
			if got, err := r.Resolve(t.Context(), parsed("secretsmanager:s")); err != nil || got.Text.Reveal() != "tok" {
				t.Errorf("the third: %v", err)
			}
		})
		time.Sleep(2 * time.Second)
		cancel()
		synctest.Wait()
		close(cloud.wait)
		all.Wait()
		if len(cloud.calls) != 2 || cloud.configs != 1 {
			t.Errorf("%d calls, %d configurations", len(cloud.calls), cloud.configs)
		}
	})
}

// A real server over plain HTTP on this machine is all right, as for an emulator;
// elsewhere nothing is sent. Redirects are not followed.
func TestOnlyOverTLS(t *testing.T) {
	hits := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hits++; r.Header.Get("X-Amz-Target") == "AmazonSSM.GetParameter" {
			http.Redirect(w, r, "/other", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(`{"SecretString":"tok"}`))
	}))
	defer srv.Close()
	at := func(url string) *lookup.Resolver {
		cfg, _ := (&cloud{}).config("eu-west-1")(t.Context())
		cfg.BaseEndpoint = &url
		return &lookup.Resolver{AWS: func(context.Context) (aws.Config, error) { return cfg, nil }}
	}
	if got, err := at(srv.URL).Resolve(t.Context(), parsed("secretsmanager:s")); err != nil || got.Text.Reveal() != "tok" {
		t.Errorf("loopback: %v", err)
	}
	if _, err := at(srv.URL).Resolve(t.Context(), parsed("ssm:s")); err == nil || hits != 2 || !strings.Contains(err.Error(), "status 302") {
		t.Errorf("redirect: %v, %d hits", err, hits)
	}
	r := at("http://secrets.example.com")
	r.Base = answering(`{"SecretString":"tok"}`)
	if _, err := r.Resolve(t.Context(), parsed("secretsmanager:s")); !isSetup(err) || !strings.Contains(err.Error(), "must begin with https://; is AWS_ENDPOINT_URL") || len(r.Base.(*cloud).calls) != 0 {
		t.Errorf("plain: %v", err)
	}
}

// Neither our log nor the SDK's holds what came back or what we came with.
func TestTheLogHasNoSecrets(t *testing.T) {
	cloud := answering(`{"SecretString":"hunter2"}`)
	r := cloud.resolver()
	var log bytes.Buffer
	r.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 4}))
	sdk := &sdkLog{}
	r.AWS = func(ctx context.Context) (aws.Config, error) {
		cfg, err := cloud.config("eu-west-1")(ctx)
		cfg.Logger, cfg.ClientLogMode = sdk, aws.LogSigning|aws.LogRequestWithBody|aws.LogResponseWithBody
		return cfg, err
	}
	v, err := r.Resolve(t.Context(), parsed("secretsmanager:s"))
	if err != nil {
		t.Fatal(err)
	}
	shown, _ := json.Marshal(v)
	if strings.Contains(log.String()+sdk.String()+string(shown), "hunter") || sdk.Len() > 0 {
		t.Errorf("%s %s %s", log.String(), sdk, shown)
	}
	if !strings.Contains(log.String(), `"op":"secretsmanager:GetSecretValue"`) {
		t.Errorf("the request is not in the log: %s", &log)
	}
}
