package webchat

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"orientir/bot/i18n"
)

var errNotFound = errors.New("not found")

// fault is what a caller did wrong or must wait for. Only the edge puts it into words.
type fault struct {
	Status int
	Key    string // phrase of the details
	Args   []any
	Field  string        // the field of the request that is wrong; "" where none is
	Retry  time.Duration // after which another try makes sense; 0 where unknown
}

func (f *fault) Error() string { return f.Key }

// invalid is a fault of one field.
func invalid(field, key string, args ...any) *fault {
	return &fault{Status: http.StatusBadRequest, Key: key, Args: args, Field: field}
}

// detail puts a fault into words.
func (f *fault) detail(language string) string {
	if f.Retry > 0 {
		return i18n.T(language, f.Key, wait(language, f.Retry))
	}
	return i18n.T(language, f.Key, f.Args...)
}

// title names a status in words, the same for every fault of that status.
func (f *fault) title(language string) string {
	key := "web.error_" + strconv.Itoa(f.Status) + "_title"
	if title := i18n.T(language, key); title != key {
		return title
	}
	return i18n.T(language, "web.error_400_title")
}

// wait says a pause in words, rounded up.
func wait(language string, d time.Duration) string {
	if seconds := int(math.Ceil(d.Seconds())); seconds < 60 {
		return i18n.N(language, "web.seconds", seconds)
	}
	return i18n.N(language, "web.minutes", int(math.Ceil(d.Minutes())))
}

func retryAfter(d time.Duration) string { return strconv.Itoa(max(1, int(math.Ceil(d.Seconds())))) }

// problem writes a fault as application/problem+json (RFC 9457).
func (s *site) problem(w http.ResponseWriter, r *http.Request, f *fault) {
	type wrong struct {
		Field  string `json:"field"`
		Detail string `json:"detail"`
	}
	language := acceptedLanguage(r)
	p := struct {
		Type     string  `json:"type"`
		Title    string  `json:"title"`
		Status   int     `json:"status"`
		Detail   string  `json:"detail"`
		Instance string  `json:"instance"`
		Errors   []wrong `json:"errors,omitempty"`
	}{Type: "about:blank", Title: f.title(language), Status: f.Status, Detail: f.detail(language), Instance: r.URL.Path}
	if f.Field != "" {
		p.Errors = []wrong{{f.Field, p.Detail}}
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Language", language)
	w.WriteHeader(f.Status)
	// The status is written: a caller that went away is all that can fail here.
	_ = json.NewEncoder(w).Encode(p)
}

// writeJSON writes an answer of the API.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n'))
	return nil
}

// readJSON reads the body of a request into v, whatever it calls itself: a first try with curl names another type.
func readJSON(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("more than one value")
	}
	return bodyFault(err, "web.fault_json")
}

// readForm reads a form whole, or not at all.
func readForm(r *http.Request) error { return bodyFault(r.ParseForm(), "web.fault_form") }

// bodyFault is what a caller hears whose body can't be read: that it is too large, or with key that it is none.
func bodyFault(err error, key string) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &fault{Status: http.StatusRequestEntityTooLarge, Key: "web.fault_body_large", Args: []any{maxBody >> 10}}
	case err != nil:
		return invalid("", key)
	}
	return nil
}

// notText are the codes with which the database refuses what is no text: bytes that are not UTF-8, NUL. No browser sends such by itself.
var notText = []string{"22021", "22P05"}
