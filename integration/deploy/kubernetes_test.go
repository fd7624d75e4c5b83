//go:build unix

package deploy

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	chartutil "helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

const chart = "deploy/helm/ssosync"

// A deployment is all that a chart or a file makes.
type deployment struct {
	jobs     []batchv1.CronJob
	configs  []corev1.ConfigMap
	claims   []corev1.PersistentVolumeClaim
	accounts []corev1.ServiceAccount
}

// decode reads documents of YAML into Kubernetes' own types. A field that they
// do not have is an error, as it is for kubectl apply --validate=strict.
func decode(t *testing.T, text string) (d deployment) {
	t.Helper()
	for doc := range strings.SplitSeq("\n"+text, "\n---") {
		var kind metav1.TypeMeta
		must(t, yaml.Unmarshal([]byte(doc), &kind))
		switch kind.APIVersion + " " + kind.Kind {
		case " ":
		case "batch/v1 CronJob":
			d.jobs = append(d.jobs, strict[batchv1.CronJob](t, doc))
		case "v1 ConfigMap":
			d.configs = append(d.configs, strict[corev1.ConfigMap](t, doc))
		case "v1 PersistentVolumeClaim":
			d.claims = append(d.claims, strict[corev1.PersistentVolumeClaim](t, doc))
		case "v1 ServiceAccount":
			d.accounts = append(d.accounts, strict[corev1.ServiceAccount](t, doc))
		default:
			t.Errorf("nobody expects a %s %s", kind.APIVersion, kind.Kind)
		}
	}
	return d
}

func strict[T any](t *testing.T, doc string) (v T) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(doc), &v); err != nil {
		t.Errorf("%v\n%s", err, doc)
	}
	return v
}

// sound holds a deployment to what every one of ours must be.
func (d deployment) sound(t *testing.T) {
	t.Helper()
	if len(d.jobs) != 1 || len(d.configs) != 1 {
		t.Fatalf("there are %d CronJobs and %d ConfigMaps", len(d.jobs), len(d.configs))
	}
	job, pod := d.jobs[0], d.jobs[0].Spec.JobTemplate.Spec.Template
	if job.Spec.ConcurrencyPolicy != batchv1.ForbidConcurrent {
		t.Error("two runs may overlap")
	}
	if n := job.Spec.JobTemplate.Spec.BackoffLimit; n == nil || *n != 0 || pod.Spec.RestartPolicy != corev1.RestartPolicyNever {
		t.Error("a run that failed is tried again at once")
	}
	if job.Spec.JobTemplate.Spec.ActiveDeadlineSeconds == nil {
		t.Error("a run that hangs stops all later ones")
	}
	restricted(t, pod)
	c := pod.Spec.Containers[0]
	if c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
		t.Error("the root file system can be written to")
	}
	if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
		t.Error("the pod gets a token for the Kubernetes API that it has no use for")
	}
	d.mounts(t, pod.Spec)
	if !strings.Contains(d.configs[0].Data["ssosync.yaml"], "\n") {
		t.Errorf("ssosync.yaml is %q", d.configs[0].Data["ssosync.yaml"])
	}
}

// restricted holds a pod to the strictest of the Pod Security Standards.
func restricted(t *testing.T, pod corev1.PodTemplateSpec) {
	t.Helper()
	checks, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	must(t, err)
	for _, r := range checks.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec) {
		if !r.Allowed {
			t.Errorf("not restricted: %s: %s", r.ForbiddenReason, r.ForbiddenDetail)
		}
	}
}

// mounts holds that every path in the environment is on some volume, and every
// mount has one.
func (d deployment) mounts(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	volumes := map[string]corev1.Volume{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = v
	}
	var paths []string
	for _, m := range pod.Containers[0].VolumeMounts {
		paths = append(paths, m.MountPath)
		if _, ok := volumes[m.Name]; !ok {
			t.Errorf("there is no volume %s", m.Name)
		}
		delete(volumes, m.Name)
	}
	if len(volumes) > 0 {
		t.Errorf("nobody mounts %v", slices.Collect(maps.Keys(volumes)))
	}
	for _, e := range pod.Containers[0].Env {
		file := strings.TrimPrefix(e.Value, "file:")
		if strings.HasPrefix(file, "/") && !slices.Contains(paths, file) && !slices.Contains(paths, path.Dir(file)) {
			t.Errorf("%s=%s is on no volume", e.Name, e.Value)
		}
	}
}

