package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"time"
)

//go:embed *.css *.js *.svg
var assetFiles embed.FS

// assets are the styles and scripts of the pages, with a short hash of each.
type assets struct {
	content map[string][]byte
	hash    map[string]string
}

func loadAssets() (*assets, error) {
	a := &assets{content: map[string][]byte{}, hash: map[string]string{}}
	entries, err := fs.ReadDir(assetFiles, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		data, err := assetFiles.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		a.content[e.Name()] = data
		a.hash[e.Name()] = base64.RawURLEncoding.EncodeToString(sum[:9])
	}
	return a, nil
}

// address is where a page finds a file; "" where there is none of this name.
func (a *assets) address(name string) string {
	if _, ok := a.content[name]; !ok {
		return ""
	}
	return "/console/static/" + name + "?v=" + a.hash[name]
}

// asset answers GET /console/static/{name}.
func (s *site) asset(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	data, ok := s.assets.content[name]
	if !ok {
		return errNotFound
	}
	if r.URL.Query().Get("v") == s.assets.hash[name] {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	w.Header().Set("ETag", `"`+s.assets.hash[name]+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	return nil
}
