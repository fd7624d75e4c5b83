package identity

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// MarshalJSON writes the attributes that have a value under their names in
// [Attrs], in the order of the table, and active always.
func (u User) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, a := range Attrs {
		v := *a.Field(&u)
		if v == "" {
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", a.Name, err)
		}
		fmt.Fprintf(&b, "%q:%s,", a.Name, text)
	}
	fmt.Fprintf(&b, `"active":%t}`, u.Active)
	return b.Bytes(), nil
}

// UnmarshalJSON undoes MarshalJSON. A name that is not in [Attrs] is an error.
func (u *User) UnmarshalJSON(data []byte) error {
	var values map[string]any
	if err := json.Unmarshal(data, &values); err != nil {
		return fmt.Errorf("decode user: %w", err)
	}
	*u = User{}
	var ok bool
	if u.Active, ok = values["active"].(bool); !ok {
		return fmt.Errorf("decode user: active is %v, not true or false", values["active"])
	}
	delete(values, "active")
	for _, a := range Attrs {
		v, given := values[a.Name]
		if !given {
			continue
		}
		if *a.Field(u), ok = v.(string); !ok {
			return fmt.Errorf("decode user: %s is %v, not a text", a.Name, v)
		}
		delete(values, a.Name)
	}
	for name := range values {
		return fmt.Errorf("decode user: there is no attribute %q", name)
	}
	return nil
}
