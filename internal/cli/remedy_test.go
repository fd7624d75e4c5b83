package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"ssosync/internal/config"
)

// TestRemediesNameFlagsThatExist reads every text of the program for what people
// will type because of it.
func TestRemediesNameFlagsThatExist(t *testing.T) {
	known := map[string]bool{}
	for _, o := range config.Options {
		known["--"+o.Name] = !o.NoFlag
	}
	a := newApp(Env{Stdout: &strings.Builder{}, Stderr: &strings.Builder{}})
	commands := a.root()
	commands.InitDefaultHelpFlag()
	for _, c := range append(commands.Commands(), commands) {
		for _, sub := range append(c.Commands(), c) {
			sub.Flags().VisitAll(func(f *pflag.Flag) { known["--"+f.Name] = true })
		}
	}
	// Those of other programs.
	for _, other := range []string{
		"--identity-store-id", "--network-configuration", "--format", "--role", "--member", "--project", "--secret-id", "--secret-string", "--overwrite", "--type",
		"--name", "--value", "--location", "--workload-identity-pool", "--impersonate-service-account", "--scopes", "--user", "--help", "--region", "--key-id", "--bucket", "--user-id",
	} {
		known[other] = true
	}
	flagRE := regexp.MustCompile(`(?:^|[ "(=])(--[a-z][a-z-]+)`)
	seen := 0
	read := func(dir string) {
		files, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				if code := strings.TrimSpace(line); strings.HasPrefix(code, "//") || !strings.Contains(code, `"`) {
					continue
				}
				for _, m := range flagRE.FindAllStringSubmatch(line, -1) {
					seen++
					if !known[m[1]] {
						t.Errorf("%s names %s, which does not exist: %s", name, m[1], strings.TrimSpace(line))
					}
				}
			}
		}
	}
	for _, dir := range []string{"cli", "doctor", "source/google", "source/google/auth", "target/iic", "state", "state/bucket", "secret", "secret/lookup", "config", "guard", "reconcile", "report"} {
		read(dir)
	}
	if seen < 40 {
		t.Errorf("only %d flags are named: does this test still read anything?", seen)
	}
}
