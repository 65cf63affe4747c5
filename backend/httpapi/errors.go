package httpapi

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"freshframe/backend/capture"
	"freshframe/backend/option"
)

// apiError is an error as clients get it.
type apiError struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func (e *apiError) Error() string { return e.Message }

func fail(status int, code, message, hint string) error {
	return &apiError{status, code, message, hint}
}

func badParameter(name, value, want string) error {
	return fail(fiber.StatusBadRequest, "bad_parameter", fmt.Sprintf("query parameter %s=%q: want %s", name, value, want), "GET /api/v1/openapi.json describes every parameter")
}

func shuttingDown() error {
	return fail(fiber.StatusServiceUnavailable, "shutting_down", "the server is shutting down", "try again when it is back")
}

// onlyQuery refuses query parameters that the API does not know: a misspelt one would
// silently do nothing.
func onlyQuery(c *fiber.Ctx, known ...string) error {
	var unknown string
	c.Context().QueryArgs().VisitAll(func(k, _ []byte) {
		if unknown == "" && !slices.Contains(known, string(k)) && string(k) != "key" {
			unknown = string(k)
		}
	})
	if unknown == "" {
		return nil
	}
	hint := "this address takes no parameters"
	if len(known) > 0 {
		hint = "it takes " + strings.Join(known, ", ")
	}
	return fail(fiber.StatusBadRequest, "bad_parameter", fmt.Sprintf("unknown query parameter %q%s", unknown, option.Suggest(unknown, known)), hint)
}

// cameraStatus is the HTTP status for a camera that cannot be opened.
func cameraStatus(code capture.Code) int {
	switch code {
	case capture.DeviceBusy:
		return fiber.StatusConflict
	case capture.PermissionDenied:
		return fiber.StatusForbidden
	case capture.NoSuchDevice:
		return fiber.StatusNotFound
	}
	return fiber.StatusServiceUnavailable
}

// logPanic tells where a handler panicked; the request then fails like any other.
func (s *Server) logPanic(c *fiber.Ctx, cause any) {
	s.cfg.Log.Error("request panicked", "method", c.Method(), "path", c.Path(), "panic", cause, "stack", string(debug.Stack()))
}

// onError answers every error a handler returns, as JSON.
func (s *Server) onError(c *fiber.Ctx, err error) error {
	var e *apiError
	var fe *fiber.Error
	switch {
	case errors.As(err, &e):
	case errors.As(err, &fe):
		e = &apiError{Status: fe.Code, Code: strings.ReplaceAll(strings.ToLower(utils.StatusMessage(fe.Code)), " ", "_"), Message: fe.Message, Hint: "GET /api/v1/openapi.json describes every address"}
		if fe.Code == fiber.StatusNotFound {
			e.Code, e.Message = "not_found", "nothing is at "+c.Path()
		}
	default:
		s.cfg.Log.Error("request failed", "method", c.Method(), "path", c.Path(), "error", err)
		e = &apiError{Status: fiber.StatusInternalServerError, Code: "internal", Message: "the server failed at this request", Hint: "its log says why"}
	}
	return c.Status(e.Status).JSON(fiber.Map{"error": e})
}
