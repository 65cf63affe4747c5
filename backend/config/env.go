package config

import (
	"regexp"
	"slices"
	"strings"

	"freshframe/backend/option"
)

const envPrefix = "FRESHFRAME_"

// envName is the variable of a setting: max-streams gives FRESHFRAME_MAX_STREAMS.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// serviceLink matches what Kubernetes puts into every container where a service happens to
// be called freshframe. Those are nobody's misspelt settings.
var serviceLink = regexp.MustCompile(`^` + envPrefix + `(SERVICE_(HOST|PORT\w*)=|PORT_\d+_\w+=|PORT=\w+://)`)

// readEnv picks the settings out of env (NAME=value). An empty value counts as not given,
// as it comes from templates such as NAME=${UNSET}. The last of equal names wins.
func readEnv(env, names []string) (map[string]given, []Problem) {
	flags, known := map[string]string{}, make([]string, len(names))
	for i, n := range names {
		known[i] = envName(n)
		flags[known[i]] = n
	}
	values := map[string]given{}
	var unknown []string
	for _, e := range env {
		name, text, _ := strings.Cut(e, "=")
		flag, ok := flags[name]
		switch {
		case !strings.HasPrefix(name, envPrefix) || serviceLink.MatchString(e):
		case !ok:
			unknown = append(unknown, name)
		case text == "":
			delete(values, flag)
		default:
			values[flag] = given{layer: fromEnv, place: name, text: text}
		}
	}
	slices.Sort(unknown)
	var ps []Problem
	for _, name := range slices.Compact(unknown) {
		ps = append(ps, newProblem("", name, "", "unknown variable"+option.Suggest(name, known)))
	}
	return values, ps
}
