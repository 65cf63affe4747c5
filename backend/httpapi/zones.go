package httpapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"freshframe/backend/pipeline"
	"freshframe/backend/zone"
)

// wireZones are the zones and lines with their counts, and as text for --zones.
type wireZones struct {
	Text  string     `json:"text"`
	Zones []wireZone `json:"zones"`
}

type wireZone struct {
	Name    string               `json:"name"`
	Kind    zone.Kind            `json:"kind"`
	Points  [][2]float64         `json:"points"`
	Classes []string             `json:"classes"` // none: all
	Anchor  zone.Anchor          `json:"anchor"`
	DwellS  float64              `json:"dwell_s"`
	Counts  map[string]wireCount `json:"counts"` // by class
}

type wireCount struct {
	Inside   int     `json:"inside"`
	Entered  uint64  `json:"entered"`
	Appeared uint64  `json:"appeared"`
	Left     uint64  `json:"left"`
	Vanished uint64  `json:"vanished"`
	Dwelt    uint64  `json:"dwelt"`
	StayedS  float64 `json:"stayed_s"`  // sum over ended visits
	LongestS float64 `json:"longest_s"` // ended visit
	ToRight  uint64  `json:"to_right"`
	ToLeft   uint64  `json:"to_left"`
}

func zonesWire(tallies []zone.Tally) wireZones {
	w := wireZones{Zones: []wireZone{}}
	var texts []string
	for _, t := range tallies {
		texts = append(texts, t.Area.String())
		z := wireZone{t.Name, t.Kind, t.Points, append([]string{}, t.Classes...), t.Anchor, t.Dwell.Seconds(), map[string]wireCount{}}
		if z.Anchor == "" {
			z.Anchor = zone.Middle
		}
		for class, n := range t.Counts {
			z.Counts[class] = wireCount{
				n.Inside, n.Entered, n.Appeared, n.Left, n.Vanished, n.Dwelt,
				round3(n.Stayed.Seconds()), round3(n.Longest.Seconds()), n.ToRight, n.ToLeft,
			}
		}
		w.Zones = append(w.Zones, z)
	}
	w.Text = strings.Join(texts, "; ")
	return w
}

// handleZones is GET /api/v1/zones.
func (s *Server) handleZones(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	return c.JSON(zonesWire(s.cfg.Pipeline.Zones()))
}

// handleZonesChange is PUT /api/v1/zones: these and no others, counting anew.
func (s *Server) handleZonesChange(c *fiber.Ctx) error {
	if err := onlyQuery(c); err != nil {
		return err
	}
	if err := wantJSON(c); err != nil {
		return err
	}
	areas, err := parseAreas(c.Body())
	if err != nil {
		return err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	if _, err := s.cfg.Pipeline.Apply(pipeline.Change{Areas: &areas}); err != nil {
		return changeError(err)
	}
	return c.JSON(zonesWire(s.cfg.Pipeline.Zones()))
}

// areaBody is one area in the body of that PUT. Numbers are pointers so that a null is no 0.
type areaBody struct {
	Name    string       `json:"name"`
	Kind    zone.Kind    `json:"kind"`
	Points  [][]*float64 `json:"points"`
	Classes []string     `json:"classes"`
	Anchor  zone.Anchor  `json:"anchor"`
	DwellS  float64      `json:"dwell_s"`
}

// parseAreas reads {"zones":[{"name":"door","kind":"line","points":[[0.2,0.5],[0.8,0.5]]}]}.
func parseAreas(data []byte) ([]zone.Area, error) {
	var body struct {
		Zones []json.RawMessage `json:"zones"`
	}
	if err := strictJSON(data, &body, "", "zones"); err != nil {
		return nil, err
	}
	if body.Zones == nil {
		return nil, badBody("zones: want a list; an empty one removes all")
	}
	areas := []zone.Area{}
	for i, raw := range body.Zones {
		var b areaBody
		if err := strictJSON(raw, &b, fmt.Sprintf("zones[%d]", i), "name", "kind", "points", "classes", "anchor", "dwell_s"); err != nil {
			return nil, err
		}
		a := zone.Area{Name: b.Name, Kind: b.Kind, Classes: b.Classes, Anchor: b.Anchor}
		for n, p := range b.Points {
			if len(p) != 2 || p[0] == nil || p[1] == nil {
				return nil, badBody("zones[%d].points[%d]: want [x,y], fractions of the picture from 0 to 1", i, n)
			}
			a.Points = append(a.Points, [2]float64{*p[0], *p[1]})
		}
		if !(b.DwellS >= 0 && b.DwellS <= maxDwell) {
			return nil, badZone(fmt.Errorf("%q: dwell_s %v: want 0 to %d seconds", b.Name, b.DwellS, int(maxDwell)))
		}
		a.Dwell = time.Duration(b.DwellS * float64(time.Second))
		areas = append(areas, a)
	}
	if err := zone.Validate(areas); err != nil {
		return nil, badZone(err)
	}
	return areas, nil
}

// maxDwell is a day, in seconds: more than that is refused anyway, and would not fit.
const maxDwell = 86_400.0

func badZone(err error) error {
	return fail(fiber.StatusBadRequest, "bad_zone", strings.ReplaceAll(err.Error(), "\n", "; "), "points are fractions of the picture from its top left corner; GET /api/v1/openapi.json describes the body")
}
