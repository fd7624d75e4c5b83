//go:build unix

package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// A body is what a provider says may stand in a block.
type body struct {
	Attributes map[string]struct {
		Type     string
		Required bool
		Computed bool
	}
	Blocks map[string]struct {
		body
		Required bool
		Many     string // list, or empty for one at most
	}
}

// A provider is the types that the modules use, from
// testdata/terraform-schema.py.
type provider struct {
	Version        string
	Resource, Data map[string]body
}

func schema(t *testing.T) (all map[string]provider) {
	t.Helper()
	data, err := os.ReadFile("testdata/terraform-schema.json")
	must(t, err)
	must(t, json.Unmarshal(data, &all))
	return all
}

// meta is what Terraform itself takes in each block.
var meta = []string{"count", "for_each", "depends_on", "provider"}

var modules = []string{"deploy/terraform", "deploy/terraform/google", "examples/terraform"}

// There is no registry to validate against: the providers are a download. Their
// schemas are public all the same.
func TestModulesFollowTheProvidersSchemas(t *testing.T) {
	t.Parallel()
	all := schema(t)
	resources := 0
	for _, dir := range modules {
		for _, b := range blocks(t, dir) {
			if b.Type != "resource" && b.Type != "data" {
				continue
			}
			resources++
			name, _, _ := strings.Cut(b.Labels[0], "_")
			known := all[name].Resource
			if b.Type == "data" {
				known = all[name].Data
			}
			want, ok := known[b.Labels[0]]
			if !ok {
				t.Errorf("%s: %s is no type of %s %s, or not yet in testdata/terraform-schema.py", b.DefRange(), b.Labels[0], name, all[name].Version)
				continue
			}
			for _, problem := range compare(b.Body, want, true) {
				t.Error(problem)
			}
		}
	}
	if resources < 35 {
		t.Errorf("%d blocks were looked at: where are the others?", resources)
	}
}

// compare says what is wrong with a block.
func compare(b *hclsyntax.Body, want body, top bool) (wrong []string) {
	for name, a := range b.Attributes {
		s, ok := want.Attributes[name]
		if top && slices.Contains(meta, name) {
			continue
		}
		if !ok || s.Computed {
			wrong = append(wrong, fmt.Sprintf("%s: there is no argument %s", a.SrcRange, name))
		}
	}
	given := map[string]int{}
	for _, inner := range b.Blocks {
		name, content := inner.Type, inner.Body
		if name == "dynamic" {
			name, content = inner.Labels[0], inner.Body.Blocks[0].Body
		}
		if top && name == "lifecycle" {
			continue
		}
		given[name]++
		s, ok := want.Blocks[name]
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: there is no block %s", inner.DefRange(), name))
			continue
		}
		if given[name] > 1 && s.Many == "" {
			wrong = append(wrong, fmt.Sprintf("%s: there may be one %s only", inner.DefRange(), name))
		}
		wrong = append(wrong, compare(content, s.body, false)...)
	}
	for name, s := range want.Attributes {
		if s.Required && b.Attributes[name] == nil {
			wrong = append(wrong, fmt.Sprintf("%s: %s is missing", b.SrcRange, name))
		}
	}
	for name, s := range want.Blocks {
		if s.Required && given[name] == 0 {
			wrong = append(wrong, fmt.Sprintf("%s: block %s is missing", b.SrcRange, name))
		}
	}
	return wrong
}

// Every reference must lead somewhere: to a variable, a local, a resource or an
// output that is there, and to an attribute that its type has.
func TestReferencesLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := schema(t)
	for _, dir := range modules {
		m := declared(t, dir)
		references := 0
		for _, b := range blocks(t, dir) {
			if b.Type == "variable" {
				continue // types look like references, and only its own name may stand in one
			}
			for _, tr := range traversals(b.Body) {
				references++
				if problem := m.follow(t, tr, all); problem != "" {
					t.Errorf("%s: %s", tr.SourceRange(), problem)
				}
			}
		}
		if references == 0 {
			t.Errorf("%s refers to nothing", dir)
		}
		for name := range m.names["var"] {
			if !m.used["var."+name] && dir != "examples/terraform" {
				t.Errorf("%s: variable %s has no effect", dir, name)
			}
		}
	}
}

// traversals are all references in a block, however deep.
func traversals(b *hclsyntax.Body) (all []hcl.Traversal) {
	for _, a := range b.Attributes {
		all = append(all, hclsyntax.Variables(a.Expr)...)
		_ = hclsyntax.VisitAll(a.Expr, func(n hclsyntax.Node) hcl.Diagnostics {
			if splat, ok := n.(*hclsyntax.SplatExpr); ok { // resource.name[*].attribute, whose end is no variable
				of, isNamed := splat.Source.(*hclsyntax.ScopeTraversalExpr)
				each, isRelative := splat.Each.(*hclsyntax.RelativeTraversalExpr)
				if isNamed && isRelative {
					all = append(all, slices.Concat(of.Traversal, each.Traversal))
				}
			}
			return nil
		})
	}
	for _, inner := range b.Blocks {
		all = append(all, traversals(inner.Body)...)
	}
	return all
}

// A module is what is declared in one, by the first word of a reference to it.
type module struct {
	names   map[string]map[string]bool
	sources map[string]string // of modules that it calls, their directories
	used    map[string]bool
}

