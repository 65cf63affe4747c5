package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// object is a JSON object.
type object = map[string]any

func openAPIDocument(t testing.TB) object {
	t.Helper()
	var doc object
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at follows names into nested objects.
func at(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}

// checker holds JSON against the schemas of the description, as far as they use JSON
// Schema. It is strict: a member that a schema does not name is an error.
type checker struct {
	doc  object
	used map[string]bool // which members of which schema were seen: "State.camera"
}

func (c *checker) check(schema any, v any, path string) error {
	s := schema.(object)
	if ref, ok := s["$ref"].(string); ok {
		name, ok := strings.CutPrefix(ref, "#/components/schemas/")
		target := at(c.doc, "components", "schemas", name)
		if !ok || target == nil {
			return fmt.Errorf("%s: no schema %s", path, ref)
		}
		return c.check(target, v, path)
	}
	if options, ok := s["oneOf"].([]any); ok {
		var errs []string
		for _, o := range options {
			err := c.check(o, v, path)
			if err == nil {
				return nil
			}
			errs = append(errs, err.Error())
		}
		return fmt.Errorf("%s: none fits: %s", path, strings.Join(errs, "; "))
	}
	if err := checkType(s["type"], v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if words, ok := s["enum"].([]any); ok && !slices.Contains(words, v) {
		return fmt.Errorf("%s: %v is none of %v", path, v, words)
	}
	switch v := v.(type) {
	case object:
		return c.checkObject(s, v, path)
	case []any:
		if n, ok := s["minItems"].(float64); ok && len(v) < int(n) {
			return fmt.Errorf("%s: %d items", path, len(v))
		}
		if n, ok := s["maxItems"].(float64); ok && len(v) > int(n) {
			return fmt.Errorf("%s: %d items", path, len(v))
		}
		for i, item := range v {
			c.used[path+"[]"] = true
			if err := c.check(s["items"], item, path+"[]"); err != nil {
				return fmt.Errorf("item %d: %w", i, err)
			}
		}
	}
	return nil
}

func (c *checker) checkObject(s, v object, path string) error {
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			return fmt.Errorf("%s.%s is missing", path, name)
		}
	}
	for name, member := range v {
		schema := at(s, "properties", name)
		if schema == nil {
			schema = s["additionalProperties"]
		}
		if _, ok := schema.(object); !ok {
			return fmt.Errorf("%s.%s is not described", path, name)
		}
		c.used[path+"."+name] = true
		if err := c.check(schema, member, path+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func checkType(want, v any) error {
	kinds, ok := want.([]any)
	if !ok {
		kinds = []any{want}
	}
	var got string
	switch v := v.(type) {
	case nil:
		got = "null"
	case bool:
		got = "boolean"
	case string:
		got = "string"
	case []any:
		got = "array"
	case object:
		got = "object"
	case float64:
		got = "number"
		if v == math.Trunc(v) && slices.Contains(kinds, any("integer")) {
			got = "integer"
		}
	}
	if !slices.Contains(kinds, any(got)) {
		return fmt.Errorf("want %v, got %s %v", want, got, v)
	}
	return nil
}

// described lists all members of a schema, with those of the schemas it refers to, by the
// paths that check uses.
func (c *checker) described(schema any, path string) []string {
	s := schema.(object)
	if ref, ok := s["$ref"].(string); ok {
		return c.described(at(c.doc, "components", "schemas", strings.TrimPrefix(ref, "#/components/schemas/")), path)
	}
	var all []string
	if properties, ok := s["properties"].(object); ok {
		for name, member := range properties {
			all = append(all, path+"."+name)
			all = append(all, c.described(member, path+"."+name)...)
		}
	}
	if items, ok := s["items"]; ok {
		all = append(all, c.described(items, path+"[]")...)
	}
	return all
}

// conforms checks JSON text against a named schema, and gives the members it used.
func conforms(t testing.TB, name string, text []byte) *checker {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v in %.200s", name, err, text)
	}
	c := &checker{doc: openAPIDocument(t), used: map[string]bool{}}
	if err := c.check(object{"$ref": "#/components/schemas/" + name}, v, name); err != nil {
		t.Errorf("%v\nin %s", err, text)
	}
	return c
}

// The description names every address, and no other.
func TestOpenAPINamesEveryRoute(t *testing.T) {
	s := New((&rig{t: t, cam: newFakeCamera(), pipe: newFakePipeline(t)}).config())
	var registered, described []string
	for _, r := range s.app.GetRoutes(true) {
		if r.Method != fiber.MethodHead && r.Path != "/*" { // HEAD comes with every GET; files are no API
			registered = append(registered, r.Method+" "+r.Path)
		}
	}
	for path, item := range at(openAPIDocument(t), "paths").(object) {
		for method := range item.(object) {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(registered)
	slices.Sort(described)
	if !slices.Equal(slices.Compact(registered), described) {
		t.Errorf("registered %v\ndescribed  %v", registered, described)
	}
}

// Every reference leads to a schema, and every schema is referred to or is an event's.
func TestOpenAPIReferences(t *testing.T) {
	doc := openAPIDocument(t)
	referred := map[string]bool{"State": true, "Frame": true, "Gap": true} // by the text of /api/v1/events
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case object:
			if ref, ok := v["$ref"].(string); ok {
				referred[strings.TrimPrefix(ref, "#/components/schemas/")] = true
			}
			for _, member := range v {
				walk(member)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(doc)
	got := slices.Sorted(maps.Keys(at(doc, "components", "schemas").(object)))
	if want := slices.Sorted(maps.Keys(referred)); !slices.Equal(got, want) {
		t.Errorf("schemas %v\nreferred %v", got, want)
	}
}

// The query parameters that the description promises are taken, with their defaults, and
// others are refused: by the API, that is, for streams ignore them.
func TestOpenAPIParametersAreTaken(t *testing.T) {
	r := newRig(t)
	r.Report(report(1))
	r.pipe.set(func(p *fakePipeline) { p.annotated, p.raw = realPicture(t, 9, 64, 48), realPicture(t, 9, 64, 48) })
	example := func(schema object) string {
		switch {
		case schema["default"] != nil:
			return fmt.Sprint(schema["default"])
		case schema["enum"] != nil:
			return fmt.Sprint(schema["enum"].([]any)[0])
		case schema["minimum"] != nil:
			return fmt.Sprint(schema["minimum"])
		}
		return "x"
	}
	for path, item := range at(openAPIDocument(t), "paths").(object) {
		parameters, _ := at(item, "get", "parameters").([]any)
		for _, p := range parameters {
			query := path + "?" + at(p, "name").(string) + "=" + example(at(p, "schema").(object))
			s := r.open(query, 0)
			if got := s.head.StatusCode; got == 400 || got == 404 || got == 500 {
				t.Errorf("%s: %d", query, got)
			}
			s.nc.Close()
		}
		if strings.HasPrefix(path, "/api/v1/") && at(item, "get") != nil && path != "/api/v1/openapi.json" {
			resp, body := r.get(path + "?nonsense=1")
			wantError(t, resp, body, 400, "bad_parameter")
		}
	}
}

func TestOpenAPIIsServed(t *testing.T) {
	r := newRig(t)
	resp, body := r.get("/api/v1/openapi.json")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" || string(body) != string(openAPI) {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}
