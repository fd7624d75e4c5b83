// Package arch tests the shape of the codebase itself: who imports whom, that
// packages say what they are for, and that nothing outgrows a screen. It has no
// code of its own.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "ssosync/"

// allowed holds each package and the packages of ours that it may import, from
// the bottom of the architecture to the top: nothing imports what stands below
// it here. Tests may import what they like.
var allowed = []struct{ pkg, may string }{
	{"internal/identity", ""},
	{"internal/directory", ""},
	{"internal/secret", ""},
	{"internal/httpx", ""},
	{"internal/match", "identity"},
	{"internal/policy/query", "directory"},
	{"internal/plan", "identity match"},
	{"internal/policy", "identity directory match plan policy/query"},
	{"internal/guard", "identity plan"},
	{"internal/apply", "identity plan"},
	{"internal/awsid", "httpx secret"},
	{"internal/secret/lookup", "awsid httpx secret"},
	{"internal/state", ""},
	{"internal/state/bucket", "awsid httpx state"},
	{"internal/ledger", "identity plan"},
	{"internal/report", "identity match plan policy guard apply"},
	{"internal/journal", "identity plan apply"},
	{"internal/planfile", "identity match plan guard"},
	{"internal/reconcile", "identity directory match policy plan guard apply report journal ledger planfile"},
	{"internal/source/file", "directory"},
	{"internal/source/google/auth", "httpx secret"},
	{"internal/source/google", "directory httpx source/google/auth"},
	{"internal/target/memory", "identity"},
	{"internal/target/iic", "awsid identity httpx secret"},
	{"internal/target/targettest", "identity apply"},
	{"internal/emulator/fault", ""},
	{"internal/emulator/inproc", ""},
	{"internal/emulator/google", ""},
	{"internal/emulator/iic", ""},
	{"internal/gen", "identity directory"},
	{"internal/config", "secret"},
	{"internal/console", "config httpx secret"},
	{"internal/doctor", "directory identity policy"},
	{"internal/wire", "awsid doctor config directory guard httpx identity journal match policy policy/query reconcile report secret secret/lookup source/google source/google/auth state state/bucket target/iic"},
	{"internal/demo", "config httpx emulator/fault emulator/google emulator/iic report reconcile wire guard plan directory identity"},
	{"internal/setup", "config secret"},
	{"internal/cli", "apply config demo directory guard httpx identity journal ledger plan planfile reconcile report secret source/google source/google/auth state state/bucket target/iic wire console doctor setup"},
	{"internal/lambda", "awsid config console directory guard httpx reconcile report secret source/google source/google/auth state target/iic wire"},
	{"internal/arch", ""},
	{"cmd/ssosync", "cli"},
	{"cmd/ssosync-lambda", "lambda"},
}

// pure packages neither wait, log, nor reach anything outside of the process.
var pure = []string{"internal/identity", "internal/directory", "internal/match", "internal/policy", "internal/policy/query", "internal/plan", "internal/guard"}

// impure are imports that no pure package has.
var impure = []string{"context", "log", "log/slog", "net", "net/http", "os", "os/exec", "time", "math/rand", "math/rand/v2", "sync"}

// vendors are the SDKs, and where they may be.
var vendors = map[string][]string{
	"github.com/aws/":          {"internal/awsid", "internal/target/iic", "internal/secret/lookup", "internal/state/bucket", "internal/lambda"},
	"google.golang.org/api/":   {"internal/source/google"},
	"golang.org/x/oauth2":      {"internal/source/google"},
	"github.com/spf13/cobra":   {"internal/cli"},
	"charm.land/":              {"internal/"},
	"github.com/vbauerster/":   {"internal/cli"},
	"github.com/goccy/go-yaml": {"internal/"},
}

// The sizes that fit a reader. A file has one idea; a function fits a screen.
const (
	fileLines     = 400
	functionLines = 60
	commentMin    = 60 // characters: what a package is for, and what it refuses to do
)

type source struct {
	pkg, file string
	ast       *ast.File
	set       *token.FileSet
	lines     int
	test      bool
}

