package lambda

import (
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// limitMemory has Go collect its garbage before Lambda ends a function for the
// memory that it takes: a quarter is left for what is not the heap. Who sets
// GOMEMLIMIT is heard by Go itself.
func limitMemory(environ []string) {
	if limit := memoryLimit(environ); limit > 0 {
		debug.SetMemoryLimit(limit)
	}
}

// memoryLimit returns the limit in bytes, 0 for none of ours (Lambda developer
// guide: environment variables; the size is in MB of 2²⁰ bytes).
func memoryLimit(environ []string) int64 {
	if variable(environ, "GOMEMLIMIT") != "" {
		return 0
	}
	size, err := strconv.ParseUint(variable(environ, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 16)
	if err != nil {
		return 0
	}
	return int64(size) << 20 / 4 * 3
}

// variable returns the value of a variable, "" if it is not set.
func variable(environ []string, name string) string {
	for _, kv := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	return ""
}
