package secret

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A holder has a secret in every place that a struct can have one.
type holder struct {
	Value   String
	Pointer *String
	Slice   []String
	Map     map[string]String
	Any     any
	Nested  struct{ Deep String }
	hidden  String
	behind  *holder
}

type (
	field   struct{ S String }
	pointer struct{ P *String }
	list    struct{ L []String }
)

func holding(s String) holder {
	h := holder{Value: s, Pointer: &s, Slice: []String{s}, Map: map[string]String{"k": s}, Any: s, hidden: s}
	h.Nested.Deep = s
	h.behind = &holder{hidden: s, Any: &s}
	return h
}

// text draws a secret that can be told from what surrounds it.
func text(rt *rapid.T) string {
	return "S3cr3t" + rapid.StringN(6, 40, -1).Draw(rt, "secret")
}

// leak looks for the secret in the forms in which something may write it.
func leak(out, s string) bool {
	b, _ := json.Marshal(s)
	for _, form := range []string{s, fmt.Sprintf("%q", s), fmt.Sprintf("%x", s), fmt.Sprintf("%X", s), string(b), "S3cr3t", "53336372", "83 51 99 114 51 116"} {
		if strings.Contains(out, form) {
			return true
		}
	}
	return false
}

func TestNoVerbShowsIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plain := text(rt)
		s := New(plain)
		h := holding(s)
		verb := rapid.SampledFrom(strings.Split("vTtbcdoOqxXUeEfFgGspwy!", "")).Draw(rt, "verb")
		flags := rapid.SampledFrom([]string{"", "+", "#", "-", " ", "0", "30", "-30", ".3", "+#", "# 0", "[1]"}).Draw(rt, "flags")
		for _, v := range []any{s, &s, []String{s}, map[string]String{"a": s}, map[any]int{&s: 1}, h, &h, struct{ s String }{s}, reflect.ValueOf(s), reflect.ValueOf(h)} {
			if out := fmt.Sprintf("%"+flags+verb, v); leak(out, plain) {
				rt.Fatalf("%%%s%s of %T shows it: %s", flags, verb, v, out)
			}
		}
		if !slices.Contains([]string{"T", "p", "w", "!"}, verb) {
			if out := fmt.Sprintf("%"+flags+verb, s); out != "[redacted]" {
				rt.Fatalf("%%%s%s gives %q", flags, verb, out)
			}
		}
	})
}

func TestNoEncoderShowsIt(t *testing.T) {
	encoders := map[string]func(any) (string, error){
		"json": func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err },
		"yaml": func(v any) (string, error) { b, err := yaml.Marshal(v); return string(b), err },
		"xml":  func(v any) (string, error) { b, err := xml.Marshal(v); return string(b), err },
		"gob": func(v any) (string, error) {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return b.String(), err
		},
		"template": func(v any) (string, error) {
			var b strings.Builder
			err := template.Must(template.New("").Parse(`{{.}} {{printf "%#v" .}} {{print .}} {{html .}} {{js .}} {{urlquery .}}`)).Execute(&b, v)
			return b.String(), err
		},
		"slog json": func(v any) (string, error) {
			var b strings.Builder
			slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "k", v, slog.Group("g", "k", v))
			return b.String(), nil
		},
		"slog text": func(v any) (string, error) {
			var b strings.Builder
			slog.New(slog.NewTextHandler(&b, nil)).With("w", v).Info("m", "k", v)
			return b.String(), nil
		},
		"cmp":   func(v any) (string, error) { return cmp.Diff(v, nil) + cmp.Diff(nil, v), nil },
		"panic": func(v any) (out string, _ error) { defer func() { out = fmt.Sprint(recover()) }(); panic(v) },
		"error": func(v any) (string, error) { return errors.Join(fmt.Errorf("log in with %v", v)).Error(), nil },
	}
	rapid.Check(t, func(rt *rapid.T) {
		plain := text(rt)
		s := New(plain)
		for name, encode := range encoders {
			for _, v := range []any{s, &s, field{s}, pointer{&s}, list{[]String{s}}} {
				out, err := encode(v)
				if err != nil {
					rt.Fatalf("%s of %T: %v", name, v, err)
				}
				if leak(out, plain) {
					rt.Fatalf("%s of %T shows it: %s", name, v, out)
				}
				if name != "cmp" && !strings.Contains(out, "[redacted]") {
					rt.Fatalf("%s of %T does not say that it is hidden: %s", name, v, out)
				}
			}
		}
	})
}

func TestMapKeys(t *testing.T) {
	b, err := json.Marshal(map[string]String{"k": New("S3cr3t")})
	if want := `{"k":"[redacted]"}`; string(b) != want || err != nil {
		t.Errorf("%s, %v; want %s", b, err, want)
	}
}

func TestString(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rapid.String().Draw(rt, "a"), rapid.String().Draw(rt, "b")
		if got := New(a).Reveal(); got != a {
			rt.Fatalf("revealed %q, want %q", got, a)
		}
		if New(a).Empty() != (a == "") {
			rt.Fatalf("%q: empty is %v", a, New(a).Empty())
		}
		if !New(a).Equal(New(a)) || New(a).Equal(New(b)) != (a == b) {
			rt.Fatalf("%q and %q: equal is %v", a, b, New(a).Equal(New(b)))
		}
	})
	var zero String
	if got := fmt.Sprintf("%v %s %q", zero, New(""), &zero); got != "[empty] [empty] [empty]" {
		t.Errorf("%q", got)
	}
	if !zero.Equal(New("")) || !zero.Empty() || zero.Reveal() != "" {
		t.Error("the zero value is not the empty text")
	}
	if zero.LogValue().String() != "[empty]" {
		t.Errorf("logs %q", zero.LogValue())
	}
}
