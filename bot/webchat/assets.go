package webchat

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"time"
)

//go:embed static
var staticFiles embed.FS

// assets are the static files, read once, with a short hash of each: an address that carries the hash never changes
// its content, so browsers keep it.
type assets struct {
	content map[string][]byte
	hash    map[string]string
}

func loadAssets() (*assets, error) {
	a := &assets{content: map[string][]byte{}, hash: map[string]string{}}
	entries, err := fs.ReadDir(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		data, err := staticFiles.ReadFile(path.Join("static", e.Name()))
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		a.content[e.Name()] = data
		a.hash[e.Name()] = base64.RawURLEncoding.EncodeToString(sum[:9])
	}
	return a, nil
}

// address is where a page finds a file, with its hash.
func (a *assets) address(name string) string {
	return "/static/" + name + "?v=" + a.hash[name]
}

// serve answers GET /static/{name}. Scripts import one another without the hash, so those are revalidated by ETag.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	data, ok := a.content[name]
	if !ok {
		return errNotFound
	}
	if r.URL.Query().Get("v") == a.hash[name] {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	w.Header().Set("ETag", `"`+a.hash[name]+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	return nil
}