func declared(t *testing.T, dir string) module {
	t.Helper()
	m := module{map[string]map[string]bool{"var": {}, "local": {}, "module": {}, "data": {}, "resource": {}, "output": {}}, map[string]string{}, map[string]bool{}}
	for _, b := range blocks(t, dir) {
		switch b.Type {
		case "variable":
			m.names["var"][b.Labels[0]] = true
		case "output", "module":
			m.names[b.Type][b.Labels[0]] = true
		case "resource", "data":
			m.names[b.Type][b.Labels[0]+"."+b.Labels[1]] = true
		case "locals":
			for name := range b.Body.Attributes {
				m.names["local"][name] = true
			}
		}
		if b.Type == "module" {
			v, diags := b.Body.Attributes["source"].Expr.Value(nil)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			m.sources[b.Labels[0]] = filepath.Join(dir, v.AsString())
		}
	}
	return m
}

// follow says what is wrong with a reference.
func (m module) follow(t *testing.T, tr hcl.Traversal, all map[string]provider) string {
	t.Helper()
	words := []string{tr.RootName()}
	for _, step := range tr[1:] {
		if a, ok := step.(hcl.TraverseAttr); ok {
			words = append(words, a.Name)
		}
	}
	m.used[strings.Join(words[:min(2, len(words))], ".")] = true
	at := func(n int) string {
		if n < len(words) {
			return words[n]
		}
		return ""
	}
	switch words[0] {
	case "each", "count", "path", "statement": // the last is the iterator of the one dynamic block
		return ""
	case "var", "local":
		if !m.names[words[0]][at(1)] {
			return "there is no " + words[0] + "." + at(1)
		}
		return ""
	case "module":
		if !declared(t, m.sources[at(1)]).names["output"][at(2)] {
			return "module " + at(1) + " has no output " + at(2)
		}
		return ""
	}
	kind := "resource"
	if words[0] == "data" {
		kind, words = "data", words[1:]
	}
	if !m.names[kind][at(0)+"."+at(1)] {
		return "there is no " + kind + " " + at(0) + "." + at(1)
	}
	name, _, _ := strings.Cut(at(0), "_")
	types := all[name].Resource
	if kind == "data" {
		types = all[name].Data
	}
	if _, ok := types[at(0)].Attributes[at(2)]; !ok && at(2) != "" {
		return at(0) + " has no attribute " + at(2)
	}
	return ""
}

func TestCallsOfModulesGiveWhatTheyTake(t *testing.T) {
	t.Parallel()
	for _, b := range blocks(t, "examples/terraform") {
		if b.Type != "module" {
			continue
		}
		v, _ := b.Body.Attributes["source"].Expr.Value(nil)
		takes := map[string]bool{"source": true}
		for _, in := range blocks(t, filepath.Clean("examples/terraform/"+v.AsString())) {
			if in.Type == "variable" {
				takes[in.Labels[0]] = true
				if in.Body.Attributes["default"] == nil && b.Body.Attributes[in.Labels[0]] == nil {
					t.Errorf("%s: %s is missing", b.DefRange(), in.Labels[0])
				}
			}
		}
		for name, a := range b.Body.Attributes {
			if !takes[name] {
				t.Errorf("%s: the module has no variable %s", a.SrcRange, name)
			}
		}
	}
}

// Secrets stand in no state: what is given for one is ephemeral, and only a
// write-only argument takes that.
func TestSecretsAreInNoState(t *testing.T) {
	t.Parallel()
	ephemeral := map[string]bool{}
	for _, b := range blocks(t, modules[0]) {
		if b.Type == "variable" && b.Body.Attributes["ephemeral"] != nil {
			ephemeral[b.Labels[0]] = true
		}
	}
	for _, name := range []string{"google_credentials", "scim_access_token", "scim_access_token_fallback"} {
		if !ephemeral[name] {
			t.Errorf("variable %s would be in the state", name)
		}
	}
	for _, b := range blocks(t, modules[0]) {
		if b.Type == "resource" && b.Labels[0] == "aws_secretsmanager_secret_version" && (b.Body.Attributes["secret_string"] != nil || b.Body.Attributes["secret_string_wo"] == nil) {
			t.Errorf("%s: the secret would be in the state", b.DefRange())
		}
		for name, a := range b.Body.Attributes {
			for _, tr := range hclsyntax.Variables(a.Expr) {
				if len(tr) > 1 && tr.RootName() == "var" && ephemeral[tr[1].(hcl.TraverseAttr).Name] && name != "secret_string_wo" {
					t.Errorf("%s: %s takes no ephemeral value", a.SrcRange, name)
				}
			}
		}
	}
}

func TestModulesAreFormatted(t *testing.T) {
	t.Parallel()
	for _, dir := range modules {
		for _, path := range sources(t, dir) {
			text := read(t, path)
			if string(hclwrite.Format([]byte(text))) != text {
				t.Errorf("%s: terraform fmt would change it", path)
			}
		}
	}
}

func sources(t *testing.T, dir string) (paths []string) {
	t.Helper()
	for _, path := range files(t, dir) {
		if filepath.Dir(path) == filepath.Clean(dir) && filepath.Ext(path) == ".tf" {
			paths = append(paths, path)
		}
	}
	return paths
}

// blocks are those of all files of a module.
func blocks(t *testing.T, dir string) (all hclsyntax.Blocks) {
	t.Helper()
	p := hclparse.NewParser()
	for _, path := range sources(t, dir) {
		f, diags := p.ParseHCL([]byte(read(t, path)), path)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		all = append(all, f.Body.(*hclsyntax.Body).Blocks...)
	}
	return all
}
