package webchat

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"time"
)

//go:embed static
var staticFiles embed.FS

// Assets are the styles, scripts and pictures of a site, read once, with a short hash of each: an address that carries the
// hash never changes its content, so browsers keep it. The staff site serves its own in the same way.
type Assets struct {
	base    string
	content map[string][]byte
	hash    map[string]string
}

// LoadAssets reads all files at the top of files, to be served under base, which ends with a slash.
func LoadAssets(files fs.FS, base string) (*Assets, error) {
	a := &Assets{base: base, content: map[string][]byte{}, hash: map[string]string{}}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		data, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		a.content[e.Name()] = data
		a.hash[e.Name()] = base64.RawURLEncoding.EncodeToString(sum[:9])
	}
	return a, nil
}

// Address is where a page finds a file, with its hash; "" where there is none of this name.
func (a *Assets) Address(name string) string {
	if _, ok := a.content[name]; !ok {
		return ""
	}
	return a.base + name + "?v=" + a.hash[name]
}

// Serve answers a GET for the file {name} of the pattern, and says false, having written nothing, where there is none.
// Scripts import one another without the hash, so those are revalidated by ETag.
func (a *Assets) Serve(w http.ResponseWriter, r *http.Request) bool {
	name := r.PathValue("name")
	data, ok := a.content[name]
	if !ok {
		return false
	}
	if r.URL.Query().Get("v") == a.hash[name] {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	w.Header().Set("ETag", `"`+a.hash[name]+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	return true
}

// asset answers GET /static/{name}.
func (s *site) asset(w http.ResponseWriter, r *http.Request) error {
	if !s.assets.Serve(w, r) {
		return errNotFound
	}
	return nil
}
