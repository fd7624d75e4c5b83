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
	l.cfg.ConfigFile = ""
	data, err := l.in.ReadFile(name)
	switch {
	case err == nil:
	case l.sources["config"].Layer == FromDefault && errors.Is(err, fs.ErrNotExist):
		return fileLayer(nil, name)
	default:
		l.problem(&Error{Option: "config", Text: fmt.Sprintf("read %s: %v", name, cause(err))})
		return fileLayer(nil, name)
	}
	l.cfg.ConfigFile = name
	settings, problems := parseFile(string(data))
	for _, p := range problems {
		l.problem(&Error{Option: p.option, Text: name + ":" + p.text})
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
		empty := len(s.texts) == 1 && strings.TrimSpace(s.texts[0]) == "" && !o.Blank
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
	p := fileParser{lines: strings.Split(text, "\n"), settings: map[string]fileSetting{}}
	if line := tooDeep(text); line > 0 {
		p.problems = append(p.problems, fileProblem{text: fmt.Sprintf("%d: this nests too deep", line)})
		return nil, p.problems
	}
	f, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		p.syntax(err)
		return nil, p.problems
	}
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
	if !ok {
		p.unknown(tk)
		return
	}
	s := fileSetting{line: tk.Position.Line}
	if value == nil || value.Type() == ast.NullType {
		return
	}
	_, isList := value.(*ast.SequenceNode)
	_, isMap := value.(ast.MapNode)
	switch {
	case isList && !o.repeats():
		p.problem(o.Name, tk, o.FileKey()+" takes one value, not a list")
	case isMap && o.Kind != Pairs:
		p.problem(o.Name, tk, o.FileKey()+" takes a value, not keys below it")
	case !isMap && o.Kind == Pairs:
		p.problem(o.Name, tk, o.FileKey()+" takes a value for each name below it, NAME: VALUE")
	default:
		texts, ok := texts(value)
		if !ok {
			p.problem(o.Name, tk, o.FileKey()+" has a value that is not plain text")
			return
		}
		s.texts = texts
		p.settings[o.Name] = s
	}
}

// texts returns the plain values in a node: one, those of a list, or those of
// a mapping as NAME=VALUE.
func texts(n ast.Node) (all []string, ok bool) {
	switch v := n.(type) {
	case *ast.SequenceNode:
		for _, item := range v.Values {
			text, ok := scalar(item)
			if !ok {
				return nil, false
			}
			all = append(all, text)
		}
		return all, true
	case ast.MapNode:
		for it := v.MapRange(); it.Next(); {
			text, ok := scalar(it.Value())
			if !ok {
				return nil, false
			}
			all = append(all, it.Key().GetToken().Value+"="+text)
		}
		return all, true
	}
	text, ok := scalar(n)
	return []string{text}, ok
}

// scalar returns the text of a plain value, as it is written: an id of digits
// is no number.
func scalar(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return v.GetToken().Value, true
	}
	return "", false
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

// syntax keeps the position and the parser's words of an error, and drops what
// it quotes.
func (p *fileParser) syntax(err error) {
	e, ok := errors.AsType[yaml.Error](err)
	if !ok || e.GetToken() == nil || e.GetToken().Position == nil {
		p.problems = append(p.problems, fileProblem{text: " this is not YAML"})
		return
	}
	words := "this is not YAML"
	switch m := e.GetMessage(); {
	case strings.HasPrefix(m, "mapping key ") && strings.Contains(m, "already defined"):
		words = "this key is there twice"
	case slices.Contains(parserWords(), m):
		words += ": " + m
	}
	p.problem("", e.GetToken(), words)
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
