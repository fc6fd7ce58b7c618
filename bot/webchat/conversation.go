package webchat

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"orientir/bot"
	"orientir/knowledge/privacy"
)

const (
	// Channel is the name of this channel in conversations.
	Channel = "web"

	tokenBytes = 32
	maxText    = 2000 // characters of a message

	pauseOfOne = 30 * time.Second // after too many messages of one person
)

// newToken makes a conversation's token: 256 random bits that only the browser keeps.
func newToken() string {
	b := make([]byte, tokenBytes)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// contactKey is what we keep of a token: its hash. False where the token is none of ours.
func contactKey(token string) (string, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != tokenBytes {
		return "", false
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), true
}

// bearer reads the token that the script sends: a header, because a frame on another site may keep no cookie.
func bearer(r *http.Request) (key string, err error) {
	token := r.Header.Get("Orientir-Conversation")
	if token == "" {
		token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	key, ok := contactKey(token)
	if !ok {
		return "", &fault{Status: http.StatusUnauthorized, Key: "web.fault_token"}
	}
	return key, nil
}

// begin answers POST /api/v1/conversations with a new token. Nothing is stored before the first message.
func (s *site) begin(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusCreated, struct {
		Token string `json:"token"`
	}{newToken()})
}

// event is one thing that a person did, as the script sends it.
type event struct {
	EventID  string   `json:"event_id"` // the same on each try
	Kind     bot.Kind `json:"kind"`     // text, button, location, command
	Text     string   `json:"text"`
	Data     string   `json:"data"`
	Command  string   `json:"command"`
	Lat      *float64 `json:"lat"`
	Lon      *float64 `json:"lon"`
	Language string   `json:"language"`
	Place    string   `json:"place"`   // ekatte that the embedding site knows
	Library  string   `json:"library"` // help point whose terminal it comes from
}

var (
	eventIDs = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)
	ekattes  = regexp.MustCompile(`^[0-9]{5}$`)
	pointIDs = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	commands = map[string]bool{"start": true, "help": true, "nearest": true, "trainings": true, "news": true, "librarian": true, "language": true, "forget": true, "mydata": true}
)

// incoming checks an event and turns it into the bot's.
func (s *site) incoming(key string, e event) (bot.Incoming, error) {
	in := bot.Incoming{Channel: Channel, ContactKey: key, EventID: e.EventID, MessageID: e.EventID, Kind: e.Kind, At: s.Now()}
	if !eventIDs.MatchString(e.EventID) {
		return in, invalid("event_id", "web.fault_event_id")
	}
	// Ours are random. What somebody else's program takes for one may be anything, also a number of the person's: then its hash does.
	if _, hidden := privacy.Mask(e.EventID); len(hidden) > 0 {
		sum := sha256.Sum256([]byte(e.EventID))
		in.EventID = hex.EncodeToString(sum[:16])
		in.MessageID = in.EventID
	}
	if e.Language != "" {
		in.Language = knownLanguage(e.Language)
	}
	if ekattes.MatchString(e.Place) {
		in.Place = e.Place
	}
	if pointIDs.MatchString(e.Library) {
		in.Library = e.Library
	}
	switch e.Kind {
	case bot.Text:
		in.Text = strings.TrimSpace(e.Text)
		if in.Text == "" {
			return in, invalid("text", "web.empty_question")
		}
		if utf8.RuneCountInString(in.Text) > maxText {
			return in, invalid("text", "web.fault_text_long", maxText)
		}
	case bot.Button:
		if e.Data == "" || len(e.Data) > 64 {
			return in, invalid("data", "web.fault_data")
		}
		if utf8.RuneCountInString(e.Text) > maxText {
			return in, invalid("text", "web.fault_text_long", maxText)
		}
		in.Data, in.Text = e.Data, strings.TrimSpace(e.Text)
	case bot.Location:
		if e.Lat == nil || e.Lon == nil || !onEarth(*e.Lat, *e.Lon) {
			return in, invalid("lat", "web.fault_position")
		}
		in.Lat, in.Lon = *e.Lat, *e.Lon
	case bot.Command:
		if !commands[e.Command] {
			return in, invalid("command", "web.fault_command")
		}
		in.Command = e.Command
	default:
		return in, invalid("kind", "web.fault_kind")
	}
	return in, nil
}

func onEarth(lat, lon float64) bool { return math.Abs(lat) <= 90 && math.Abs(lon) <= 180 }

// receive answers POST /api/v1/conversations/messages: 202 once the event is stored. The reply comes on the stream.
func (s *site) receive(w http.ResponseWriter, r *http.Request) error {
	key, err := bearer(r)
	if err != nil {
		return err
	}
	if err := contentType(r); err != nil {
		return err
	}
	var e event
	if err := readJSON(r, &e); err != nil {
		return err
	}
	in, err := s.incoming(key, e)
	if err != nil {
		return err
	}
	receipt, err := s.hand(r, in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, struct {
		Message   int64 `json:"message"`
		Duplicate bool  `json:"duplicate"`
	}{receipt.Message, receipt.Duplicate})
}

// hand gives an event to the bot. The first event of a conversation is what begins it, whoever made the token.
// Storing is what takes its turn, not the wait for the reply.
func (s *site) hand(r *http.Request, in bot.Incoming) (receipt bot.Receipt, err error) {
	err = s.among(r, s.storing, func() error {
		receipt, err = s.keepEvent(r, in)
		return err
	})
	return receipt, err
}

func (s *site) keepEvent(r *http.Request, in bot.Incoming) (bot.Receipt, error) {
	if _, known, err := s.conversations.Of(r.Context(), Channel, in.ContactKey); err != nil {
		return bot.Receipt{}, err
	} else if !known {
		if err := s.allow(r, beginnings); err != nil {
			return bot.Receipt{}, err
		}
	}
	receipt, err := s.engine.Receive(r.Context(), in)
	if err != nil {
		return receipt, err
	}
	if receipt.Limited {
		return receipt, &fault{Status: http.StatusTooManyRequests, Key: "web.error_429", Retry: pauseOfOne}
	}
	return receipt, nil
}

// contentType holds a change to JSON, which a form on another site cannot send.
func contentType(r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return &fault{Status: http.StatusUnsupportedMediaType, Key: "web.fault_content_type"}
	}
	return nil
}
