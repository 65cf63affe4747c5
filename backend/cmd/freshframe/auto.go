package main

import (
	"fmt"

	"freshframe/backend/analyze"
	"freshframe/backend/httpapi"
)

// best is the combination that two cores keep up with; plain is what runs everywhere.
const (
	best  = "faces+hands+objects@5fps"
	plain = "motion"
)

// chooseAnalyzer is the analyzer asked for, or what auto stands for. One that this machine lacks
// something for is an error that says how to get it.
func chooseAnalyzer(asked string) (spec analyze.Spec, fallback *httpapi.Fallback, err error) {
	text := asked
	if asked == httpapi.Auto {
		text, fallback = automatic()
	}
	if spec, err = kinds.Parse(text); err != nil {
		return spec, nil, fmt.Errorf("%w: --analyzer: %w", errUsage, err)
	}
	if spec.Kind.Missing != nil {
		if err := spec.Kind.Missing(); err != nil {
			return spec, nil, fmt.Errorf("--analyzer %s: %w", asked, err)
		}
	}
	return spec, fallback, nil
}

// automatic is the analyzer that auto stands for here and now, and why it is not the best one.
func automatic() (text string, fallback *httpapi.Fallback) {
	spec, err := kinds.Parse(best)
	if err == nil && spec.Kind.Missing != nil {
		err = spec.Kind.Missing()
	}
	if err == nil {
		return best, nil
	}
	reason, hint := httpapi.Advice(err)
	return plain, &httpapi.Fallback{Wanted: best, Reason: reason, Hint: hint}
}

// whyAnalyzer is the line that says why this analyzer runs.
func whyAnalyzer(asked string, f *httpapi.Fallback) string {
	switch {
	case asked != httpapi.Auto:
		return "as asked for"
	case f == nil:
		return "the best that runs here"
	}
	return "not " + f.Wanted + ": " + f.Reason + ". " + f.Hint
}
