package config

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// file reads ssosync.yaml. One that nobody asked for need not exist.
func (l *loader) file() layer {
	name := l.cfg.ConfigFile
	data, err := l.in.ReadFile(name)
	switch {
	case err == nil:
	case l.sources["config"].Layer == FromDefault && errors.Is(err, fs.ErrNotExist):
		return fileLayer(nil, name)
	default:
		l.problem(&Problem{Option: "config", Text: fmt.Sprintf("read %s: %v", name, cause(err))})
		return fileLayer(nil, name)
	}
	settings, problems := parseFile(string(data))
	for _, p := range problems {
		l.problem(&Problem{Option: p.option, Text: name + ":" + p.text})
	}
	return fileLayer(settings, name)
}

// A fileSetting is a setting in the file, as texts like those of flags.
type fileSetting struct {
	texts []string
	line  int
}

// fileLayer looks settings up in a file that has been read.
func fileLayer(settings map[string]fileSetting, name string) layer {
	return layer{get: func(o Option) (given, bool) {
		s, ok := settings[o.Name]
		empty := len(s.texts) == 1 && strings.TrimSpace(s.texts[0]) == ""
		if !ok || (empty && !o.repeats()) {
			return given{}, false
		}
		return given{s.texts, Origin{Layer: FromFile, Name: name, Line: s.line}}, true
	}}
}

// A fileProblem is something wrong in the file: "line:column: what", and the
// key with a caret under it. No value is ever part of it.
type fileProblem struct{ option, text string }

// parseFile reads a mapping of option names to scalars, lists, or mappings of
// scalars. Unknown keys are problems: a slip of the pen must not turn a guard
// off. The parser's own errors are not passed on, since they quote the source.
func parseFile(text string) (map[string]fileSetting, []fileProblem) {
	f, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		return nil, []fileProblem{syntaxProblem(err)}
	}
	p := fileParser{lines: strings.Split(text, "\n"), settings: map[string]fileSetting{}}
	for i, doc := range f.Docs {
		body := doc.Body
		if body == nil || body.Type() == ast.NullType || body.Type() == ast.CommentType {
			continue
		}
		switch m, ok := body.(ast.MapNode); {
		case i > 0:
			p.problem("", body.GetToken(), "there is more than one document in the file")
		case !ok:
			p.problem("", body.GetToken(), "the file is not a list of settings, each written KEY: VALUE")
		default:
			for it := m.MapRange(); it.Next(); {
				p.entry(it.Key(), it.Value())
			}
		}
	}
	return p.settings, p.problems
}

type fileParser struct {
	lines    []string
	settings map[string]fileSetting
	problems []fileProblem
}

// entry reads one setting.
func (p *fileParser) entry(key ast.MapKeyNode, value ast.Node) {
	tk := key.GetToken()
	o, ok := findKey(tk.Value)
	if !ok || key.IsMergeKey() {
		p.unknown(tk)
		return
	}
	s := fileSetting{line: tk.Position.Line}
	switch v := value.(type) {
	case nil, *ast.NullNode:
		return
	case *ast.SequenceNode:
		if !o.repeats() {
			p.problem(o.Name, tk, o.FileKey()+" takes one value, not a list")
			return
		}
		for _, item := range v.Values {
			if !p.scalar(o, tk, item, &s, "") {
				return
			}
		}
	case ast.MapNode:
		if o.Kind != Pairs {
			p.problem(o.Name, tk, o.FileKey()+" takes a value, not keys below it")
			return
		}
		for it := v.MapRange(); it.Next(); {
			if !p.scalar(o, tk, it.Value(), &s, it.Key().GetToken().Value+"=") {
				return
			}
		}
	default:
		if o.Kind == Pairs {
			p.problem(o.Name, tk, o.FileKey()+" takes a value for each name below it: NAME: VALUE")
			return
		}
		if !p.scalar(o, tk, value, &s, "") {
			return
		}
	}
	p.settings[o.Name] = s
}

// scalar adds a plain value to s.
func (p *fileParser) scalar(o Option, key *token.Token, n ast.Node, s *fileSetting, before string) bool {
	switch v := n.(type) {
	case *ast.StringNode:
		s.texts = append(s.texts, before+v.Value)
	case *ast.LiteralNode:
		s.texts = append(s.texts, before+v.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		s.texts = append(s.texts, before+v.GetToken().Value)
	default:
		p.problem(o.Name, key, o.FileKey()+" has a value that is not plain text")
		return false
	}
	return true
}

// findKey returns the option with that key in the file.
func findKey(key string) (Option, bool) {
	for _, o := range Options {
		if key != "" && o.FileKey() == key {
			return o, true
		}
	}
	return Option{}, false
}

// unknown reports a key that is no setting, with the one it may stand for.
func (p *fileParser) unknown(tk *token.Token) {
	var keys []string
	for _, o := range Options {
		if o.FileKey() == "" && o.Name == tk.Value {
			p.problem(o.Name, tk, o.Name+" is set by a flag or variable, not in the file")
			return
		}
		if o.FileKey() != "" {
			keys = append(keys, o.FileKey())
		}
	}
	text := "unknown key"
	if best := nearest(tk.Value, keys); best != "" {
		text += "; do you mean " + best + "?"
	}
	p.problem("", tk, text)
}

// plainKey is what a mistyped key looks like; other text is not shown, since
// it may be a value that came loose.
var plainKey = regexp.MustCompile(`^\s*(['"]?[A-Za-z][A-Za-z_-]{0,30}['"]?\s*:)`)

// problem reports what is wrong at a key, and shows the key if it is one.
func (p *fileParser) problem(option string, tk *token.Token, text string) {
	pos := tk.Position
	text = fmt.Sprintf("%d:%d: %s", pos.Line, pos.Column, text)
	if pos.Line >= 1 && pos.Line <= len(p.lines) {
		if m := plainKey.FindStringSubmatch(p.lines[pos.Line-1]); m != nil {
			margin := fmt.Sprintf("%4d | ", pos.Line)
			text += "\n" + margin + m[1] + " …\n" + strings.Repeat(" ", len(margin)-2) + "| ^"
		}
	}
	p.problems = append(p.problems, fileProblem{option, text})
}

// syntaxProblem keeps the position and the parser's words of an error, and
// drops what it quotes.
func syntaxProblem(err error) fileProblem {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil || e.GetToken().Position == nil {
		return fileProblem{text: " this is not YAML"}
	}
	pos := e.GetToken().Position
	words := "this is not YAML"
	if m := e.GetMessage(); slices.Contains(parserWords(), m) {
		words += ": " + m
	}
	if _, ok := errors.AsType[*yaml.DuplicateKeyError](err); ok || strings.Contains(e.GetMessage(), "already defined") {
		words = "this key is there twice"
	}
	return fileProblem{text: fmt.Sprintf("%d:%d: %s", pos.Line, pos.Column, words)}
}

// parserWords are messages of the YAML parser that are known to quote nothing.
func parserWords() []string {
	return []string{
		"non-map value is specified",
		"unexpected key name",
		"unexpected scalar value",
		"value is not allowed in this context",
		"value is not allowed in this context. map key-value is pre-defined",
		"mapping value is not allowed in this context",
		"block sequence entries are not allowed in this context",
		"',' or '}' must be specified",
		"',' or ']' must be specified",
		"sequence end token ']' not found",
		"could not find flow mapping end token '}'",
		"could not find value for mapping key",
		"found a tab character that violates indentation",
		"found character '\\t' that cannot start any token",
		"could not find end character of double-quoted text",
		"could not find end character of single-quoted text",
	}
}
