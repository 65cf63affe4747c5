package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"freshframe/backend/capture"
	"freshframe/backend/option"
	"freshframe/backend/overlay"
	"freshframe/backend/pipeline"
)

func (s *Server) handleHealthz(c *fiber.Ctx) error {
	return c.JSON(fiber.Map{"status": "up"})
}

// handleReadyz is 200 only while frames are fresh.
func (s *Server) handleReadyz(c *fiber.Ctx) error {
	if why := s.cfg.Pipeline.Silence(); why != "" {
		return c.Status(fiber.StatusServiceUnavailable).JSON(fiber.Map{"ready": false, "reason": why, "hint": s.whySilent()})
	}
	return c.JSON(fiber.Map{"ready": true})
}

func (s *Server) handleState(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	return c.JSON(s.stateWire())
}

type wireScheme struct {
	Name    string          `json:"name"`
	Form    string          `json:"form"`
	Doc     string          `json:"doc"`
	Options []option.Option `json:"options"`
}

// cameraList remembers the cameras for a moment: listing opens every device.
type cameraList struct {
	mu   sync.Mutex
	at   time.Time
	list any
}

const cameraListFor = 2 * time.Second

func (s *Server) handleCameras(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	schemes := []wireScheme{}
	for _, sc := range s.cfg.Schemes {
		schemes = append(schemes, wireScheme{sc.Name, sc.Form, sc.Doc, append([]option.Option{}, sc.Options...)})
	}
	l := &s.cameras
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.list == nil || time.Since(l.at) > cameraListFor {
		l.list, l.at = s.cfg.Discover(), time.Now()
	}
	return c.JSON(fiber.Map{"cameras": l.list, "schemes": schemes})
}

// changeBody is the body of PATCH /api/v1/pipeline; absent members stay as they are.
type changeBody struct {
	Analyzer         *string                    `json:"analyzer"`
	Params           map[string]json.RawMessage `json:"params"`
	Mode             *string                    `json:"mode"`
	Workers          *int                       `json:"workers"`
	MaxAgeMs         *float64                   `json:"max_age_ms"`
	MaxReorderWaitMs *float64                   `json:"max_reorder_wait_ms"`
	TargetFPS        *float64                   `json:"target_fps"`
	Freshness        *string                    `json:"freshness"`
	Paused           *bool                      `json:"paused"`
	Overlay          json.RawMessage            `json:"overlay"`
}

