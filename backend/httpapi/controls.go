package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"freshframe/backend/capture"
)

type wireControls struct {
	Controls []capture.Control `json:"controls"`
}

// handleControls is GET /api/v1/camera/controls.
func (s *Server) handleControls(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.life, controlWait)
	defer cancel()
	list, err := s.cfg.Camera.Controls(ctx)
	if err != nil {
		return s.controlsError(err)
	}
	return c.JSON(controlsWire(list))
}

// handleControlsChange is PATCH /api/v1/camera/controls.
func (s *Server) handleControlsChange(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	if err := wantJSON(c); err != nil {
		return err
	}
	settings, err := parseSettings(c.Body())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.life, controlWait)
	defer cancel()
	list, err := s.cfg.Camera.SetControls(ctx, settings)
	if err != nil {
		return s.controlsError(err)
	}
	return c.JSON(controlsWire(list))
}

// controlsWire leaves the list itself as it is: it may be the camera's own.
func controlsWire(list []capture.Control) wireControls {
	w := wireControls{append([]capture.Control{}, list...)}
	for i := range w.Controls {
		if w.Controls[i].Menu == nil {
			w.Controls[i].Menu = []capture.MenuItem{}
		}
	}
	return w
}

// controlsError answers for a camera that could not tell or set its controls.
func (s *Server) controlsError(err error) error {
	e, ok := errors.AsType[*capture.Error](err)
	hung := errors.Is(err, context.DeadlineExceeded)
	switch {
	case s.life.Err() != nil:
		return shuttingDown()
	case !ok && hung:
		return fail(fiber.StatusGatewayTimeout, "camera_stuck", fmt.Sprintf("the camera did not answer within %v", controlWait), "its driver hangs, and a change may still take effect; unplug the camera")
	case !ok:
		return err
	}
	status := fiber.StatusServiceUnavailable // its own trouble: it is lost, or not open yet
	switch {
	case hung:
		status = fiber.StatusGatewayTimeout
	case e.Code == capture.BadControl:
		status = fiber.StatusBadRequest
	case e.Code == capture.NoControls:
		status = fiber.StatusNotFound
	case e.Code == capture.CameraOff:
		status = fiber.StatusConflict
	case e.Code == capture.ControlFailed:
		status = fiber.StatusBadGateway
	}
	return fail(status, string(e.Code), e.Device+": "+e.Err.Error(), e.Hint)
}

// parseSettings reads {"controls":{"brightness":10}}. The settings keep the order in which
// they stand there, for it is the one in which they are set again when the camera returns.
func parseSettings(data []byte) ([]capture.Setting, error) {
	var body struct {
		Controls json.RawMessage `json:"controls"`
	}
	if err := strictJSON(data, &body, "", "controls"); err != nil || body.Controls == nil {
		return nil, err
	}
	members, err := jsonMembers(body.Controls, "controls")
	if err != nil {
		return nil, err
	}
	var settings []capture.Setting
	for _, m := range members {
		v, err := paramText(m.value)
		if err != nil {
			return nil, fail(fiber.StatusBadRequest, "bad_body", fmt.Sprintf("controls.%s: %v", m.name, err), "GET /api/v1/camera/controls lists the controls and their ranges; null stands for the default")
		}
		settings = append(settings, capture.Setting{Name: m.name, Value: v})
	}
	return settings, nil
}
