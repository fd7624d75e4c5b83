package lambda_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A line is a line of the log.
type line map[string]any

// lines reads the log. Each line is a JSON object, with time, level, message and
// request, or metrics.
func (w *world) lines() (logged []line, metrics []line) {
	w.Helper()
	text := w.out.String()
	if text != "" && !strings.HasSuffix(text, "\n") {
		w.Errorf("the last line has no end: %q", text)
	}
	for one := range strings.Lines(text) {
		var l line
		if err := json.Unmarshal([]byte(one), &l); err != nil {
			w.Fatalf("no JSON: %v: %s", err, one)
		}
		if _, ok := l["_aws"]; ok {
			metrics = append(metrics, l)
			continue
		}
		at, _ := l["time"].(string)
		_, err := time.Parse(time.RFC3339, at)
		level, _ := l["level"].(string)
		if err != nil || !slices.Contains([]string{"debug", "info", "warning", "error"}, level) || l["msg"] == "" || l["requestId"] != request {
			w.Errorf("the line lacks something: %s", one)
		}
		logged = append(logged, l)
	}
	return logged, metrics
}

// said returns the lines with that message.
func (w *world) said(msg string) (found []line) {
	w.Helper()
	logged, _ := w.lines()
	for _, l := range logged {
		if l["msg"] == msg {
			found = append(found, l)
		}
	}
	return found
}

// metrics returns what CloudWatch would make of the log of one event, which has
// to hold one line of metrics: by "Name" for those without a dimension, and by
// "Name{Target=…}" for the others.
func (w *world) metrics() map[string]float64 {
	w.Helper()
	_, lines := w.lines()
	if len(lines) != 1 {
		w.Fatalf("%d lines of metrics:\n%s", len(lines), w.out.String())
	}
	values, err := decodeEMF(lines[0])
	if err != nil {
		w.Fatalf("%v:\n%v", err, lines[0])
	}
	return values
}

// decodeEMF reads a line as the specification of the embedded metric format
// says, and refuses what it does not allow (CloudWatch user guide: embedded
// metric format specification; its JSON schema).
func decodeEMF(root line) (map[string]float64, error) {
	meta, ok := root["_aws"].(map[string]any)
	if !ok || len(meta) != 2 {
		return nil, fmt.Errorf("_aws is %v", root["_aws"])
	}
	if at, ok := meta["Timestamp"].(float64); !ok || at < 9e11 || at != float64(int64(at)) {
		return nil, fmt.Errorf("Timestamp is %v, and not in milliseconds", meta["Timestamp"])
	}
	directives, ok := meta["CloudWatchMetrics"].([]any)
	if !ok || len(directives) == 0 {
		return nil, fmt.Errorf("CloudWatchMetrics is %v", meta["CloudWatchMetrics"])
	}
	values := map[string]float64{}
	for _, d := range directives {
		if err := directive(d, root, values); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func directive(raw any, root line, into map[string]float64) error {
	d, _ := raw.(map[string]any)
	namespace, _ := d["Namespace"].(string)
	sets, _ := d["Dimensions"].([]any)
	metrics, _ := d["Metrics"].([]any)
	if namespace != "ssosync" || len(sets) == 0 || len(metrics) == 0 || len(metrics) > 100 || len(d) != 3 {
		return fmt.Errorf("a directive is %v", raw)
	}
	for _, s := range sets {
		set, ok := s.([]any)
		if !ok || len(set) > 30 {
			return fmt.Errorf("a dimension set is %v", s)
		}
		label := ""
		for _, key := range set {
			name, _ := key.(string)
			value, ok := root[name].(string)
			if name == "" || len(name) > 250 || !ok || value == "" || len(value) > 1024 {
				return fmt.Errorf("dimension %v has the value %v", key, root[name])
			}
			label += "{" + name + "=" + value + "}"
		}
		for _, m := range metrics {
			def, _ := m.(map[string]any)
			name, _ := def["Name"].(string)
			unit, _ := def["Unit"].(string)
			value, ok := root[name].(float64)
			if name == "" || len(name) > 1024 || !ok || !slices.Contains([]string{"Count", "Milliseconds", "Seconds"}, unit) {
				return fmt.Errorf("metric %v has the value %v", m, root[name])
			}
			if _, twice := into[name+label]; twice {
				return fmt.Errorf("metric %s%s is there twice", name, label)
			}
			into[name+label] = value
		}
	}
	return nil
}