// handlePipeline is PATCH /api/v1/pipeline.
func (s *Server) handlePipeline(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	if err := wantJSON(c); err != nil {
		return err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	set, _ := s.cfg.Pipeline.Settings()
	change, err := parseChange(c.Body(), set.Overlay)
	if err != nil {
		return err
	}
	fallback, err := s.chooseAnalyzer(&change, set.Spec)
	if err != nil {
		return err
	}
	before := s.fallback.Swap(fallback) // first, for the change itself is told with it
	if _, err := s.cfg.Pipeline.Apply(change); err != nil {
		s.fallback.Store(before)
		return changeError(err)
	}
	return c.JSON(s.pipelineWire())
}

// parseChange reads a change from JSON; present is the overlay in force, of which a change
// may name a part.
func parseChange(data []byte, present overlay.Options) (pipeline.Change, error) {
	var body changeBody
	if err := strictJSON(data, &body, "", "analyzer", "params", "mode", "workers", "max_age_ms", "max_reorder_wait_ms", "target_fps", "freshness", "paused", "overlay"); err != nil {
		return pipeline.Change{}, err
	}
	change := pipeline.Change{
		Analyzer: body.Analyzer, Freshness: body.Freshness, Paused: body.Paused,
		Mode: body.Mode, Workers: body.Workers, TargetFPS: body.TargetFPS,
	}
	var err error
	if change.MaxAge, err = parseMillis("max_age_ms", body.MaxAgeMs); err != nil {
		return pipeline.Change{}, err
	}
	if change.MaxReorderWait, err = parseMillis("max_reorder_wait_ms", body.MaxReorderWaitMs); err != nil {
		return pipeline.Change{}, err
	}
	if body.Params != nil {
		change.Params = map[string]string{}
		for name, raw := range body.Params {
			v, err := paramText(raw)
			if err != nil {
				return pipeline.Change{}, fail(fiber.StatusBadRequest, "bad_body", fmt.Sprintf("params.%s: %v", name, err), `give it as {"params":{"`+name+`":"value"}}`)
			}
			change.Params[name] = v
		}
	}
	if body.Overlay != nil {
		if err := strictJSON(body.Overlay, &present, "overlay", overlayNames()...); err != nil {
			return pipeline.Change{}, err
		}
		change.Overlay = &present
	}
	return change, nil
}

// overlayNames are the members of overlay.Options, from its own JSON.
func overlayNames() []string {
	data, err := json.Marshal(overlay.Options{})
	if err != nil {
		panic(err) // a struct of bools
	}
	var m map[string]bool
	if err := json.Unmarshal(data, &m); err != nil {
		panic(err)
	}
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// paramText is a parameter's value as a person would type it; null means its default.
func paramText(raw json.RawMessage) (string, error) {
	switch raw[0] {
	case '"':
		var v string
		return v, json.Unmarshal(raw, &v)
	case 'n':
		return "", nil
	case '{', '[':
		return "", errors.New("want a string, a number, true, false or null")
	}
	return string(raw), nil // a number, true or false
}

// wantJSON refuses a body of another type: a page of another site cannot send this one
// without asking first.
func wantJSON(c *fiber.Ctx) error {
	given := c.Get(fiber.HeaderContentType)
	if t, _, err := mime.ParseMediaType(given); err != nil || t != "application/json" {
		return fail(fiber.StatusUnsupportedMediaType, "bad_body", fmt.Sprintf("the body's type is %q: want application/json", given), "send the header Content-Type: application/json")
	}
	return nil
}

// strictJSON reads a JSON object that has no members but the known ones. path is the
// member it was found in, "" for the whole body.
func strictJSON(data []byte, v any, path string, known ...string) error {
	members, err := jsonMembers(data, path)
	if err != nil {
		return err
	}
	for _, m := range members {
		if !slices.Contains(known, m.name) {
			return badBody("unknown member %q%s", below(path)+m.name, option.Suggest(m.name, known))
		}
	}
	err = json.Unmarshal(data, v)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return badBody("%s%s: want %s, got %s", below(path), wrong.Field, goWord(wrong.Type), jsonWord(wrong.Value))
	} else if err != nil {
		return badBody("%s%v", below(path), err)
	}
	return nil
}

// member is one of a JSON object, its value as it was written.
type member struct {
	name  string
	value json.RawMessage
}

// jsonMembers gives the members of a JSON object in the order in which they stand there,
// which a map would lose, and with it names that stand there twice. path is as in
// strictJSON.
func jsonMembers(data []byte, path string) ([]member, error) {
	where := cmp.Or(path, "the body")
	var object map[string]json.RawMessage
	err := json.Unmarshal(data, &object)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil, badBody("%s: want a JSON object, got %s", where, jsonWord(wrong.Value))
	} else if err != nil {
		return nil, badBody("%s is not JSON: %v", where, err)
	} else if object == nil {
		return nil, badBody("%s: want a JSON object, got null", where)
	}
	members := make([]member, 0, len(object))
	d := json.NewDecoder(bytes.NewReader(data))
	d.Token() // the brace; no error can come any more
	for d.More() {
		name, _ := d.Token()
		m := member{name: name.(string)}
		d.Decode(&m.value)
		if _, first := object[m.name]; !first {
			return nil, badBody("the member %q stands there twice", below(path)+m.name)
		}
		delete(object, m.name)
		members = append(members, m)
	}
	return members, nil
}

func badBody(format string, args ...any) error {
	return fail(fiber.StatusBadRequest, "bad_body", fmt.Sprintf(format, args...), "GET /api/v1/openapi.json describes the body")
}

// below begins the name of a member of the object at path.
func below(path string) string {
	if path == "" {
		return ""
	}
	return path + "."
}

// jsonWord is what a person calls a JSON value that encoding/json describes.
func jsonWord(value string) string {
	kind, rest, _ := strings.Cut(value, " ")
	switch {
	case kind == "bool":
		return "true or false"
	case rest != "":
		return rest // a number that does not fit
	case kind == "array" || kind == "object":
		return "an " + kind
	}
	return "a " + kind
}

// goWord is what a person calls the JSON values that fit a Go type.
func goWord(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list"
	}
	return "an object"
}

// controlWait bounds how long a request waits for the camera.
const controlWait = 8 * time.Second

func (s *Server) handleCameraStart(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.life, controlWait)
	defer cancel()
	err := s.cfg.Camera.Start(ctx)
	var e *capture.Error
	if errors.As(err, &e) {
		return fail(cameraStatus(e.Code), string(e.Code), e.Device+": "+e.Err.Error(), e.Hint)
	}
	return c.JSON(s.cameraWire()) // still opening, when the wait was too long: the state says so
}

func (s *Server) handleCameraStop(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.life, controlWait)
	defer cancel()
	if err := s.cfg.Camera.Stop(ctx); err != nil {
		return fail(fiber.StatusGatewayTimeout, "camera_stuck", fmt.Sprintf("the camera was not released within %v", controlWait), "its driver hangs; unplug the camera")
	}
	return c.JSON(s.cameraWire())
}
