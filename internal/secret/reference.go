package secret

import (
	"errors"
	"strings"
	"unicode"
)

// The schemes of a [Reference].
const (
	SecretsManager = "secretsmanager" // AWS Secrets Manager
	SSM            = "ssm"            // AWS Systems Manager Parameter Store
	Env            = "env"            // an environment variable
	File           = "file"           // a file
	Exec           = "exec"           // what a command prints
)

// A Reference says where a secret is kept. It holds no secret itself, but the
// arguments of a command may: whatever prints a Reference goes through
// [Reference.String].
type Reference struct {
	Scheme string
	// Name is the name of the secret, parameter or variable, or the ARN of the
	// first two, the path of the file, or the command line ([Reference.Command]).
	Name   string
	Key    string // the member of a JSON object to take; "" takes the whole
	Region string // of the ARN, "" if the name is none
	Stage  string // Secrets Manager: the staging label; "" is AWSCURRENT
}

// ParseReference reads one of
//
//	arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME[:STAGE][#KEY]
//	arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME[:VERSION][#KEY]
//	secretsmanager:NAME[:STAGE][#KEY]
//	ssm:NAME[:VERSION][#KEY]
//	env:NAME[#KEY]
//	file:PATH[#KEY]
//	exec:COMMAND[#KEY]
//
// STAGE is a staging label such as AWSPREVIOUS. It follows a colon, which no
// secret's name can hold, while an @ may be part of one (Secrets Manager API
// reference: CreateSecret). VERSION, a number or a label, is Parameter Store's
// own syntax and part of the Name. After secretsmanager: and ssm:, NAME may be
// an ARN.
//
// A path and a command may have a # in them. What follows the last one is a KEY
// only if it consists of letters, digits and any of _ - . alone, and a # that
// ends the whole means that there is no KEY: file:/run/a#b# is the file a#b.
//
// Whatever has no such beginning is a literal: not ok, and no error. The error
// is for what is plainly meant as a reference, and is none; it never quotes the
// value, since one cannot know what it is.
func ParseReference(value string) (ref Reference, ok bool, err error) {
	value = strings.TrimSpace(value)
	scheme, rest, found := strings.Cut(value, ":")
	if !found {
		return Reference{}, false, nil
	}
	switch scheme {
	case "arn":
		ref, err = remote("", value)
	case SecretsManager, SSM:
		ref, err = remote(scheme, strings.TrimSpace(rest))
	case Env, File, Exec:
		ref, err = local(scheme, strings.TrimSpace(rest))
	default:
		return Reference{}, false, nil
	}
	if err != nil {
		return Reference{}, false, err
	}
	return ref, true, nil
}

var (
	errARN = errors.New("the ARN is neither that of a secret, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, " +
		"nor that of a parameter, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME")
	errKey   = errors.New("nothing follows the # of the reference: write #KEY to take one member of a JSON secret, or leave the # out")
	errStage = errors.New("the reference has too many or too few colons: write NAME, or NAME:STAGE to have another version, " +
		"and #KEY, not :KEY, to take one member of a JSON secret")
	errChars = errors.New("the reference has a space, or a character that cannot be seen, in a name")
)

// remote reads what AWS keeps. With scheme "", it has to be an ARN.
func remote(scheme, text string) (Reference, error) {
	text, key, found := strings.Cut(text, "#")
	if found && key == "" {
		return Reference{}, errKey
	}
	r := Reference{Scheme: scheme, Name: text, Key: key}
	name := text
	if strings.HasPrefix(text, "arn:") {
		var err error
		if r.Scheme, r.Region, name, err = arn(text); err != nil {
			return Reference{}, err
		}
		if scheme != "" && scheme != r.Scheme {
			return Reference{}, errors.New("the reference begins with " + scheme + ": and names the ARN of another service")
		}
	}
	if r.Scheme == SecretsManager {
		secret, stage, staged := strings.Cut(name, ":")
		if staged && stage == "" || strings.Contains(stage, ":") {
			return Reference{}, errStage
		}
		r.Name, r.Stage = strings.TrimSuffix(text, name)+secret, stage
		name = secret
	}
	switch {
	case name == "":
		return Reference{}, nameless(r.Scheme)
	case !plain(r.Name + r.Stage), !visible(r.Key):
		return Reference{}, errChars
	}
	return r, nil
}

