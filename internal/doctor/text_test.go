package doctor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/doctor"
)

func sample() doctor.Report {
	return doctor.Report{Calls: doctor.Calls{Google: 1, AWS: 10}, Findings: []doctor.Finding{
		{ID: "config.region", Side: doctor.Configuration, Name: "region", Status: doctor.Error, Fact: "region does not look like us-east-1"},
		{ID: "google.token", Side: doctor.GoogleSide, Name: "login", Status: doctor.Error, Fact: "get a token from Google: unauthorized_client", Cause: "the delegation is missing", Remedy: "grant it 1100 the scopes https://a.example.com/one,https://a.example.com/two"},
		{ID: "google.users", Side: doctor.GoogleSide, Name: "read users", Status: doctor.Skipped, Fact: "not checked: needs login"},
		{ID: "aws.token", Side: doctor.AWSSide, Name: "SCIM token", Status: doctor.OK, Fact: "accepted → fine", Cause: "never shown", Remedy: "never shown"},
		{ID: "aws.network", Side: doctor.AWSSide, Name: "network policy", Status: doctor.Warning, Fact: "closed", Cause: "a list", Remedy: "let it in:\naws identitystore update-identity-store --identity-store-id d-1234567890 --network-configuration 'VpceAccessRequired=true'"},
	}}
}

func text(t *testing.T, o doctor.TextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := doctor.Text(&b, sample(), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	const want = `Configuration
  ✘ region           region does not look like us-east-1
Google
  ✘ login            get a token from Google: unauthorized_client
      cause:  the delegation is missing
      remedy: grant it 1100 the scopes https://a.example.com/one,https://a.example.com/two
  – read users       not checked: needs login
AWS
  ✔ SCIM token       accepted → fine
  ! network policy   closed
      cause:  a list
      remedy: let it in:
              aws identitystore update-identity-store --identity-store-id d-1234567890 --network-configuration 'VpceAccessRequired=true'
1 ok, 1 warning, 2 errors, 1 not checked; 1 call to Google, 10 calls to AWS; exit 5
`
	if diff := cmp.Diff(want, text(t, doctor.TextOptions{Exit: 5})); diff != "" {
		t.Error(diff)
	}
}

// Colours are all that they add, and nothing but ASCII is left where there is
// nothing else; the signs still differ.
func TestLooks(t *testing.T) {
	plain := text(t, doctor.TextOptions{})
	colored := text(t, doctor.TextOptions{Color: true})
	for _, c := range []string{"31", "32", "33", "2"} {
		if !strings.Contains(colored, "\x1b["+c+"m") {
			t.Errorf("no colour %s: %q", c, colored)
		}
		colored = strings.ReplaceAll(colored, "\x1b["+c+"m", "")
	}
	if diff := cmp.Diff(plain, strings.ReplaceAll(colored, "\x1b[0m", "")); diff != "" {
		t.Error(diff)
	}
	ascii := text(t, doctor.TextOptions{ASCII: true})
	for _, want := range []string{"  x region", "  - read users", "  + SCIM token       accepted -> fine", "  ! network policy"} {
		if !strings.Contains(ascii, want) {
			t.Errorf("no %q in\n%s", want, ascii)
		}
	}
	if strings.ContainsFunc(ascii, func(r rune) bool { return r > '~' }) {
		t.Error(ascii)
	}
}

// What has to be pasted is in one piece, and nothing else is wider than the
// terminal.
func TestWidths(t *testing.T) {
	for _, width := range []int{20, 40, 60, 80} {
		got := text(t, doctor.TextOptions{Width: width})
		for line := range strings.Lines(got) {
			line = strings.TrimRight(line, "\n")
			paste := strings.Contains(line, "https://a.example.com/one,https://a.example.com/two") || strings.Contains(line, "--network-configuration 'VpceAccessRequired=true'")
			if n := len([]rune(line)); n > max(width, 40) && !paste && !strings.HasPrefix(line, "1 ok") {
				t.Errorf("%d: %d columns: %q", width, n, line)
			}
		}
		if a, b := strings.Join(strings.Fields(got), " "), strings.Join(strings.Fields(text(t, doctor.TextOptions{})), " "); a != b {
			t.Errorf("%d: other words:\n%s", width, got)
		}
	}
}

// What helps against several findings is told once.
func TestARemedyIsToldOnce(t *testing.T) {
	r := sample()
	twin := r.Findings[1]
	twin.Name = "twin"
	r.Findings = append(r.Findings, twin)
	var b bytes.Buffer
	if err := doctor.Text(&b, r, doctor.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), twin.Remedy) != 1 || !strings.Contains(b.String(), "✘ twin             get a token from Google: unauthorized_client\n      cause and remedy as for: login\n") {
		t.Error(b.String())
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := doctor.JSON(&b, sample(), 5); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Version, Exit, OK, Warnings, Errors, Skipped int
		Calls                                        doctor.Calls
		Checks                                       []doctor.Finding
	}
	d := json.NewDecoder(&b)
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.Version != 1 || doc.Exit != 5 || doc.OK != 1 || doc.Warnings != 1 || doc.Errors != 2 || doc.Skipped != 1 || doc.Calls != sample().Calls {
		t.Errorf("%+v", doc)
	}
	if diff := cmp.Diff(sample().Findings, doc.Checks); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	if err := doctor.JSON(&b, doctor.Report{}, 0); err != nil || !strings.Contains(b.String(), `"checks": []`) {
		t.Errorf("%v: %s", err, &b)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestWritersThatFail(t *testing.T) {
	if doctor.Text(full{}, sample(), doctor.TextOptions{}) == nil || doctor.JSON(full{}, sample(), 0) == nil {
		t.Error("no error")
	}
}
