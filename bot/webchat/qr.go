package webchat

import (
	"fmt"
	"image/color"
	"net/http"
	"net/url"
	"strings"

	"github.com/boombuler/barcode/qr"
)

const (
	longestQR = 800 // bytes of an address: beyond it the squares are too small for a phone
	quietZone = 4   // modules of white around it (ISO/IEC 18004)
)

// qrSVG draws an address as a QR code (medium error correction), without a style: colours are attributes, which the policy of a page
// lets stand. It is black on white in the dark too, as cameras want it.
func qrSVG(address string) (string, error) {
	code, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw a QR code of %d bytes: %w", len(address), err)
	}
	side := code.Bounds().Dx()
	black := func(x, y int) bool { return x < side && color.GrayModel.Convert(code.At(x, y)).(color.Gray).Y == 0 }
	var path strings.Builder
	for y := range side {
		for x := 0; x < side; x++ {
			from := x
			for black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			}
		}
	}
	whole := side + 2*quietZone
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`,
		whole, whole, whole, whole, path.String()), nil
}

// QR draws an address as a black and white QR code, an SVG without a style of its own. The staff site draws with it too.
func QR(address string) (string, error) { return qrSVG(address) }

// kioskQR answers POST /api/v1/kiosk/qr: the square of a link that a person on a terminal wants on their phone. It is a POST of JSON, so
// that no link can make this site show a square of somebody else's.
func (s *site) kioskQR(w http.ResponseWriter, r *http.Request) error {
	if err := contentType(r); err != nil {
		return err
	}
	var wanted struct {
		Address string `json:"address"`
	}
	if err := readJSON(r, &wanted); err != nil {
		return err
	}
	u, err := url.Parse(wanted.Address)
	if err != nil || len(u.String()) > longestQR || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "tel" {
		return invalid("address", "kiosk.qr_address")
	}
	square, err := qrSVG(u.String())
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, struct {
		SVG string `json:"svg"`
	}{square})
}
