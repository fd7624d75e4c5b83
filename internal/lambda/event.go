package lambda

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ssosync/internal/config"
)

// An event is what a run is asked for.
type event struct {
	job       string // of CodePipeline; "" for none
	overrides overrides
}

// parse reads an event. It returns what it could, in any case the job, so that
// it can be told what is wrong.
func parse(payload []byte) (e event, err error) {
	object, _ := objectOf(payload) // nothing, or no object: it is a reason to run, and no more
	if job, ok := object["CodePipeline.job"]; ok {
		return codePipeline(job)
	}
	if isEnvelope(object) {
		return e, nil
	}
	e.overrides, err = readOverrides(object)
	return e, err
}

func objectOf(text []byte) (object map[string]json.RawMessage, ok bool) {
	err := json.Unmarshal(text, &object)
	return object, err == nil
}

// isEnvelope reports whether an object is not about us but of the service that
// calls: EventBridge and its Scheduler (EventBridge user guide: event
// structure), SNS, SQS and S3 (Lambda developer guide: event payloads), or the
// console's own test event.
func isEnvelope(object map[string]json.RawMessage) bool {
	has := func(keys ...string) bool {
		return !slices.ContainsFunc(keys, func(key string) bool { _, ok := object[key]; return !ok })
	}
	return has("detail-type", "source") || has("Records") || has("key1", "key2", "key3") && len(object) == 3
}

// codePipeline reads a job (CodePipeline user guide: JSON event example).
func codePipeline(raw json.RawMessage) (e event, err error) {
	var job struct {
		ID   string `json:"id"`
		Data struct {
			ActionConfiguration struct {
				Configuration struct {
					UserParameters string `json:"UserParameters"`
				} `json:"configuration"`
			} `json:"actionConfiguration"`
		} `json:"data"`
	}
	err = json.Unmarshal(raw, &job)
	if e.job = job.ID; err != nil || e.job == "" {
		return e, problems("event", &config.Error{Text: "the event has a CodePipeline.job that is not one", Hint: "CodePipeline writes such events; by hand, leave it out"})
	}
	text := strings.TrimSpace(job.Data.ActionConfiguration.Configuration.UserParameters)
	if !strings.HasPrefix(text, "{") {
		return e, nil // awslabs/ssosync does not read them at all
	}
	object, ok := objectOf([]byte(text))
	if !ok {
		return e, problems("event", &config.Error{Text: "the UserParameters of the action begin like JSON, and are none"})
	}
	e.overrides, err = readOverrides(object)
	return e, err
}

// texts returns the values of a setting as flags write them. A list that is
// empty is one empty value, which is what a flag says of it.
func texts(o config.Option, raw json.RawMessage) ([]string, error) {
	var value any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // an id of digits is no number
	if err := dec.Decode(&value); err != nil {
		return nil, fmt.Errorf("read the value: %w", err) // parse has read it before
	}
	var all []string
	ok := true
	add := func(before string, value any) {
		text, plain := scalar(value)
		all, ok = append(all, before+text), ok && plain
	}
	switch v := value.(type) {
	case nil:
		return nil, nil
	case []any:
		ok = o.Kind == config.List || o.Kind == config.Query
		for _, item := range v {
			add("", item)
		}
		if len(all) == 0 {
			all = []string{""}
		}
	case map[string]any:
		ok = o.Kind == config.Pairs
		for _, name := range slices.Sorted(maps.Keys(v)) {
			add(name+"=", v[name])
		}
	default:
		ok = o.Kind != config.Bool || isBool(value)
		add("", value)
	}
	if !ok {
		return nil, wants(o)
	}
	return all, nil
}

// isBool reports whether a value is true or false, or a text that may say so.
func isBool(value any) bool {
	_, number := value.(json.Number)
	return !number
}

func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case bool:
		return fmt.Sprint(v), true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// wants says what a setting takes.
func wants(o config.Option) error {
	what := "a text"
	switch o.Kind {
	case config.Bool:
		what = "true or false"
	case config.List, config.Query:
		what = "a text, or a list of texts"
	case config.Pairs:
		what = `an object of texts, such as {"users": "10%/5"}`
	case config.Text, config.Enum, config.KeyFile:
	}
	return &config.Error{Option: o.Name, From: fromEvent, Text: o.Name + " is not " + what}
}
