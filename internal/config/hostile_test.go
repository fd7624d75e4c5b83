package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFileRefusesWhatIsTooLarge(t *testing.T) {
	dir := t.TempDir()
	for size, good := range map[int]bool{0: true, maxFile: true, maxFile + 1: false} {
		name := filepath.Join(dir, fmt.Sprint(size))
		if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if data, err := ReadFile(name); (err == nil) != good || good && len(data) != size {
			t.Errorf("%d: %d bytes, %v", size, len(data), err)
		}
	}
	if _, err := ReadFile(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := os.Stat("/dev/zero"); err == nil {
		if _, err := ReadFile("/dev/zero"); !errors.Is(err, errLargeFile) {
			t.Errorf("/dev/zero: %v", err)
		}
	}
	// It is what is used when nothing else is given.
	_, _, _, err := Load(Input{Flags: flags(), Environ: []string{"SSOSYNC_CONFIG=" + filepath.Join(dir, fmt.Sprint(maxFile+1))}}) //nolint:dogsled // Only the error matters.
	if err == nil || !strings.Contains(err.Error(), "larger than 1 MB") {
		t.Error(err)
	}
}

func TestTooDeep(t *testing.T) {
	blocks := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.Repeat(" ", i) + "a:\n")
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"as we write it":         {"guards:\n  users: 1%\nignore-users: [a, 'b]', \"[\"]\nmapping: {title: a}\n", 0},
		"blocks":                 {blocks(20), 0},
		"one block more":         {blocks(21), 21},
		"blocks one by one":      {strings.Repeat("a:\n  b: 1\n", 100), 0},
		"old line ends":          {strings.ReplaceAll(blocks(30), "\n", "\r"), 21},
		"lists in a line":        {"a: 1\n" + strings.Repeat("- ", 30) + "x", 2},
		"keys in a line":         {strings.Repeat("? ", 30) + "x", 1},
		"brackets":               {"a: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), 1},
		"braces over lines":      {strings.Repeat("{a:\n", 5000), 20},
		"mixed":                  {"a: " + strings.Repeat("[{b: ", 11), 1},
		"one after the other":    {"a: [" + strings.Repeat("[x], ", 100) + "]", 0},
		"in quotes":              {"a: '" + strings.Repeat("[", 50) + "'\nb: \"\\\"" + strings.Repeat("[", 50) + "\"\n", 0},
		"in quotes over lines":   {"a: '\n" + strings.Repeat("[[[[\n", 50) + "'\n", 0},
		"in comments":            {"a: 1 # " + strings.Repeat("[", 50) + "\n# " + strings.Repeat("[", 50), 0},
		"amid words":             {"a: b" + strings.Repeat("[", 50), 0},
		"an apostrophe in words": {"a: it's\nb: " + strings.Repeat("[", 50), 2},
	} {
		if got := tooDeep(c.text); got != c.want {
			t.Errorf("%s: line %d, want %d", name, got, c.want)
		}
	}
	if settings, problems := parseFile("a: " + strings.Repeat("[", 21)); settings != nil || len(problems) != 1 || !strings.Contains(problems[0].text, "nests too deep") {
		t.Errorf("%v, %v", settings, problems)
	}
}

// Only what is ours is looked at for a key that goes on over lines.
func TestDotEnvLooksForKeysInWhatIsWanted(t *testing.T) {
	text := "OTHER={\nSCIM_TOKEN=one\n}\nGOOGLE_CREDENTIALS_JSON={\n\"a\":1\n}\n"
	vars, problems := parseDotEnv(text, func(name string) bool { return name != "OTHER" })
	if len(problems) != 0 || vars["SCIM_TOKEN"].value != "one" || vars["GOOGLE_CREDENTIALS_JSON"].value != "{\n\"a\":1\n}" {
		t.Errorf("%v, %v", vars, problems)
	}
	if _, used, _ := read("{", []string{"}"}, false); used != 0 {
		t.Error("joins what nobody wants")
	}
}

func TestTheHostOfAURLInAnyCase(t *testing.T) {
	for s, want := range map[string]string{"https://SCIM.Example.COM/T/scim/v2": "scim.example.com", "http://LOCALHOST:8080/x": "localhost:8080"} {
		if u, text := checkURL(s); text != "" || u.Host != want {
			t.Errorf("%s: %v, %s", s, u, text)
		}
	}
	if _, text := checkURL("http://LOCALHOST.example.com"); text == "" {
		t.Error("http to another host")
	}
}
