package planfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Decode returns the file that was written as data. Anything else is an error
// that says what is wrong: another kind of file, a newer version, something cut
// off, edited or reformatted.
func Decode(data []byte) (File, error) {
	f, err := decode(data)
	if err != nil {
		return File{}, fmt.Errorf("decode plan: %w", err)
	}
	return f, nil
}

func decode(data []byte) (File, error) {
	if len(data) > MaxBytes {
		return File{}, fmt.Errorf("it has %d bytes, more than %d: it is no plan of ours", len(data), MaxBytes)
	}
	if err := recognise(data); err != nil {
		return File{}, err
	}
	f, err := parse(data)
	if err != nil {
		return File{}, err
	}
	// Writing it again is what finds all that a decoder lets pass: members that
	// are there twice or in other letters, and digests that do not fit.
	again, digest, err := f.write()
	if err != nil {
		return File{}, err
	}
	if err := f.sound(digest); err != nil {
		return File{}, err
	}
	if !bytes.Equal(data, again) {
		return File{}, errors.New("it was reformatted or edited after it was made: what it says fits its digest, but it is not written as we write it")
	}
	return f, nil
}

// recognise says what data is, if it is not a plan that this version can read.
func recognise(data []byte) error {
	text := bytes.TrimSpace(data)
	switch {
	case len(text) == 0:
		return errors.New("the file is empty")
	case text[0] == '<':
		return errors.New("it is a page for people (HTML or XML), not a plan as plan --out writes it")
	case text[0] != '{':
		return errors.New("it is not a plan as plan --out writes it")
	}
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
		Outcome string `json:"outcome"`
	}
	err := json.Unmarshal(data, &head)
	syntax, broken := errors.AsType[*json.SyntaxError](err)
	switch {
	case broken && syntax.Offset >= int64(len(data)):
		return errors.New("it is cut off, or something is missing at its end")
	case broken:
		return fmt.Errorf("it is damaged at byte %d: %w", syntax.Offset, err)
	case err != nil:
		return fmt.Errorf("it is not a plan as plan --out writes it: %w", err)
	case head.Format == "" && head.Outcome != "":
		return errors.New("it is a report, as --output json writes it, not a plan as plan --out does")
	case head.Format != Format:
		return fmt.Errorf("its format is %.64q, not %q: it is something else", head.Format, Format)
	case head.Version > Version:
		return fmt.Errorf("it was written by a newer ssosync (version %d of the schema, and this one knows %d): upgrade ssosync, or make a new plan with this one", head.Version, Version)
	case head.Version < 1:
		return fmt.Errorf("there is no version %d of the schema", head.Version)
	}
	return nil
}

// parse reads a document, and believes it.
func parse(data []byte) (File, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var doc document
	if err := dec.Decode(&doc); err != nil {
		return File{}, fmt.Errorf("it was edited, or something else has written it: %w", err)
	}
	return File{
		ID: doc.ID, Digest: doc.Digest, Created: doc.Created, Expires: doc.Expires,
		Tool: doc.Tool, Target: doc.Target, Configuration: doc.Configuration,
		Plan: doc.Plan, Refusals: doc.Refusals, Approvals: doc.Approvals,
	}, nil
}
