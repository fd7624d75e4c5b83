//go:build unix

package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// A template is what these tests want to know about one. Intrinsic functions
// stand there as their arguments.
type template struct {
	Parameters map[string]struct {
		Default       any      `yaml:"Default"`
		AllowedValues []string `yaml:"AllowedValues"`
		NoEcho        bool     `yaml:"NoEcho"`
	} `yaml:"Parameters"`
	Resources map[string]struct {
		Type       string         `yaml:"Type"`
		Properties map[string]any `yaml:"Properties"`
	} `yaml:"Resources"`
	Outputs map[string]map[string]any `yaml:"Outputs"`
}

func readTemplate(t *testing.T, path string) (doc template) {
	t.Helper()
	must(t, yaml.Unmarshal([]byte(read(t, path)), &doc))
	return doc
}

var templates = []string{"deploy/sam/template.yaml", "deploy/stepfunctions/template.yaml"}

func TestTemplatesPassTheVendorsLinters(t *testing.T) {
	t.Parallel()
	lint, sam := tool(t, "cfn-lint", pip), tool(t, "sam", pip)
	for _, path := range templates {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(root, path)
			if out := output(t, exec.CommandContext(t.Context(), lint, "--non-zero-exit-code", "informational", "-t", file)); out != "" {
				t.Error(out)
			}
			cmd := exec.CommandContext(t.Context(), sam, "validate", "--lint", "--region", "eu-central-1", "-t", file)
			cmd.Env = append(os.Environ(), "SAM_CLI_TELEMETRY=0", "HOME="+t.TempDir())
			if out := output(t, cmd); !strings.Contains(out, "is a valid SAM Template") {
				t.Error(out)
			}
		})
	}
}

// The old tool's parameters, with its defaults: whoever has its stack changes
// the template, and no parameter.
func TestOldParametersAreThere(t *testing.T) {
	t.Parallel()
	old := map[string]string{
		"GoogleAdminEmail": "", "GoogleCredentials": "", "GoogleCustomerId": "my_customer",
		"SCIMEndpointUrl": "", "SCIMEndpointAccessToken": "", "GoogleUserMatch": "", "GoogleGroupMatch": "*",
		"IgnoreUsers": "", "IgnoreGroups": "", "IncludeGroups": "", "SyncMethod": "groups", "SyncSuspended": "ignore",
		"DryRun": "live", "PrecacheOrgUnits": "/", "ScheduleExpression": "rate(15 minutes)", "FunctionName": "",
		"LogLevel": "warn", "LogFormat": "json", "LogRetention": "0", "MemorySize": "128", "TimeOut": "300",
		"DeployPattern": "App + secrets", "AppAccount": "", "KMSKey": "", "CrossStackConfig": "", "Region": "", "IdentityStoreID": "",
	}
	doc := readTemplate(t, templates[0])
	for name, want := range old {
		p, ok := doc.Parameters[name]
		if got := fmt.Sprint(p.Default); !ok || got != want {
			t.Errorf("%s is %q by default (there: %v), want %q", name, got, ok, want)
		}
	}
	for name, p := range doc.Parameters {
		if p.Default == nil {
			t.Errorf("%s has no default: an update of an old stack would have to give it", name)
		}
	}
	for name, want := range map[string][]string{
		"DeployPattern": {"App + secrets", "App only", "App for cross-account", "Secrets only", "Secrets for cross-account"},
		"SyncSuspended": {"ignore", "sync"}, "DryRun": {"live", "dry-run"}, "SyncMethod": {"groups", "users_groups"},
	} {
		if diff := cmp.Diff(want, doc.Parameters[name].AllowedValues); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for _, name := range []string{"GoogleAdminEmail", "GoogleCredentials", "SCIMEndpointUrl", "SCIMEndpointAccessToken", "SCIMEndpointAccessTokenFallback"} {
		if !doc.Parameters[name].NoEcho {
			t.Errorf("%s is shown by whoever describes the stack", name)
		}
	}
}

// Two stacks in one account and Region must not fight for a name. What may be
// named is named by a parameter, which is empty.
func TestNothingHasAFixedName(t *testing.T) {
	t.Parallel()
	for _, path := range templates {
		for id, r := range readTemplate(t, path).Resources {
			for _, name := range []string{"Name", "RoleName", "FunctionName", "QueueName", "BucketName", "LogGroupName", "AlarmName", "AliasName", "FilterName", "StateMachineName"} {
				if s, ok := r.Properties[name].(string); ok && s != "LogGroup" {
					t.Errorf("%s: %s has the name %q", path, id, s)
				}
			}
		}
		for name, o := range readTemplate(t, path).Outputs {
			if _, ok := o["Export"]; ok {
				t.Errorf("%s: output %s is exported: the second stack could not be made", path, name)
			}
		}
	}
}