// arn takes an ARN of any partition apart (IAM User Guide: ARNs; Service
// Authorization Reference: resource types of either service).
func arn(text string) (scheme, region, name string, err error) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) < 6 || parts[1] == "" || parts[4] == "" || !isRegion(parts[3]) {
		return "", "", "", errARN
	}
	kind := map[string]string{SecretsManager: "secret:", SSM: "parameter/"}[parts[2]]
	name, found := strings.CutPrefix(parts[5], kind)
	if kind == "" || !found {
		return "", "", "", errARN
	}
	return parts[2], parts[3], name, nil
}

// isRegion reports whether s can be one. It becomes part of a host's name, so
// that nothing else may be in it.
func isRegion(s string) bool { return s != "" && consists(s, "-abcdefghijklmnopqrstuvwxyz0123456789") }

// local reads what this machine has.
func local(scheme, text string) (Reference, error) {
	r := Reference{Scheme: scheme, Name: text}
	if at := hash(scheme, text); at >= 0 {
		r.Name, r.Key = strings.TrimSpace(text[:at]), text[at+1:]
		if scheme == Env && r.Key == "" {
			return Reference{}, errKey
		}
	}
	if r.Name == "" {
		return Reference{}, nameless(scheme)
	}
	ok := visible(r.Key)
	switch scheme {
	case Env:
		ok = ok && plain(r.Name) && !strings.Contains(r.Name, "=")
	case File:
		ok = ok && visible(r.Name)
	case Exec:
		if _, err := r.Command(); err != nil {
			return Reference{}, err
		}
	}
	if !ok {
		return Reference{}, errChars
	}
	return r, nil
}

// hash returns where the # is that a key follows, or -1.
func hash(scheme, text string) int {
	if scheme == Env {
		return strings.IndexByte(text, '#')
	}
	at := strings.LastIndexByte(text, '#')
	if at >= 0 && !consists(text[at+1:], keyChars) {
		return -1 // it belongs to the path or the command
	}
	return at
}

func nameless(scheme string) error {
	what := map[string]string{File: "PATH", Exec: "COMMAND"}[scheme]
	if what == "" {
		what = "NAME"
	}
	return errors.New("the reference names nothing: write " + scheme + ":" + what)
}

// String returns the reference as it is written, and so as it may be shown to
// people, but of a command no more than the program: its arguments may be secret.
func (r Reference) String() string {
	s := r.Scheme + ":" + r.Name
	switch {
	case r.Scheme == Exec:
		s = Exec + ":" + r.program()
	case r.Region != "":
		s = r.Name
	}
	if r.Stage != "" {
		s += ":" + r.Stage
	}
	if r.Key != "" || r.Scheme == File && strings.Contains(r.Name, "#") {
		s += "#" + r.Key
	}
	return s
}

// GoString keeps arguments out of %#v.
func (r Reference) GoString() string { return r.String() }

// MarshalText keeps arguments out of JSON and of logs.
func (r Reference) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// maxProgram is more than the path of a program takes, in bytes.
const maxProgram = 200

// program returns the first word of a command, or "…" if that does not look like
// the name of a program. TOKEN=… in its place may come from a shell's line.
func (r Reference) program() string {
	words, err := r.Command()
	if err != nil || len(words[0]) > maxProgram || strings.Contains(words[0], "=") || !visible(words[0]) {
		return "…"
	}
	return words[0]
}

// keyChars are what the key of a file or a command may be made of.
const keyChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."

// consists reports whether s has no other characters than those of a set.
func consists(s, of string) bool { return strings.Trim(s, of) == "" }

// plain reports whether s has neither spaces nor what cannot be seen.
func plain(s string) bool { return visible(s) && !strings.ContainsFunc(s, unicode.IsSpace) }

// visible reports whether people see all of s, and nothing in it controls a
// terminal or the direction of text.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}