// sources parses every file of ours. They are parsed here, rather than by a go
// list, so that go test knows that it must run this again when one changes.
func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var all []source
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(file string, d fs.DirEntry, err error) error {
			if err != nil || path.Ext(file) != ".go" || strings.Contains(filepath.ToSlash(file), "/testdata/") {
				return err
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			dir, err := filepath.Rel(root, filepath.Dir(file))
			if err != nil {
				return err
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, file, text, parser.ParseComments)
			all = append(all, source{
				pkg: filepath.ToSlash(dir), file: filepath.Base(file), ast: f, set: set,
				lines: strings.Count(string(text), "\n"), test: strings.HasSuffix(file, "_test.go"),
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 50 {
		t.Fatalf("only %d files were found", len(all))
	}
	return all
}

func imports(s source) []string {
	var all []string
	for _, i := range s.ast.Imports {
		all = append(all, strings.Trim(i.Path.Value, `"`))
	}
	return all
}

func TestImports(t *testing.T) {
	place := map[string]int{}
	may := map[string][]string{}
	for i, a := range allowed {
		place[a.pkg] = i
		may[a.pkg] = strings.Fields(a.may)
	}
	for _, s := range sources(t) {
		at, ok := place[s.pkg]
		if !ok {
			t.Fatalf("package %s has no place in the architecture: give it one in arch_test.go", s.pkg)
		}
		for _, imp := range imports(s) {
			ours, ok := strings.CutPrefix(imp, module)
			if !ok || s.test {
				continue
			}
			if !slices.Contains(may[s.pkg], strings.TrimPrefix(ours, "internal/")) {
				t.Errorf("%s/%s: %s may not import %s", s.pkg, s.file, s.pkg, ours)
			}
			if place[ours] > at {
				t.Errorf("%s/%s: %s stands above %s", s.pkg, s.file, ours, s.pkg)
			}
		}
	}
}

func TestTheCoreIsPure(t *testing.T) {
	for _, s := range sources(t) {
		for _, imp := range imports(s) {
			if slices.Contains(pure, s.pkg) && !s.test && slices.Contains(impure, imp) {
				t.Errorf("%s/%s: the core does not import %s", s.pkg, s.file, imp)
			}
		}
	}
}

// An emulator shares no code with what it is tested against, and needs nothing
// but Go.
func TestEmulatorsAreStrangers(t *testing.T) {
	for _, s := range sources(t) {
		for _, imp := range imports(s) {
			first, _, _ := strings.Cut(imp, "/")
			if strings.HasPrefix(s.pkg, "internal/emulator/") && !s.test && strings.Contains(first, ".") {
				t.Errorf("%s/%s imports %s", s.pkg, s.file, imp)
			}
		}
	}
}

func TestVendorsHaveOneHome(t *testing.T) {
	for _, s := range sources(t) {
		for _, imp := range imports(s) {
			for vendor, homes := range vendors {
				here := slices.ContainsFunc(homes, func(home string) bool { return strings.HasPrefix(s.pkg, home) })
				if strings.HasPrefix(imp, vendor) && !here && !s.test {
					t.Errorf("%s/%s: %s belongs to %s", s.pkg, s.file, imp, strings.Join(homes, ", "))
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	said := map[string]string{}
	for _, s := range sources(t) {
		if s.ast.Doc != nil && (!s.test || s.pkg == "internal/arch") {
			if said[s.pkg] != "" {
				t.Errorf("%s has two package comments", s.pkg)
			}
			said[s.pkg] = s.ast.Doc.Text()
		}
	}
	for _, a := range allowed {
		if _, err := os.Stat(filepath.Join("..", "..", a.pkg)); err != nil {
			t.Errorf("%s has a place in the architecture, and does not exist", a.pkg)
		} else if len(said[a.pkg]) < commentMin {
			t.Errorf("%s: the package comment %q says too little", a.pkg, said[a.pkg])
		}
	}
}

func TestNothingOutgrowsItsReader(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test && s.lines > fileLines {
			t.Errorf("%s/%s has %d lines, more than %d", s.pkg, s.file, s.lines, fileLines)
		}
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || s.test || s.pkg == "internal/target/targettest" {
				continue
			}
			if n := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line - 1; n > functionLines {
				t.Errorf("%s/%s: %s has %d lines, more than a screen", s.pkg, s.file, f.Name.Name, n)
			}
		}
	}
}
