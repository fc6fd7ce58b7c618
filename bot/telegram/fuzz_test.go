package telegram

import (
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"orientir/bot"
)

// Whatever comes to the webhook is an event of one person, or nothing.
func FuzzUpdate(f *testing.F) {
	const chat = `"chat":{"id":7,"type":"private"},"from":{"id":7,"is_bot":false,"first_name":"x","language_code":"bg"},"date":1764000000`
	for _, seed := range []string{
		`{"update_id":1,"message":{"message_id":5,` + chat + `,"text":"здравейте"}}`,
		`{"update_id":2,"message":{"message_id":6,` + chat + `,"text":"/start@orientir_bot x","entities":[{"type":"bot_command","offset":0,"length":19}]}}`,
		`{"update_id":2,"message":{"message_id":6,` + chat + `,"text":"","entities":[{"type":"bot_command","offset":0,"length":-1}]}}`,
		`{"update_id":3,"message":{"message_id":7,` + chat + `,"location":{"latitude":1e308,"longitude":-200}}}`,
		`{"update_id":3,"message":{"message_id":7,` + chat + `,"venue":{"location":{"latitude":43.2,"longitude":23.5},"title":"<b>","address":""}}}`,
		`{"update_id":4,"edited_message":{"message_id":5,` + chat + `,"caption":"\u0000"}}`,
		`{"update_id":5,"callback_query":{"id":"c","from":{"id":7,"is_bot":false,"first_name":"x"},"data":"rate:good:3","message":{"message_id":5,"date":0,"chat":{"id":7,"type":"private"}}}}`,
		`{"update_id":6,"my_chat_member":{` + chat + `,"old_chat_member":{"status":"member","user":{"id":1,"is_bot":true,"first_name":"b"}},"new_chat_member":{"status":"kicked","until_date":0,"user":{"id":1,"is_bot":true,"first_name":"b"}}}}`,
		`{"update_id":7,"message":{"message_id":7,` + chat + `,"contact":{"phone_number":"++359","first_name":"x","user_id":7}}}`,
		`{"update_id":8,"message":{"message_id":1,"chat":{"id":-7,"type":"supergroup","is_forum":true,"title":"<x>"},"date":1,"message_thread_id":3,"text":"a"}}`,
		`{"update_id":"9"}`, `{"update_id":9,"message":{"new_kind":{}}}`, `{"update_id":9,"message":{"chat":{"type":1}}}`, `[]`, `null`, ``, `{"update_id":-1,"message":null}`,
	} {
		f.Add([]byte(seed))
	}
	b := &Bot{o: Options{Log: slog.New(slog.DiscardHandler)}, metrics: newMetrics(nil)}
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, id := b.read(raw)
		if u.ID != id {
			t.Errorf("ids %d and %d", u.ID, id)
		}
		groupUpdate(u)
		in, ok := incoming(u)
		linkCode(in)
		if !ok {
			return
		}
		if in.Channel != Channel || in.EventID != "u"+strconv.FormatInt(id, 10) {
			t.Errorf("an event of %q, %q", in.Channel, in.EventID)
		}
		if _, err := strconv.ParseInt(in.ContactKey, 10, 64); err != nil {
			t.Errorf("the contact %q", in.ContactKey)
		}
		if in.Kind == "" || in.Kind == bot.Button && in.Data == "" || strings.ContainsAny(in.Command, " @") {
			t.Errorf("%+v", in)
		}
	})
}
