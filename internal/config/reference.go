package config

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Reference returns docs/reference.md; see [WriteReference].
func Reference() string {
	var b strings.Builder
	_ = WriteReference(&b)
	return b.String()
}

// WriteReference writes the documentation of every setting, and of the order
// in which they are read.
func WriteReference(w io.Writer) error {
	var b strings.Builder
	b.WriteString(referenceHead)
	for _, group := range []Group{Google, AWS, Scope, Semantics, Guards, Output, Files} {
		fmt.Fprintf(&b, "\n### %s\n\n| flag | variables | file key | default | meaning |\n|---|---|---|---|---|\n", group)
		for _, o := range Options {
			if o.Group == group {
				b.WriteString(o.row())
			}
		}
	}
	b.WriteString(referenceTail)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the reference: %w", err)
	}
	return nil
}

// row is the line of one setting in its table.
func (o Option) row() string {
	flag := "–"
	if !o.NoFlag {
		flag = "`--" + o.Name + "`"
		if o.Short != "" {
			flag += " `-" + o.Short + "`"
		}
	}
	var names []string
	for _, name := range slices.Concat(o.Env, o.Last) {
		names = append(names, "`"+name+"`")
	}
	meaning := strings.NewReplacer("`", "", "|", `\|`, "*", `\*`).Replace(o.Help)
	if o.Note != "" {
		meaning += "; " + o.Note
	}
	if o.Since != "" {
		meaning += " *(awslabs " + o.Since + ")*"
	}
	return "| " + strings.Join([]string{flag, orDash(strings.Join(names, " ")), code(o.FileKey()), code(o.shownDefault()), meaning}, " | ") + " |\n"
}

// shownDefault is the default as the reference shows it.
func (o Option) shownDefault() string {
	if o.Name != "guard" {
		return o.Default
	}
	var limits []string
	for _, g := range guardLimits() {
		limits = append(limits, g.name+"="+g.limit)
	}
	return strings.Join(limits, ",")
}

func code(s string) string {
	if s == "" {
		return "–"
	}
	return "`" + s + "`"
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

const referenceHead = `# Reference

<!-- Made by make update from the tables of the program; do not edit. -->

## Settings

A setting is taken from the first of these that has it: its flag; the environment; ` + "`ssosync.yaml`" + ` in the current
directory, or the file of ` + "`--config`" + `; ` + "`.env`" + ` in the current directory, or the file of ` + "`--env-file`" + `; the default.
` + "`ssosync config explain`" + ` shows each value in effect and where it comes from; secrets show as ` + "`[set]`" + `.

- Of several variables for one setting the first in its row wins. An empty variable is an unset one, except for
  ` + "`GROUP_MATCH` and `USER_MATCH`" + `, where empty means nothing.
- ` + "`AWS_REGION`, `AWS_DEFAULT_REGION` and `GOOGLE_APPLICATION_CREDENTIALS`" + ` are asked last of all: after the Region in the
  name of the SCIM host, and after ` + "`credentials.json`" + `.
- Booleans are true, false, yes, no, 1 or 0, in any case. Lists are cut at commas, or the flag is repeated.
- A flag takes its value as ` + "`--flag value`, `--flag=value`, `-f value` or `-fvalue`" + `; another flag is never taken as the value.
- ` + "`-r us-east-1`" + ` is ` + "`--region`" + `; ` + "`-r`" + ` alone is ` + "`--retain-unmatched`" + `, with a warning.
- A variable that begins with ` + "`SSOSYNC_`" + ` and is misspelled, and an unknown key in the file, are errors.
- In ` + "`.env`" + `, names that are not listed here are left to other programs. Nothing is expanded in it.
- In AWS Lambda no ` + "`.env`" + ` is read unless ` + "`SSOSYNC_ENV_FILE`" + ` names one.
`

const referenceTail = `
### Other variables

| variable | meaning |
|---|---|
| ` + "`AWS_ACCESS_KEY_ID` `AWS_SECRET_ACCESS_KEY` `AWS_SESSION_TOKEN`" + ` | AWS credentials; those in ` + "`.env`" + ` count when the environment has none of any kind |
| ` + "`AWS_PROFILE`" + ` and the others of the AWS SDK | read by the SDK from the environment |
`
