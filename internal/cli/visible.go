package cli

import "ssosync/internal/report"

// visible makes a text safe for a terminal. Line ends and tabs of our own texts
// stay; what servers say has none by then.
func visible(s string) string { return report.Visible(s, '\n', '\t') }
