package console

import (
	"embed"
	"net/http"
)

//go:embed *.css *.js *.svg
var assetFiles embed.FS

// asset answers GET /console/static/{name}.
func (s *site) asset(w http.ResponseWriter, r *http.Request) error {
	if !s.assets.Serve(w, r) {
		return errNotFound
	}
	return nil
}
