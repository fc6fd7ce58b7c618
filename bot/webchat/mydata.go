package webchat

import (
	"errors"
	"net/http"

	"orientir/bot"
)

// myData answers GET /my-data.json: all that is kept of whoever has the conversation, as a file. The page's script sends the conversation's
// token; without scripts the cookie does, which goes to this site's own pages alone.
func (s *site) myData(w http.ResponseWriter, r *http.Request) error {
	key, err := bearer(r)
	if err != nil {
		var ok bool
		if key, ok = contactKey(s.cookieToken(r)); !ok {
			return err
		}
	}
	c, ok, err := s.conversations.Of(r.Context(), Channel, key)
	if err != nil {
		return err
	}
	if !ok {
		return errNotFound
	}
	name, data, err := s.engine.ExportPerson(r.Context(), c.ID)
	if errors.Is(err, bot.ErrNobody) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Orientir-File", name)
	_, _ = w.Write(data)
	return nil
}
