package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/report"
)

// golden compares with a file; UPDATE=1 writes it.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (UPDATE=1 rewrites it):\n%s", path, diff)
	}
}

func TestGolden(t *testing.T) {
	for name, r := range cases() {
		t.Run(name, func(t *testing.T) {
			for _, f := range []struct {
				ext   string
				write func(*bytes.Buffer) error
			}{
				{".txt", func(b *bytes.Buffer) error { return report.Text(b, r, report.TextOptions{Width: 100}) }},
				{".md", func(b *bytes.Buffer) error { return report.Markdown(b, r) }},
				{".html", func(b *bytes.Buffer) error { return report.HTML(b, r) }},
				{".json", func(b *bytes.Buffer) error { return report.JSON(b, r) }},
			} {
				var b bytes.Buffer
				if err := f.write(&b); err != nil {
					t.Fatal(err)
				}
				golden(t, name+f.ext, b.Bytes())
			}
		})
	}
}
