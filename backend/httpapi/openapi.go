package httpapi

import (
	_ "embed"

	"github.com/gofiber/fiber/v2"
)

// openAPI describes every address; a test holds it against the routes.
//
//go:embed openapi.json
var openAPI []byte

func (s *Server) handleOpenAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(openAPI)
}