// variable is one of the container's.
func (d deployment) variable(name string) string {
	for _, e := range d.jobs[0].Spec.JobTemplate.Spec.Template.Spec.Containers[0].Env {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}

func TestCronJobWithoutHelm(t *testing.T) {
	t.Parallel()
	d := decode(t, read(t, "deploy/kubernetes/cronjob.yaml"))
	d.sound(t)
	if len(d.claims) != 1 || len(d.accounts) != 1 {
		t.Errorf("there are %d claims and %d accounts", len(d.claims), len(d.accounts))
	}
}

func TestChartLints(t *testing.T) {
	t.Parallel()
	for _, m := range lint.RunAll(filepath.Join(root, chart), map[string]any{}, "ssosync").Messages {
		if m.Severity > 1 { // an icon is recommended
			t.Error(m)
		}
	}
}

// render makes what helm template would print.
func render(values map[string]any) (string, error) {
	c, err := loader.Load(filepath.Join(root, chart))
	if err != nil {
		return "", err
	}
	release := common.ReleaseOptions{Name: "sync", Namespace: "identity", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(c, values, release, nil)
	if err != nil {
		return "", err
	}
	out, err := engine.Render(c, all)
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(out)) {
		if strings.HasSuffix(name, ".yaml") {
			fmt.Fprintf(&text, "\n---\n%s", out[name])
		}
	}
	return text.String(), err
}

func TestChartRenders(t *testing.T) {
	t.Parallel()
	values := func(text string) (v map[string]any) {
		must(t, yaml.Unmarshal([]byte(text), &v))
		return v
	}
	for _, tt := range []struct {
		name, values string
		check        func(*testing.T, deployment)
	}{
		{"as it is", `{}`, func(t *testing.T, d deployment) {
			if len(d.claims) != 1 || d.claims[0].Annotations["helm.sh/resource-policy"] != "keep" {
				t.Error("the journal would go with the release")
			}
			if got := d.variable("SSOSYNC_SCIM_ACCESS_TOKEN"); got != "file:/etc/ssosync-secrets/scim-access-token" {
				t.Error(got)
			}
		}},
		{"state in S3, IRSA", `{state: {location: s3://bucket/prefix}, serviceAccount: {annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/ssosync"}}}`, func(t *testing.T, d deployment) {
			if len(d.claims) != 0 || d.variable("SSOSYNC_STATE") != "s3://bucket/prefix" {
				t.Errorf("%d claims, state %s", len(d.claims), d.variable("SSOSYNC_STATE"))
			}
			if d.accounts[0].Annotations["eks.amazonaws.com/role-arn"] == "" {
				t.Error("the account has no role")
			}
		}},
		{"a claim that is there", `{state: {volume: {existingClaim: old}}}`, func(t *testing.T, d deployment) {
			pod := d.jobs[0].Spec.JobTemplate.Spec.Template.Spec
			if claim := pod.Volumes[len(pod.Volumes)-1].PersistentVolumeClaim; len(d.claims) != 0 || claim.ClaimName != "old" {
				t.Errorf("%d claims, %v", len(d.claims), claim)
			}
		}},
		{"settings", `{config: {group-match: "email:aws-*", guards: {users: 10%/5}}}`, func(t *testing.T, d deployment) {
			var got map[string]any
			must(t, yaml.Unmarshal([]byte(d.configs[0].Data["ssosync.yaml"]), &got))
			if got["group-match"] != "email:aws-*" || got["guards"] == nil {
				t.Error(got)
			}
		}},
		{"no account of its own", `{serviceAccount: {create: false}}`, func(t *testing.T, d deployment) {
			if len(d.accounts) != 0 || d.jobs[0].Spec.JobTemplate.Spec.Template.Spec.ServiceAccountName != "default" {
				t.Error("another account is used")
			}
		}},
		{"everything", `{image: {repository: r, digest: "sha256:` + strings.Repeat("0", 64) + `"}, imagePullSecrets: [{name: pull}],
			podAnnotations: {a: b}, podLabels: {c: d}, nodeSelector: {e: f}, tolerations: [{key: g, operator: Exists}],
			affinity: {nodeAffinity: {}}, env: [{name: HTTPS_PROXY, value: "http://proxy:3128"}], args: [sync, --dry-run], secrets: {keys: {SSOSYNC_GOOGLE_CREDENTIALS: null, SSOSYNC_SCIM_ACCESS_TOKEN: null}}}`, func(t *testing.T, d deployment) {
			pod := d.jobs[0].Spec.JobTemplate.Spec.Template
			if !strings.HasPrefix(pod.Spec.Containers[0].Image, "r@sha256:") || pod.Annotations["a"] != "b" || pod.Labels["c"] != "d" ||
				pod.Spec.NodeSelector["e"] != "f" || len(pod.Spec.Tolerations) != 1 || pod.Spec.Affinity == nil ||
				pod.Spec.ImagePullSecrets[0].Name != "pull" || d.variable("HTTPS_PROXY") == "" || len(pod.Spec.Containers[0].Args) != 2 {
				t.Errorf("%+v", pod)
			}
			if len(pod.Spec.Volumes) != 2 {
				t.Errorf("volumes: %v", pod.Spec.Volumes)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := render(values(tt.values))
			must(t, err)
			d := decode(t, text)
			d.sound(t)
			tt.check(t, d)
		})
	}
}

// What the chart would ignore, or put where secrets are read, is refused.
func TestChartRefuses(t *testing.T) {
	t.Parallel()
	for _, values := range []string{
		`{config: {access-token: secret}}`, `{config: {google-credentials: secret}}`, `{shedule: "* * * * *"}`, `{state: {location: gs://bucket}}`,
		`{secrets: {keys: {SSOSYNC_SCIM_ACCESS_TOKEN: "../token"}}}`, `{secrets: {name: ""}}`, `{timeout: soon}`, `{image: {repository: ""}}`, `{args: []}`,
	} {
		var v map[string]any
		must(t, yaml.Unmarshal([]byte(values), &v))
		if text, err := render(v); err == nil {
			t.Errorf("%s is rendered:\n%s", values, text)
		}
	}
}
