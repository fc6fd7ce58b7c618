package webchat

import (
	"net/http"

	"orientir/bot"
)

// sign is what a page tells of the person to the librarian who holds the conversation: that they type, or what they have read.
type sign struct {
	Typing bool  `json:"typing"`
	Read   int64 `json:"read"` // the newest message on the screen; 0: nothing new
}

// signs answers POST /api/v1/conversations/signs. It keeps nothing but in Redis, and nothing where no librarian is there to see it.
func (s *site) signs(w http.ResponseWriter, r *http.Request) error {
	key, err := bearer(r)
	if err != nil {
		return err
	}
	if err := contentType(r); err != nil {
		return err
	}
	var given sign
	if err := readJSON(r, &given); err != nil {
		return err
	}
	c, ok, err := s.conversations.Of(r.Context(), Channel, key)
	if err != nil {
		return err
	}
	if !ok {
		return &fault{Status: http.StatusNotFound, Key: "web.fault_token"}
	}
	if c.Holder != "" {
		if given.Typing {
			s.conversations.Types(r.Context(), c.ID, bot.Person)
		}
		if given.Read > 0 {
			s.conversations.Read(r.Context(), c.ID, bot.Person, given.Read)
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
